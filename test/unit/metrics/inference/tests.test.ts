import { describe, expect, test } from 'vitest';
import { binomialTest } from '../../../../metrics/inference/binomial.ts';
import { mannWhitney } from '../../../../metrics/inference/mann-whitney.ts';
import { mcnemar } from '../../../../metrics/inference/mcnemar.ts';
import { pairedT } from '../../../../metrics/inference/paired-t.ts';
import { wilcoxon } from '../../../../metrics/inference/wilcoxon.ts';

const X = [5, 7, 6, 9, 8, 4, 7, 3];
const Y = [4, 7, 5, 6, 9, 3, 5, 4];

describe('the paired t test', () => {
  // scipy 1.17.1: ttest_rel(X, Y, alternative=…), .confidence_interval(0.95)
  test('gives what scipy gives, one-sided with an open end', () => {
    const found = pairedT(X, Y, { alternative: 'greater' });
    expect(found).toMatchObject({ n: 8, df: 7, difference: 0.75 });
    expect(found.statistic).toBeCloseTo(1.5275252316519468, 12);
    expect(found.p).toBeCloseTo(0.0852353303935269, 12);
    expect(found.ci[0]).toBeCloseTo(-0.18021962870022856, 12);
    expect(found.ci[1]).toBe(Infinity);
    expect(pairedT(X, Y).p).toBeCloseTo(0.1704706607870538, 12);
    expect(pairedT(X, Y, { alternative: 'less' }).ci[0]).toBe(-Infinity);
  });

  test('is certain of a difference that never varies', () => {
    expect(pairedT([3, 4, 5], [1, 2, 3])).toMatchObject({ statistic: Infinity, p: 0, ci: [2, 2] });
  });

  test.each([
    [[], [], 'a paired t test needs at least 2 values, got 0'],
    [[1], [2], 'a paired t test needs at least 2 values, got 1'],
    [[1, 2], [1], 'a paired t test needs lists of equal length, got 2 and 1'],
    [[1, Number.NaN], [1, 2], 'a paired t test needs finite numbers, got NaN at 1'],
    [[1, 2], [1, 2], 'a paired t test needs a difference: x and y are equal on every item'],
  ])('refuses %j and %j', (x, y, message) => {
    expect(() => pairedT(x, y)).toThrow(new RangeError(message));
  });
});

describe("Wilcoxon's signed-rank test", () => {
  // scipy 1.17.1: wilcoxon(X, Y, zero_method=…, method=…, alternative='two-sided' | 'greater' | 'less', correction=False)
  test.each([
    ['wilcox', 'auto', 6, 0.265625, 22, 0.1328125, 0.953125],
    ['wilcox', 'exact', 6, 0.21875, 22, 0.109375, 0.921875],
    ['wilcox', 'asymptotic', 6, 0.16052953514392299, 22, 0.08026476757196149, 0.9197352324280386],
    ['pratt', 'auto', 8, 0.28125, 27, 0.140625, 0.9453125],
    ['pratt', 'exact', 8, 0.25, 27, 0.125, 0.90234375],
    ['pratt', 'asymptotic', 8, 0.1714216807181005, 27, 0.08571084035905024, 0.9142891596409497],
    ['zsplit', 'auto', 8.5, 0.28125, 27.5, 0.140625, 0.9453125],
    ['zsplit', 'exact', 8.5, 0.25, 27.5, 0.125, 0.92578125],
    ['zsplit', 'asymptotic', 8.5, 0.17252964335868348, 27.5, 0.08626482167934174, 0.9137351783206582],
  ] as const)('with %s, %s gives what scipy gives', (zeroMethod, method, smaller, both, plus, greater, less) => {
    const found = (alternative: 'two-sided' | 'greater' | 'less'): ReturnType<typeof wilcoxon> =>
      wilcoxon(X, Y, { zeroMethod, method, alternative });
    expect(found('two-sided').statistic).toBe(smaller);
    expect(found('greater').statistic).toBe(plus);
    expect(found('two-sided').p).toBeCloseTo(both, 12);
    expect(found('greater').p).toBeCloseTo(greater, 12);
    expect(found('less').p).toBeCloseTo(less, 12);
  });

  test('is exact by itself up to 50 pairs, and approximate above', () => {
    const shifted = (n: number, by: number): ReturnType<typeof wilcoxon> =>
      wilcoxon(
        Array.from({ length: n }, (_, i) => i + 1 - by),
        new Float64Array(n),
      );
    // scipy: wilcoxon(np.arange(1, 51) - 10.3); wilcoxon(np.arange(1, 52) - 10.5)
    expect(shifted(50, 10.3)).toMatchObject({ statistic: 100, method: 'exact' });
    expect(shifted(50, 10.3).p / 8.970399534291573e-9).toBeCloseTo(1, 9);
    expect(shifted(51, 10.5)).toMatchObject({ statistic: 105, method: 'asymptotic' });
    expect(shifted(51, 10.5).p / 1.6888603441719182e-7).toBeCloseTo(1, 9);
  });

  test('of one pair says nothing', () => {
    expect(wilcoxon([1], [0])).toMatchObject({ statistic: 0, p: 1 });
  });

  test('refuses equal lists, no pairs and too many for the exact distribution', () => {
    expect(() => wilcoxon(X, X)).toThrow('a signed-rank test needs a difference: x and y are equal on every item');
    expect(() => wilcoxon([], [])).toThrow('a signed-rank test needs at least 1 value, got 0');
    const many = Float64Array.from({ length: 2001 }, (_, i) => i + 1);
    expect(() => wilcoxon(many, new Float64Array(2001), { method: 'exact' })).toThrow(
      'the number of pairs of an exact signed-rank test must be a whole number from 1 to 2000, got 2001',
    );
  });
});

