import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { identify, type Row } from '../../../data/row.ts';
import { createSplit, type SplitSettings } from '../../../data/split.ts';

const rowOf = (text: string, label = 'a', columns: Record<string, unknown> = {}, line = 1): Row =>
  identify(
    {
      messages: [
        { role: 'user', content: text },
        { role: 'assistant', content: label },
      ],
      columns,
    },
    0,
    line,
  );
const rowsOf = (count: number, label: (i: number) => string = () => 'a', columns?: (i: number) => object): Row[] =>
  Array.from({ length: count }, (_, i) => rowOf(`message ${i}`, label(i), { ...columns?.(i) }, i + 1));

const none = { test: new Set<string>(), train: new Set<string>() };

/** Sides by row id. */
function sidesOf(rows: readonly Row[], settings: SplitSettings, earlier = none): Map<string, string> {
  const split = createSplit(settings, earlier);
  for (const row of rows) split.observe?.(row);
  return new Map(
    rows.map((row) => {
      const side = split.side(row);
      return [row.id, typeof side === 'string' ? side : side.why];
    }),
  );
}
const promptsOn = (rows: readonly Row[], sides: Map<string, string>, side: string): Set<string> =>
  new Set(rows.filter(({ id }) => sides.get(id) === side).map(({ promptId }) => promptId));

test('a share of the prompts is tested, and a row keeps its side when others come and go', () => {
  const rows = rowsOf(2000);
  const before = sidesOf(rows, { test: 0.2 });
  const after = sidesOf([...rowsOf(3000).slice(2000), ...rows.slice(500)], { test: 0.2 });
  const tested = [...before.values()].filter((side) => side === 'test').length;
  expect(tested).toBeGreaterThan(340);
  expect(tested).toBeLessThan(460);
  for (const { id } of rows.slice(500)) expect(after.get(id)).toBe(before.get(id));
});

test('rows of one group are never on both sides, and one without the column goes to neither', () => {
  const rows = rowsOf(500, undefined, (i) => ({ customer: `c${i % 60}` }));
  const sides = sidesOf(rows, { test: 0.3, group: 'customer' });
  const byGroup = new Map<unknown, Set<string>>();
  for (const row of rows) {
    const group = byGroup.get(row.columns?.['customer']) ?? new Set();
    byGroup.set(row.columns?.['customer'], group.add(sides.get(row.id) as string));
  }
  expect([...byGroup.values()].every(({ size }) => size === 1)).toBe(true);
  expect(new Set(sides.values())).toEqual(new Set(['train', 'test']));
  expect([...sidesOf([rowOf('x')], { test: 0.3, group: 'customer' }).values()]).toEqual([
    'has no column "customer" to group by',
  ]);
});

test('stratified, every class gives its share, and at least one of two rows', () => {
  const rows = rowsOf(422, (i) => (i < 300 ? 'big' : i < 400 ? 'middle' : i < 420 ? 'small' : 'tiny'));
  const sides = sidesOf(rows, { test: 0.25, stratify: true });
  const tested = (from: number, to: number): number =>
    rows.slice(from, to).filter(({ id }) => sides.get(id) === 'test').length;
  expect([tested(0, 300), tested(300, 400), tested(400, 420), tested(420, 422)]).toEqual([75, 25, 5, 1]);
  expect([...sidesOf([rowOf('alone')], { test: 0.5, stratify: true }).values()]).toEqual(['train']);
});

test('stratified, what was tested stays tested and what was learned stays learned when new rows arrive', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 200 }), fc.integer({ min: 0, max: 200 }), (first, more) => {
      const all = rowsOf(first + more, (i) => `class ${i % 7}`);
      const week = all.slice(0, first);
      const before = sidesOf(week, { test: 0.3, stratify: true });
      const earlier = { test: promptsOn(week, before, 'test'), train: promptsOn(week, before, 'train') };
      const after = sidesOf(all, { test: 0.3, stratify: true }, earlier);
      for (const { id } of week) expect(after.get(id)).toBe(before.get(id));
    }),
    { numRuns: 30 },
  );
});

test('by time, the newest share or the rows from a date on are tested', () => {
  const rows = rowsOf(100, undefined, (i) => ({ at: new Date(Date.UTC(2026, 0, 1 + i)).toISOString() }));
  const share = sidesOf(rows, { test: 0.2, time: 'at' });
  expect(rows.filter(({ id }) => share.get(id) === 'test').map(({ line }) => line)).toEqual(
    Array.from({ length: 20 }, (_, i) => 81 + i),
  );
  const from = sidesOf(rows, { time: 'at', from: '2026-02-01' });
  expect(rows.filter(({ id }) => from.get(id) === 'test').map(({ line }) => line)[0]).toBe(32);
});

test('a date that cannot be read, or is ambiguous, goes to neither side', () => {
  const dates = ['2026-01-31', '2026-01-31 12:00', 1769860800, '31.01.2026', '01/02/2026', 'soon', '', null, {}];
  const sides = dates.map((at, i) => {
    const split = createSplit({ time: 'at', from: '2026-01-30' }, none);
    const side = split.side(rowOf(`m${i}`, 'a', { at }));
    return typeof side === 'string' ? side : side.why.slice(0, 40);
  });
  expect(sides).toEqual([
    'test',
    'test',
    'test',
    ...Array.from({ length: 3 }, () => 'has a date in column "at" that cannot be'),
    'has no date in column "at"',
    'has no date in column "at"',
    'has a date in column "at" that cannot be',
  ]);
});
