import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffRows, keyBy } from '../../../../data/look/diff.ts';
import { meanDifference, shareDifference } from '../../../../data/look/intervals.ts';
import { anyRow, asked } from './rows.ts';

const rows = fc.array(anyRow, { maxLength: 20 });
// Few different questions and answers, so that keys and ids meet often.
const meeting = fc.array(
  fc.tuple(fc.constantFrom('p', 'q', 'r'), fc.constantFrom('x', 'y', 'z')).map(([q, a]) => asked(q, a)),
  { maxLength: 15 },
);

test('a set differs in nothing from itself, in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom(undefined, '__proto__', 'id'), async (rows, column) => {
      const { counts, added, removed, changed, labels, prompt } = await diffRows(
        rows,
        rows.toReversed(),
        keyBy(column),
      );
      expect(counts).toEqual({ same: rows.length, added: 0, removed: 0, changed: 0 });
      expect([added, removed, changed]).toEqual([[], [], []]);
      expect(labels.every(({ difference }) => difference.value === 0)).toBe(true);
      expect(prompt?.difference.value ?? 0).toBeCloseTo(0, 9);
    }),
    { numRuns: 50 },
  );
});

test('same, changed, removed and added add up to both sets, and turn round with them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(rows, meeting), fc.oneof(rows, meeting), async (before, after) => {
      const { counts, ...lists } = await diffRows(before, after, keyBy());
      expect(counts.same + counts.changed + counts.removed).toBe(before.length);
      expect(counts.same + counts.changed + counts.added).toBe(after.length);
      const ids = new Set(before.map(({ id }) => id));
      const expected = new Map<string, number>();
      for (const { id } of before) expected.set(id, (expected.get(id) ?? 0) + 1);
      let same = 0;
      for (const { id } of after) {
        const left = expected.get(id) ?? 0;
        if (left > 0) same += 1;
        expected.set(id, left - 1);
      }
      expect(counts.same).toBe(same);
      expect(lists.removed.every(({ id }) => ids.has(id))).toBe(true);
      const back = await diffRows(after, before, keyBy());
      expect(back.counts).toEqual({ ...counts, added: counts.removed, removed: counts.added });
    }),
    { numRuns: 60 },
  );
});

test('rows are known by their prompt: another answer is a change, another prompt a new row', async () => {
  const before = [asked('a', 'bug', 1), asked('b', 'bug', 2), asked('c', 'bug', 3)];
  const after = [asked('a', 'bug', 1), asked('b', 'billing', 2), asked('d', 'bug', 9)];
  const diff = await diffRows(before, after, keyBy());
  expect(diff.counts).toEqual({ same: 1, added: 1, removed: 1, changed: 1 });
  expect(diff.changed).toEqual([
    { before: { id: before[1]!.id, source: 0, line: 2 }, after: { id: after[1]!.id, source: 0, line: 2 } },
  ]);
  expect(diff.added).toEqual([{ id: after[2]!.id, source: 0, line: 9 }]);
  expect(diff.removed).toEqual([{ id: before[2]!.id, source: 0, line: 3 }]);
  expect(diff.labels.map(({ name, before, after }) => [name, before.rows, after.rows])).toEqual([
    ['billing', 0, 1],
    ['bug', 3, 2],
  ]);
});

test('a column that names rows finds a row whose prompt was changed', async () => {
  const before = [asked('Old wording', 'bug', 1, { columns: { ticket: 7 } })];
  const after = [asked('New wording', 'bug', 1, { columns: { ticket: 7 } })];
  expect((await diffRows(before, after, keyBy('ticket'))).counts).toMatchObject({ changed: 1, added: 0 });
  expect((await diffRows(before, after, keyBy('missing'))).counts).toMatchObject({ added: 1, removed: 1 });
});

test('lists are capped and counts are not, however many rows share a key', async () => {
  const rows = Array.from({ length: 150_000 }, (_, at) => asked('same', 'same', at + 1));
  const diff = await diffRows([], rows, keyBy(), { listed: 3 });
  expect(diff.counts.added).toBe(150_000);
  expect(diff.added.map(({ line }) => line)).toEqual([1, 2, 3]);
  expect(diff.prompt).toBeNull();
  expect(diff.labels[0]!.difference.ci).toBeNull();
});

test("the interval of two shares is that of Newcombe's paper", () => {
  // Table II, method 10, example (a): 56/70 and 48/80: 0.2, from 0.0524 to 0.3339.
  const { value, ci } = shareDifference({ ones: 48, n: 80 }, { ones: 56, n: 70 });
  expect(value).toBeCloseTo(0.2, 10);
  expect(ci![0]).toBeCloseTo(0.0524, 4);
  expect(ci![1]).toBeCloseTo(0.3339, 4);
  // Example (h): 0/10 and 10/10.
  const far = shareDifference({ ones: 0, n: 10 }, { ones: 10, n: 10 });
  expect(far.ci![0]).toBeCloseTo(0.6075, 4);
  expect(far.ci![1]).toBeCloseTo(1, 10);
});

test('the interval of two means has degrees of freedom after Welch', () => {
  // Equal sizes and deviations: the degrees are 2n − 2 = 18, and t(0.975; 18) = 2.100922.
  const { value, ci } = meanDifference({ mean: 10, deviation: 2, n: 10 }, { mean: 13, deviation: 2, n: 10 });
  expect(value).toBe(3);
  expect(ci![1] - 3).toBeCloseTo(2.100922 * Math.sqrt(0.8), 5);
  expect(meanDifference({ mean: 1, deviation: 0, n: 1 }, { mean: 2, deviation: 1, n: 9 }).ci).toBeNull();
});
