import { describe, expect, test } from 'vitest';
import { adjust } from '../../../../metrics/inference/adjust.ts';
import { bettingLowerBound, bettingProcess, BettingProcess } from '../../../../metrics/inference/betting.ts';
import { bradleyTerry, type Win } from '../../../../metrics/inference/bradley-terry.ts';
import { newcombe, newcombePaired } from '../../../../metrics/inference/newcombe.ts';
import { classicalMean, ppiMean } from '../../../../metrics/inference/ppi.ts';
import { agrestiCoull, clopperPearson, jeffreys, wilson } from '../../../../metrics/inference/proportions.ts';
import {
  betaQuantile,
  chiSquareCdf,
  chiSquareQuantile,
  lgamma,
  normalQuantile,
  tQuantile,
} from '../../../../metrics/inference/special.ts';
import { seeded } from '../../support/random.ts';

/** The largest difference of two lists of equal length. */
const apart = (found: readonly number[], expected: readonly number[]): number =>
  found.length === expected.length ? Math.max(...expected.map((value, i) => Math.abs(value - found[i]!))) : Infinity;

describe('special functions', () => {
  // scipy 1.17.1: norm.ppf, t.ppf, chi2.ppf, chi2.cdf, beta.ppf, gammaln
  test.each([
    ['normal, far tail', normalQuantile(1e-300), -37.0470962993612],
    ['normal, tail', normalQuantile(1e-15), -7.941345326170998],
    ['normal', normalQuantile(0.975), 1.959963984540054],
    ['t beside the middle', tQuantile(0.50001, 1e6), 2.5066289015392338e-5],
    ['t, tail', tQuantile(1e-10, 3), -2225.769284683093],
    ['chi-square of many degrees', chiSquareQuantile(0.3, 2500), 2462.4415171656033],
    ['chi-square, upper tail', chiSquareQuantile(1 - 1e-12, 2500), 3030.1907345785366],
    ['chi-square below', chiSquareCdf(5100, 5000), 0.841360651380596],
    ['beta', betaQuantile(0.01, 0.5, 1000.5), 7.85242923445627e-8],
    ['log gamma', lgamma(123.4), 469.3360974422],
  ])('%s', (_, found, expected) => {
    expect(Math.abs(found / expected - 1)).toBeLessThan(1e-9);
  });

  test('reach infinity at 0 and 1', () => {
    expect([normalQuantile(0), normalQuantile(1), tQuantile(0, 5), tQuantile(1, 5)]).toEqual([
      -Infinity,
      Infinity,
      -Infinity,
      Infinity,
    ]);
  });
});

describe('intervals of shares', () => {
  // statsmodels 0.15.0: proportion_confint(37, 50, 0.05, method)
  test('are those of statsmodels', () => {
    expect(apart(wilson(37, 50), [0.6044684274, 0.8412847251])).toBeLessThan(1e-9);
    expect(apart(clopperPearson(37, 50), [0.5965523213, 0.8536994156])).toBeLessThan(1e-9);
    expect(apart(agrestiCoull(37, 50), [0.603324155, 0.8424289974])).toBeLessThan(1e-9);
    expect(apart(jeffreys(37, 50), [0.6073920715, 0.8457328386])).toBeLessThan(1e-9);
    expect(apart(clopperPearson(0, 10), [0, 0.3084971078])).toBeLessThan(1e-9);
    expect(apart(jeffreys(10, 10), [0.7828037325, 0.9999521096])).toBeLessThan(1e-9);
  });

  test('refuse a share of nothing, more ones than items, and a confidence of 1', () => {
    expect(() => wilson(0, 0)).toThrow('n of a share must be a whole number from 1, got 0');
    expect(() => jeffreys(3, 2)).toThrow('ones of a share must be a whole number from 0 to 2, got 3');
    expect(() => clopperPearson(1, 2, 1)).toThrow('confidence must be above 0 and below 1, got 1');
  });

  test('of a difference are those of Newcombe (1998), tables II of both papers', () => {
    // statsmodels: confint_proportions_2indep(56, 70, 48, 80, method='newcomb', compare='diff')
    expect(
      apart(newcombe({ ones: 56, n: 70 }, { ones: 48, n: 80 }).ci, [0.05243147240236498, 0.33387265403690614]),
    ).toBeLessThan(1e-9);
    expect(
      apart(newcombePaired({ both: 36, firstOnly: 12, secondOnly: 2, neither: 0 }).ci, [0.0569, 0.3404]),
    ).toBeLessThan(1e-4);
    expect(newcombePaired({ both: 5, firstOnly: 0, secondOnly: 0, neither: 0 })).toMatchObject({ difference: 0 });
    expect(() => newcombePaired({ both: 0, firstOnly: 0, secondOnly: 0, neither: 0 })).toThrow(RangeError);
  });
});

describe('adjusted p-values', () => {
  // statsmodels 0.15.0: multipletests([.01, .04, .03, .005, .5], method)[1]
  test.each([
    ['holm', [0.04, 0.09, 0.09, 0.025, 0.5]],
    ['bonferroni', [0.05, 0.2, 0.15, 0.025, 1]],
    ['hommel', [0.04, 0.08, 0.06, 0.025, 0.5]],
    ['fdrBh', [0.025, 0.05, 0.05, 0.025, 0.5]],
  ] as const)('by %s are those of statsmodels, in the order given', (method, expected) => {
    expect(apart(adjust([0.01, 0.04, 0.03, 0.005, 0.5], method), expected)).toBeLessThan(1e-9);
    expect(adjust([], method)).toEqual([]);
    expect(() => adjust([0.5, Number.NaN], method)).toThrow('a p-value must be from 0 to 1, got NaN');
  });
});

