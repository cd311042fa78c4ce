import { describe, expect, test } from 'vitest';
import { bootstrap, bootstrapItems, bootstrapPaired } from '../../../../metrics/inference/bootstrap.ts';
import { average, sum } from '../../../../metrics/inference/moments.ts';
import { resampledMeans, resampler } from '../../../../metrics/inference/resample.ts';
import { seeded } from '../../support/random.ts';

const values = (n: number, seed = 1): Float64Array => Float64Array.from({ length: n }, seeded(seed));

describe('a bootstrap', () => {
  test('draws by mulberry32, row by row', () => {
    const row = new Int32Array(10);
    resampler(12, 1)(row);
    expect([...row]).toEqual([7, 0, 6, 11, 11, 3, 7, 8, 5, 11]);
  });

  test('gives the same for the mean as for a statistic that is the mean', () => {
    const x = values(40);
    for (const method of ['percentile', 'basic', 'bca'] as const) {
      const options = { method, resamples: 500, seed: 7 };
      const [fast, general] = [bootstrap(x, options), bootstrap(x, { ...options, statistic: average })];
      expect(general.ci[0]).toBeCloseTo(fast.ci[0], 10);
      expect(general.ci[1]).toBeCloseTo(fast.ci[1], 10);
      expect(general.standardError).toBeCloseTo(fast.standardError, 12);
    }
  });

  test('draws the same items four at a time', () => {
    for (const n of [4096, 4097, 4099, 50_003]) {
      const x = values(n, n);
      const draw = resampler(n, -5);
      const row = new Int32Array(n);
      for (const mean of resampledMeans(x, 3, -5)) {
        draw(row);
        expect(mean).toBeCloseTo(sum(Float64Array.from(row, (i) => x[i]!)) / n, 12);
      }
    }
  });

  test('has a standard error near s/√n for many items', () => {
    const found = bootstrap(values(10_000), { resamples: 1000 });
    expect(found.standardError).toBeGreaterThan(0.0026);
    expect(found.standardError).toBeLessThan(0.0032);
    expect(found.ci[0]).toBeLessThan(found.value);
    expect(found.ci[1]).toBeGreaterThan(found.value);
  });

  test('of equal values, or of one, has no width', () => {
    expect(bootstrap([0.3, 0.3, 0.3], { resamples: 100 })).toMatchObject({ ci: [0.3, 0.3], z0: 0, acceleration: 0 });
    expect(bootstrap([2], { resamples: 100 })).toMatchObject({ value: 2, n: 1, ci: [2, 2] });
  });

  test('of paired items is that of their differences', () => {
    const options = { resamples: 200 };
    expect(bootstrapPaired([3, 5, 7], [1, 1, 2], options)).toEqual(bootstrap([2, 4, 5], options));
  });

  test('hands the numbers of items to a pooled statistic', () => {
    const [hits, totals] = [
      [3, 1, 4, 1, 5],
      [5, 2, 6, 5, 8],
    ] as [number[], number[]];
    const pooled = (items: Int32Array): number => {
      let [hit, total] = [0, 0];
      for (const i of items) {
        hit += hits[i]!;
        total += totals[i]!;
      }
      return hit / total;
    };
    const found = bootstrapItems(5, pooled, { resamples: 300 });
    expect(found.value).toBeCloseTo(14 / 26, 12);
    expect(found.acceleration).not.toBe(0);
    // No resample leaves the least and the largest share of an item.
    expect(found.ci[0]).toBeGreaterThanOrEqual(1 / 5);
    expect(found.ci[1]).toBeLessThanOrEqual(4 / 6);
  });

  test('refuses nothing, NaN, and statistics that are no number', () => {
    expect(() => bootstrap([])).toThrow('a bootstrap needs at least 1 value, got 0');
    expect(() => bootstrap([1, Number.NaN])).toThrow('a bootstrap needs finite numbers, got NaN at 1');
    expect(() => bootstrap([1, 2], { statistic: () => Number.NaN })).toThrow(
      'the statistic of a bootstrap needs finite numbers, got NaN at 0',
    );
    expect(() => bootstrap([1, 2], { confidence: 1 })).toThrow('confidence must be above 0 and below 1, got 1');
    expect(() => bootstrap([1, 2], { resamples: 1 })).toThrow(
      'the number of resamples must be a whole number from 2, got 1',
    );
    let calls = 0;
    const first = (): number => (calls++ === 0 ? 0 : 1);
    expect(() => bootstrapItems(3, first, { resamples: 10 })).toThrow(
      'BCa has no interval where every resample lies above the value: use the percentile method',
    );
  });
});

test('sums are those of numpy where plain addition has an error', () => {
  // numpy 2.4.6: np.sum(np.full(1000, .1)) is 100.00000000000001, from left to right 99.9999999999986
  expect(sum(new Float64Array(1000).fill(0.1))).toBeCloseTo(100, 12);
});