describe('the Mann–Whitney test', () => {
  // scipy 1.17.1: mannwhitneyu([1, 2, 3, 4], [3, 4, 5, 6, 7], method='asymptotic', alternative=…, use_continuity=…)
  test('gives what scipy gives', () => {
    const [x, y] = [
      [1, 2, 3, 4],
      [3, 4, 5, 6, 7],
    ];
    expect(mannWhitney(x, y).u).toBe(2);
    expect(mannWhitney(x, y).p).toBeCloseTo(0.06393674600423606, 12);
    expect(mannWhitney(x, y, { alternative: 'less', correction: false }).p).toBeCloseTo(0.02407009979101096, 12);
  });

  test('refuses values that are all equal', () => {
    expect(() => mannWhitney([1, 1], [1])).toThrow('a Mann–Whitney test needs a difference: all values are equal');
  });
});

describe("McNemar's test", () => {
  // statsmodels 0.15.0: mcnemar([[30, 3], [14, 20]], exact=…, correction=…); mid-p: less binom.pmf(3, 17, .5)
  test('gives what statsmodels gives', () => {
    const found = mcnemar(3, 14);
    expect(found.exact).toBeCloseTo(0.0127258301, 10);
    expect(found.midP).toBeCloseTo(0.0075378418, 10);
    expect(found.chiSquare?.statistic).toBeCloseTo(7.1176470588, 10);
    expect(found.chiSquare?.p).toBeCloseTo(0.0076328818, 10);
    expect(found.corrected?.statistic).toBeCloseTo(5.8823529412, 10);
    expect(found.corrected?.p).toBeCloseTo(0.015293371, 10);
  });

  test('says nothing where no item differs', () => {
    expect(mcnemar(0, 0)).toEqual({ b: 0, c: 0, exact: 1, midP: 1, chiSquare: null, corrected: null });
  });

  test('refuses what is no count', () => {
    expect(() => mcnemar(1.5, 2)).toThrow('b of a McNemar test must be a whole number from 0, got 1.5');
  });
});

describe('the binomial test', () => {
  // scipy 1.17.1: binomtest(k, n, p, alternative).pvalue
  test.each([
    [3, 10, 0.2, 'two-sided', 0.42957465600000017],
    [1, 10, 0.3, 'two-sided', 0.2995766784999998],
    [99, 100, 0.9, 'two-sided', 0.0006336060581826187],
    [0, 5, 0.1, 'two-sided', 1],
    [2, 9, 0.4, 'less', 0.23178700799999996],
  ] as const)('of %i in %i at %f, %s, gives what scipy gives', (ones, n, p, alternative, expected) => {
    expect(binomialTest(ones, n, p, alternative)).toBeCloseTo(expected, 12);
  });

  test('holds at shares of 0 and 1, and refuses more ones than items', () => {
    expect(binomialTest(0, 5, 0)).toBe(1);
    expect(binomialTest(1, 5, 0)).toBe(0);
    expect(binomialTest(4, 5, 1)).toBe(0);
    expect(() => binomialTest(6, 5)).toThrow('ones of a binomial test must be a whole number from 0 to 5, got 6');
  });
});
