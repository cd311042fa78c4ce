import { describe, expect, test } from 'vitest';
import { mean, moments, proportion } from '../../../metrics/intervals.ts';
import { seeded } from '../support/random.ts';

describe('a proportion', () => {
  // statsmodels 0.15.0: proportion_confint(ones, n, alpha=1 - confidence, method='wilson')
  test.each([
    [0, 10, 0.95, 0, 0.27753279986288926],
    [10, 10, 0.95, 0.7224672001371106, 1],
    [7, 10, 0.95, 0.39677814746114537, 0.8922087325936989],
    [1, 1, 0.95, 0.2065493143772374, 1],
    [183, 200, 0.95, 0.8681041292843443, 0.9462542498225244],
    [50, 100, 0.9, 0.4188477961125295, 0.5811522038874706],
    [1, 1000, 0.95, 0.00017654637062607765, 0.005642558597957937],
  ])('of %i in %i has the interval that statsmodels gives at %f', (ones, n, confidence, low, high) => {
    const found = proportion(ones, n, confidence);
    expect(found).toMatchObject({ value: ones / n, n });
    expect(found.ci[0]).toBeCloseTo(low, 10);
    expect(found.ci[1]).toBeCloseTo(high, 10);
  });

  test('of nothing is an error', () => {
    expect(() => proportion(0, 0)).toThrow(new RangeError('a proportion needs at least one item'));
  });

  test('has an interval that holds the truth about as often as it says', () => {
    const random = seeded(1);
    for (const [truth, n] of [
      [0.5, 30],
      [0.9, 50],
    ] as const) {
      let held = 0;
      for (let i = 0; i < 2000; i++) {
        const ones = Array.from({ length: n }, () => random()).filter((u) => u < truth).length;
        const [low, high] = proportion(ones, n).ci;
        if (low <= truth && truth <= high) held += 1;
      }
      // Wilson's interval holds between 93 % and 98 % here; 2,000 draws have a standard error of 0.5 %.
      expect(held / 2000).toBeGreaterThan(0.925);
      expect(held / 2000).toBeLessThan(0.985);
    }
  });
});

describe('a mean', () => {
  const wide: [number, number] = [-10, 10];
  // statsmodels 0.15.0: DescrStatsW(values).tconfint_mean(alpha=1 - confidence)
  test.each([
    [[0.1, 0.4, 0.35, 0.8, 0.6], 0.95, 0.12148658488506897, 0.7785134151149311],
    [[0, 0, 1], 0.95, -1.1008842432498207, 1.7675509099164872],
    [[0.2, 0.3], 0.9, -0.06568757573375178, 0.5656875757337518],
    [Array.from({ length: 40 }, (_, i) => i / 40), 0.95, 0.39403030212562273, 0.5809696978743772],
  ])('of %j has the interval that statsmodels gives at %f', (values, confidence, low, high) => {
    const found = mean(values, wide, confidence);
    expect(found.n).toBe(values.length);
    expect(found.ci[0]).toBeCloseTo(low, 9);
    expect(found.ci[1]).toBeCloseTo(high, 9);
  });

  test('does not leave the range of its scores', () => {
    expect(mean([0, 0, 1], [0, 1]).ci).toEqual([0, 1]);
  });

  test('of one value says nothing of the rest', () => {
    expect(mean([0.7], [0, 1])).toEqual({ value: 0.7, n: 1, ci: [0, 1] });
  });

  test('of equal values is not certain: other values may not have been seen yet', () => {
    // statsmodels 0.15.0: proportion_confint(20, 20, alpha=0.05, method='beta')
    const ones = mean(Array(20).fill(1) as number[], [0, 1]);
    expect(ones.ci[0]).toBeCloseTo(0.8315665290169146, 10);
    expect(ones.ci[1]).toBe(1);
    const [low, high] = mean(Array(20).fill(0.5) as number[], [0, 1]).ci;
    expect([low, high].map((bound) => bound.toFixed(4))).toEqual(['0.4158', '0.5842']);
    expect(mean([0.1 + 0.2, 0.3, 0.3], [0, 1]).ci[0]).toBeLessThan(0.2);
  });

  test('of nothing is an error', () => {
    expect(() => mean([], [0, 1])).toThrow(new RangeError('a mean needs at least one item'));
  });
});

test('the deviation is that of a sample', () => {
  expect(moments([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ average: 5, deviation: Math.sqrt(32 / 7) });
  expect(moments([3])).toEqual({ average: 3, deviation: 0 });
});

test('an interval holds its value, also at the ends of the range', () => {
  for (let n = 1; n <= 300; n += 1) {
    expect(proportion(0, n).ci[0]).toBe(0);
    expect(proportion(n, n).ci[1]).toBe(1);
    for (const ones of [0, 1, n >> 1, n - 1, n]) {
      const { value, ci } = proportion(ones, n);
      expect(ci[0] <= value && value <= ci[1]).toBe(true);
    }
  }
});
