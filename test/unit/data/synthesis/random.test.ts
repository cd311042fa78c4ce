import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomFrom, shuffled } from '../../../../data/synthesis/random.ts';
import { portions, sample } from '../../../../data/synthesis/seeds.ts';

test('the same seed gives the same numbers, evenly spread over 0 to 1', () => {
  const take = (seed: number): number[] => {
    const random = randomFrom(seed);
    return Array.from({ length: 10_000 }, random);
  };
  expect(take(7)).toEqual(take(7));
  for (const seed of [0, 1, 4_294_967_295]) {
    const numbers = take(seed);
    const tenths = Array.from({ length: 10 }, (_, i) => numbers.filter((n) => Math.floor(n * 10) === i).length);
    // 1,000 in each tenth; five standard deviations are 150.
    expect(tenths.every((count) => Math.abs(count - 1000) < 150)).toBe(true);
  }
});

test('a shuffle and a sample hold each item at most once', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer()), fc.nat(), fc.nat({ max: 50 }), (items, seed, count) => {
      expect(shuffled(items, seed).toSorted((a, b) => a - b)).toEqual(items.toSorted((a, b) => a - b));
      const some = sample(items, count, seed);
      expect(new Set(some).size).toBe(Math.min(count, items.length));
      expect(some.every((item) => items.includes(item))).toBe(true);
    }),
  );
});

test('a count is cut into portions that add up to it', () => {
  expect(portions(7, 3)).toEqual([3, 3, 1]);
  expect(portions(6, 3)).toEqual([3, 3]);
  expect(portions(0, 3)).toEqual([]);
});
