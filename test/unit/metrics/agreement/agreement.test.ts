import { describe, expect, test } from 'vitest';
import { cohenKappa } from '../../../../metrics/agreement/cohen-kappa.ts';
import { kendallTauB, pearson, spearman } from '../../../../metrics/agreement/correlation.ts';
import { krippendorffAlpha } from '../../../../metrics/agreement/krippendorff-alpha.ts';
import { sortedLabels } from '../../../../metrics/agreement/labels.ts';
import { seeded } from '../../support/random.ts';

describe("Cohen's kappa", () => {
  // scikit-learn 1.9.1: cohen_kappa_score(a, b, weights=…)
  test('is that of scikit-learn', () => {
    expect(cohenKappa(['a', 'b', 'é', 'b'], ['a', 'é', 'é', 'b'])).toBeCloseTo(0.6363636363636364, 12);
    expect(cohenKappa([1, 2, 10, 2], [1, 10, 10, 2], { weights: 'linear' })).toBeCloseTo(0.7142857142857143, 12);
    expect(cohenKappa([1, 2, 10, 2], [1, 10, 10, 2], { weights: 'quadratic' })).toBeCloseTo(0.8, 12);
  });

  test('is 1 where raters agree on two labels, and 0 where one rater only says one thing', () => {
    expect(cohenKappa([true, false], [true, false])).toBe(1);
    expect(cohenKappa([1, 1, 1, 1], [1, 2, 1, 1])).toBe(0);
  });

  test('refuses nothing, one label, labels of two types', () => {
    expect(() => cohenKappa([], [])).toThrow("Cohen's kappa needs at least one item");
    expect(() => cohenKappa(['x', 'x'], ['x', 'x'])).toThrow(
      `Cohen's kappa is not defined when both raters only say "x"`,
    );
    expect(() => cohenKappa([1], ['1'])).toThrow('labels must be of one type, got number and string');
    expect(() => cohenKappa([Number.NaN], [1])).toThrow('labels must not be NaN');
  });
});

test('labels sort as in Python: numbers by size, texts by code point', () => {
  expect(sortedLabels([10, 9, -1])).toEqual([-1, 9, 10]);
  // sorted(['a', '😀', '\uffff', 'ab', '', 'Z'])
  expect(sortedLabels(['a', '😀', '\uffff', 'ab', '', 'Z'])).toEqual(['', 'Z', 'a', 'ab', '\uffff', '😀']);
});

describe("Krippendorff's alpha", () => {
  const data = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, null],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5],
    [null, 3, 3, 3, 2, 3, 4, 2, 2, 5],
  ];

  // krippendorff 0.9.0: alpha(data, level_of_measurement=…), null as nan
  test.each([
    ['nominal', 0.6752577319587629],
    ['ordinal', 0.8048605240912934],
    ['interval', 0.8621041879467846],
    ['ratio', 0.7445566811992647],
  ] as const)('on the %s level is that of krippendorff', (level, expected) => {
    expect(krippendorffAlpha(data, level)).toBeCloseTo(expected, 9);
  });

  test('refuses what cannot be paired', () => {
    expect(() => krippendorffAlpha([], 'nominal')).toThrow("Krippendorff's alpha needs an item that two raters rated");
    expect(() =>
      krippendorffAlpha(
        [
          [1, null],
          [null, 2],
        ],
        'nominal',
      ),
    ).toThrow(RangeError);
    expect(() =>
      krippendorffAlpha(
        [
          [3, 3],
          [3, 3],
        ],
        'interval',
      ),
    ).toThrow("Krippendorff's alpha is not defined when all ratings are 3");
    expect(() => krippendorffAlpha([[1, 2], [1]], 'nominal')).toThrow('raters need lists of equal length, got 2 and 1');
    expect(() => krippendorffAlpha([[Number.NaN], [1]], 'ratio')).toThrow(
      'a rating must be a finite number or null, got NaN',
    );
  });
});

describe('correlations', () => {
  const [x, y] = [
    [5, 7, 6, 9, 8, 4, 7, 3],
    [4, 7, 5, 6, 9, 3, 5, 4],
  ] as [number[], number[]];

  // scipy 1.17.1: pearsonr, spearmanr, kendalltau
  test('are those of scipy, with ties', () => {
    expect(pearson(x, y)).toBeCloseTo(0.7545582668381746, 12);
    expect(spearman(x, y)).toBeCloseTo(0.8545611491092097, 12);
    expect(kendallTauB(x, y)).toBeCloseTo(0.7171087882915774, 12);
  });

  test('by merging is what counting all pairs gives', () => {
    const random = seeded(9);
    const draw = (): number[] => Array.from({ length: 150 }, () => Math.floor(random() * 12));
    const [a, b] = [draw(), draw()];
    let [surplus, inA, inB] = [0, 0, 0];
    for (let i = 0; i < 150; i += 1)
      for (let j = 0; j < i; j += 1) {
        const [first, second] = [Math.sign(a[i]! - a[j]!), Math.sign(b[i]! - b[j]!)];
        surplus += first * second;
        inA += first * first;
        inB += second * second;
      }
    expect(kendallTauB(a, b)).toBeCloseTo(surplus / Math.sqrt(inA * inB), 12);
  });

  test('stand huge and tiny numbers', () => {
    expect(pearson([1e300, -1e300, 2e300], [1e-300, -1e-300, 2e-300])).toBeCloseTo(1, 12);
  });

  test.each([pearson, spearman, kendallTauB])('are not defined for one pair or equal values', (correlation) => {
    expect(() => correlation([1], [2])).toThrow('correlation needs at least 2 values, got 1');
    expect(() => correlation([1, 2], [3, 3])).toThrow('correlation is not defined when all values are equal, here 3');
    expect(() => correlation([1, Infinity], [3, 4])).toThrow('correlation needs finite numbers, got Infinity at 1');
  });
});
