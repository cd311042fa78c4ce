import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Balance } from '../../../../configs/policies.ts';
import { balance, classWeights } from '../../../../data/policies/balance.ts';
import type { Row } from '../../../../data/row.ts';
import { ask, runThrough, worldWith } from './support.ts';

const start = async (settings: object = {}, world = worldWith()) =>
  balance.start(Balance.parse({ policy: 'balance', ...settings }), world);

const rowsOf = (sizes: Record<string, number>): Row[] =>
  Object.entries(sizes).flatMap(([label, size]) =>
    Array.from({ length: size }, (_, i) => ask(`${label} ${i}`, label, i + 1)),
  );

const stay = async (rows: Row[], settings: object = {}): Promise<Row[]> => {
  const decisions = runThrough(await start(settings), rows);
  return rows.filter((_, i) => decisions[i] === undefined);
};

const countBy = (rows: Row[]): Record<string, number> =>
  Object.fromEntries(
    Map.groupBy(rows, ({ messages }) => String(messages[1]?.content))
      .entries()
      .map(([label, { length }]) => [label, length]),
  );

test('a frequent class keeps the allowed multiple of the rarest, and says why the others went', async () => {
  const rows = rowsOf({ refund: 100, shipping: 20, lost: 10 });
  expect(countBy(await stay(rows))).toEqual({ refund: 30, shipping: 20, lost: 10 });
  const run = await start();
  const gone = runThrough(run, rows).find((decision) => decision !== undefined);
  expect(gone).toEqual({
    out: 'drop',
    why: 'class "refund" has 100 rows, of which 30 stay: 3 times the smallest class, "lost"',
  });
  expect(run.findings?.()).toEqual({
    unlabelled: 0,
    classes: [
      { label: 'refund', rows: 100 },
      { label: 'shipping', rows: 20 },
      { label: 'lost', rows: 10 },
    ],
  });
});

test('the same rows stay in any order, and more rows of the same class change few of them', async () => {
  const rows = rowsOf({ a: 200, b: 20 });
  const ids = (kept: Row[]): string[] => kept.map(({ id }) => id).toSorted();
  const first = ids(await stay(rows));
  expect(ids(await stay(rows.toReversed()))).toEqual(first);
  const later = new Set(ids(await stay([...rows, ...rowsOf({ a: 220 }).slice(200)])));
  expect(first.filter((id) => later.has(id)).length).toBeGreaterThan(70);
});

test('a class of one row that takes most rows away is told to a person', async () => {
  const world = worldWith();
  runThrough(await start({}, world), rowsOf({ a: 100, typo: 1 }));
  expect(world.warnings).toEqual([
    'balance: 97 of 101 rows go, since the smallest class, "typo", has 1 and maxRatio is 3; method: weight keeps all of them',
  ]);
});

test('rows without a class stay, and are counted', async () => {
  const free = Array.from({ length: 50 }, (_, i) => ask(`free ${i}`, 'x'.repeat(65), i + 1));
  const run = await start();
  const decisions = runThrough(run, [...free, ...rowsOf({ a: 100, b: 10 })]);
  expect(decisions.slice(0, 50).every((decision) => decision === undefined)).toBe(true);
  expect(run.findings?.()).toMatchObject({ unlabelled: 50 });
});

test('a label goes before the answer', async () => {
  const rows = Array.from({ length: 40 }, (_, i) =>
    ask(`q ${i}`, `answer ${i}`, i + 1, 0, { label: i < 36 ? 'big' : 'small' }),
  );
  expect((await stay(rows)).length).toBe(16);
});

test('equal rows do not make a class larger than it may be', async () => {
  const rows = [...Array.from({ length: 30 }, (_, i) => ask('same', 'a', i + 1)), ...rowsOf({ b: 2 })];
  expect(countBy(await stay(rows))).toEqual({ a: 6, b: 2 });
});

test('no class ever keeps more than maxRatio times the smallest, and no class loses all', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
      fc.double({ min: 1, max: 5, noNaN: true }),
      async (sizes, maxRatio) => {
        const kept = countBy(
          await stay(rowsOf(Object.fromEntries(sizes.map((size, i) => [`c${i}`, size]))), { maxRatio }),
        );
        const most = Math.floor(Math.min(...sizes) * maxRatio);
        expect(kept).toEqual(Object.fromEntries(sizes.map((size, i) => [`c${i}`, Math.min(size, most)])));
      },
    ),
  );
});

test('weights make rare classes count more, on the mean 1, and multiply a weight that is there', async () => {
  const rows = [...rowsOf({ a: 30, b: 10 }), ask('heavy', 'b', 1, 0, { weight: 0.5 })];
  const decisions = runThrough(await start({ method: 'weight' }), rows);
  const weights = decisions.map((decision) => (decision && 'row' in decision ? decision.row.weight : undefined));
  expect(weights[0]).toBeCloseTo(41 / 2 / 30);
  expect(weights[30]).toBeCloseTo(41 / 2 / 11);
  expect(weights[40]).toBeCloseTo(41 / 2 / 11 / 2);
});

test('weights of any classes are 1 on the mean and never above maxRatio', () => {
  const size = fc.integer({ min: 1, max: 100_000 });
  fc.assert(
    fc.property(
      fc.array(size, { minLength: 1, maxLength: 30 }),
      fc.double({ min: 1, max: 20, noNaN: true }),
      (sizes, maxRatio) => {
        const weights = [
          ...classWeights(
            sizes.map((size, i): [string, number] => [`c${i}`, size]),
            maxRatio,
          ),
        ];
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const weighed = weights.reduce(
          (sum, [label, weight]) => sum + weight * (sizes[Number(label.slice(1))] as number),
          0,
        );
        expect(weighed / total).toBeCloseTo(1, 9);
        expect(Math.max(...weights.map(([, weight]) => weight))).toBeLessThanOrEqual(maxRatio + 1e-9);
      },
    ),
  );
});

test('more classes than can be classes stop the run with advice', async () => {
  const run = await start();
  expect(() => {
    for (let i = 0; i <= 10_000; i += 1) run.observe?.(ask(`q${i}`, `answer ${i}`, i + 1));
  }).toThrow(
    'balance: there are more than 10000 classes, the last at line 10001. Name the column that holds the class in data.label, or take balance out of data.prepare.',
  );
});