describe('the betting process', () => {
  // numpy: mean over l = .005, .015, …, .995 of prod(1 + l * d)
  test('is the mean over bets of the product', () => {
    expect(bettingProcess([0.3, -0.2, 1, 0, -0.5]).value).toBeCloseTo(1.11600475000875, 12);
    expect(bettingProcess([])).toEqual({ n: 0, value: 1, logValue: 0 });
  });

  test('keeps its logarithm where the value is out of range', () => {
    const process = new BettingProcess();
    for (let i = 0; i < 5000; i += 1) process.add(1);
    expect(process.value).toBe(Infinity);
    expect(process.logValue).toBeCloseTo(5000 * Math.log(1.995) - Math.log(100), 6);
    expect(bettingProcess(new Float64Array(300_000).fill(-1)).value).toBe(0);
  });

  test('gives the same while looking on as at the end', () => {
    const random = seeded(3);
    const differences = Array.from({ length: 500 }, () => 2 * random() - 1);
    const process = new BettingProcess();
    for (const d of differences) {
      process.add(d);
      expect(process.value).toBeGreaterThanOrEqual(0);
    }
    expect(process.logValue).toBeCloseTo(bettingProcess(differences).logValue, 9);
  });

  test('has a lower bound at which the bet against it is just refused', () => {
    const differences = Array.from({ length: 200 }, (_, i) => [1, 1, 0, 1, -1][i % 5]!);
    const bound = bettingLowerBound(differences, 0.05);
    expect(bound).toBeGreaterThan(0);
    expect(bound).toBeLessThan(0.4);
    expect(bettingProcess(differences, bound).value).toBeCloseTo(20, 4);
    expect(bettingLowerBound([0], 0.05)).toBeLessThan(-0.9);
    expect(bettingLowerBound([-1], 0.05)).toBe(-1);
  });

  test('refuses differences out of range', () => {
    expect(() => new BettingProcess().add(1.01)).toThrow('a betting process needs differences in [−1, 1], got 1.01');
    expect(() => new BettingProcess().add(Number.NaN)).toThrow(RangeError);
    expect(() => bettingLowerBound([], 0.05)).toThrow(RangeError);
  });
});

describe('the prediction-powered mean', () => {
  const labels = [1, 0, 1, 1, 0, 1];
  const predictions = [1, 0, 1, 0, 0, 1];

  test('is that of ppi_py', () => {
    // ppi-python 0.2.3: ppi_mean_pointestimate(Y, Yhat, U), ppi_mean_ci(Y, Yhat, U, alpha=0.05)
    const found = ppiMean(labels, predictions, [1, 1, 0, 1, 0, 1, 1, 0, 1, 1]);
    expect(found.estimate).toBeCloseTo(0.75, 12);
    expect(apart(found.ci, [0.44154053, 1.05845947])).toBeLessThan(1e-7);
    expect(found).toMatchObject({ n: 6, unlabelled: 10 });
  });

  test('is the plain mean where predictions say nothing', () => {
    const found = ppiMean(labels, [1, 1, 1, 1, 1, 1], [1, 1]);
    expect(found.lambda).toBe(0);
    expect(found.estimate).toBeCloseTo(classicalMean(labels).estimate, 12);
    expect(apart(found.ci, classicalMean(labels).ci)).toBeLessThan(1e-9);
  });

  test('refuses a single label', () => {
    expect(() => ppiMean([1], [1], [1])).toThrow('a prediction-powered mean needs at least 2 values, got 1');
    expect(() => ppiMean(labels, predictions, [])).toThrow(RangeError);
  });
});

describe('Bradley–Terry strengths', () => {
  test('are those of choix', () => {
    // choix 0.4.1: opt_pairwise(3, wins, alpha=.1, tol=1e-12), less its mean
    const wins: Win[] = [
      [0, 1],
      [0, 1],
      [1, 2],
      [2, 0],
      [0, 2],
    ];
    expect(
      apart(bradleyTerry(3, wins, 0.1), [0.6254404637162044, -0.3127202318581022, -0.3127202318581022]),
    ).toBeLessThan(1e-7);
  });

  test('stay finite for one that always wins, and equal without games', () => {
    const always: Win[] = Array.from({ length: 10_000 }, () => [0, 1]);
    const [strong, weak] = bradleyTerry(2, always, 1e-6);
    expect(strong).toBeGreaterThan(5);
    expect(strong! + weak!).toBeCloseTo(0, 9);
    expect(bradleyTerry(3, [], 0.1)).toEqual([0, 0, 0]);
    expect(bradleyTerry(1, [], 0.1)).toEqual([0]);
  });

  test('take a tie as half a win each way', () => {
    expect(
      apart(
        bradleyTerry(
          2,
          [
            [0, 1, 0.5],
            [1, 0, 0.5],
          ],
          0.1,
        ),
        [0, 0],
      ),
    ).toBeLessThan(1e-9);
  });

  test('refuse who is not there, a game against oneself, and no regularisation', () => {
    expect(() => bradleyTerry(2, [[0, 2]])).toThrow('the loser must be a whole number from 0 to 1, got 2');
    expect(() => bradleyTerry(2, [[1, 1]])).toThrow('a competitor cannot beat itself, got 1 against 1');
    expect(() => bradleyTerry(2, [[0, 1]], 0)).toThrow('alpha must be a number above 0, got 0');
  });
});
