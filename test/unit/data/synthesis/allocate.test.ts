import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { apportion, fillGaps, levelUp } from '../../../../data/synthesis/allocate.ts';

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, n) => total + n, 0);
const count = fc.nat({ max: 1000 });

test('shares add up to the count and differ from the exact ones by less than one', () => {
  fc.assert(
    fc.property(count, fc.array(fc.nat({ max: 50 }), { minLength: 1 }), (n, weights) => {
      const shares = apportion(n, weights);
      const total = sum(weights);
      expect(sum(shares)).toBe(n);
      for (const [i, share] of shares.entries())
        expect(
          Math.abs(share - (total === 0 ? n / weights.length : (n * (weights[i] as number)) / total)),
        ).toBeLessThan(1);
    }),
  );
});

test('what is poured in lifts the lowest, and nothing is above a level that another could have had', () => {
  fc.assert(
    fc.property(count, fc.array(fc.nat({ max: 50 }), { minLength: 1 }), (n, levels) => {
      const given = levelUp(n, levels);
      expect(sum(given)).toBe(n);
      const after = levels.map((level, i) => level + (given[i] as number));
      const lifted = after.filter((_, i) => (given[i] as number) > 0);
      expect(Math.max(0, ...lifted)).toBeLessThanOrEqual(Math.min(...after) + 1);
    }),
  );
});

test('every row of the count is aimed at a class, failing ones in proportion', () => {
  fc.assert(
    fc.property(
      count,
      fc.array(fc.tuple(fc.string(), fc.nat({ max: 50 })), { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (n, classes, share) => {
        const labels = new Map(classes);
        expect(sum(fillGaps(n, labels, new Map(), share).values())).toBe(n);
        expect(sum(fillGaps(n, labels, new Map([['failing', 3]]), share).values())).toBe(n);
        expect(fillGaps(n, labels, new Map([['failing', 3]]), 1).get('failing')).toBe(n);
      },
    ),
  );
  const labels = new Map([
    ['a', 100],
    ['b', 10],
    ['c', 40],
  ]);
  expect(
    Object.fromEntries(
      fillGaps(
        60,
        labels,
        new Map([
          ['a', 3],
          ['c', 1],
        ]),
        0,
      ),
    ),
  ).toEqual({ a: 0, b: 45, c: 15 });
  expect(
    Object.fromEntries(
      fillGaps(
        60,
        labels,
        new Map([
          ['a', 3],
          ['c', 1],
        ]),
        0.5,
      ),
    ),
  ).toEqual({ a: 23, b: 30, c: 7 });
  expect(Object.fromEntries(fillGaps(60, labels, new Map(), 0.5))).toEqual({ a: 0, b: 45, c: 15 });
});
