import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdTable } from '../../../../data/dedupe/id-table.ts';
import { Numbers } from '../../../../data/dedupe/numbers.ts';
import { RowPlaces } from '../../../../data/dedupe/row-places.ts';
import { ScratchSet } from '../../../../data/dedupe/scratch-set.ts';
import { mix } from '../../../../data/dedupe/words.ts';

test('a table answers as a map does, for any keys', () => {
  // Few segments and few values, so that keys meet.
  const id = fc
    .tuple(fc.constantFrom('00', 'a7'), fc.integer({ min: 0, max: 300 }))
    .map(([segment, n]) => segment + n.toString(16).padStart(6, '0') + (n % 2 === 0 ? 'ffffffff' : '00000000'));
  fc.assert(
    fc.property(fc.array(id, { maxLength: 400 }), (ids) => {
      const table = new IdTable();
      const map = new Map<string, number>();
      for (const [i, each] of ids.entries()) {
        expect(table.addId(each, i + 1)).toBe(map.get(each) ?? 0);
        if (!map.has(each)) map.set(each, i + 1);
      }
      expect(table.size).toBe(map.size);
      for (const [each, value] of map) expect(table.getId(each)).toBe(value);
      expect(table.getId('0123456789abcdef')).toBe(0);
    }),
  );
});

test('a table of many keys takes at most 18 bytes a key and forgets none', () => {
  const table = new IdTable();
  const count = 200_000;
  for (let i = 0; i < count; i += 1) table.add(mix(i), mix(i ^ 0x5bd1e995), i + 1);
  expect(table.size).toBe(count);
  expect(table.bytes / count).toBeLessThan(18);
  let wrong = 0;
  for (let i = 0; i < count; i += 1) if (table.get(mix(i), mix(i ^ 0x5bd1e995)) !== i + 1) wrong += 1;
  expect(wrong).toBe(0);
});

test('places are told as a person would look them up', () => {
  const places = new RowPlaces();
  const [first, second, third] = [
    places.add({ source: 0, line: 12 }),
    places.add({ source: 1, line: 3 }),
    places.add({ source: 0, line: 90 }),
  ];
  expect(places.name(first, { source: 0, line: 20 })).toBe('line 12');
  expect(places.name(first, { source: 1, line: 4 })).toBe('line 12 of file 1');
  expect(places.name(second, { source: 0, line: 4 })).toBe('line 3 of file 2');
  expect(places.name(third, { source: 0, line: 91 })).toBe('line 90');
});

test('any sequence of places is told back, and more lines than can be counted are no lie', () => {
  const place = fc.record({ source: fc.integer({ min: 0, max: 3 }), line: fc.integer({ min: 1, max: 1000 }) });
  fc.assert(
    fc.property(fc.array(place, { maxLength: 50 }), (rows) => {
      const places = new RowPlaces();
      const numbers = rows.map((row) => places.add(row));
      for (const [i, row] of rows.entries()) expect(places.name(numbers[i] ?? 0, row)).toBe(`line ${row.line}`);
    }),
  );
  const places = new RowPlaces();
  places.add({ source: 0, line: 2 ** 31 });
  const over = places.add({ source: 1, line: 2 ** 31 });
  expect(places.name(over, { source: 1, line: 1 })).toBe('an earlier row');
});

test('a list of numbers and a scratch set hold what they are given', () => {
  const numbers = new Numbers();
  for (let i = 0; i < 40_000; i += 1) numbers.push(i * 7);
  numbers.set(20_000, 1);
  expect([numbers.length, numbers.at(0), numbers.at(16_384), numbers.at(20_000), numbers.at(39_999)]).toEqual([
    40_000,
    0,
    16_384 * 7,
    1,
    39_999 * 7,
  ]);
  const scratch = new ScratchSet();
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 300 }), (values) => {
      scratch.clear(values.length);
      expect(values.filter((value) => scratch.add(value))).toEqual([...new Set(values)]);
      expect(scratch.size).toBe(new Set(values).size);
      expect(values.every((value) => scratch.has(value))).toBe(true);
    }),
  );
  scratch.clear(1);
  expect(scratch.has(5)).toBe(false);
});
