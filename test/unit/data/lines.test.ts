import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { readLines, writeLines } from '../../../data/lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'anneal-lines-'));
const path = join(folder, 'lines.jsonl');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What comes back of values that were written. */
function backFrom(values: readonly unknown[]): unknown[] {
  const lines = writeLines(path);
  for (const value of values) lines.write(value);
  lines.close();
  expect(lines.count).toBe(values.length);
  return [...readLines(path)].flat();
}

test('lines longer than the pieces that are read and written come back whole, among short ones', () => {
  const values = [0, 1, 40_000, 90_000, 131_070, 131_071, 131_072, 300_000, 1, 900_000, 2].flatMap((length) => [
    { short: length },
    { ascii: 'a'.repeat(length) },
    { wide: '漢🙂é'.repeat(length / 3) },
  ]);
  expect(backFrom(values)).toEqual(values);
});

test('any rows come back as they were, however their lines fall on the pieces', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 });
  const value = fc.record({ text, times: fc.integer({ min: 1, max: 3000 }) });
  fc.assert(
    fc.property(fc.array(value, { maxLength: 30 }), (found) => {
      const values = found.map(({ text, times }) => ({ text: text.repeat(times) }));
      expect(backFrom(values)).toEqual(values);
    }),
    { numRuns: 40 },
  );
});

test('closing again does nothing', () => {
  const lines = writeLines(path);
  lines.write({ a: 1 });
  lines.close();
  lines.close();
  expect([...readLines(path)]).toEqual([[{ a: 1 }]]);
});

test('blank lines are passed over and a last line needs no end', () => {
  writeFileSync(path, '\n{"a":1}\n\n{"a":2}');
  expect([...readLines(path)].flat()).toEqual([{ a: 1 }, { a: 2 }]);
});

test('a line that is no JSON is an error: such a file was not written by us', () => {
  writeFileSync(path, '{"a":1}\n{"a"\n');
  expect(() => [...readLines(path)]).toThrow(SyntaxError);
});
