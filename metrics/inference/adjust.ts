import { checkClosed } from './checks.ts';

/** How p-values of several tests are corrected: family-wise (the first three), or the false discovery rate. */
export type Adjustment = 'holm' | 'bonferroni' | 'hommel' | 'fdrBh';

/**
 * Corrects p-values for their number, in the order given: what a test may be compared with alpha by
 * (statsmodels multipletests). Holm 1979; Hommel 1988, Biometrika 75:383; Benjamini & Hochberg 1995.
 *
 * @throws RangeError when a p-value is not from 0 to 1. No p-values give none.
 */
export function adjust(p: readonly number[], method: Adjustment): number[] {
  for (const value of p) checkClosed('a p-value', value);
  const order = p.map((_, i) => i).toSorted((i, j) => p[i]! - p[j]!);
  const adjusted = METHODS[method](order.map((i) => p[i]!));
  const result = p.map(() => 0);
  for (const [place, i] of order.entries()) result[i] = Math.min(1, adjusted[place]!);
  return result;
}

/** Each takes p-values in rising order. */
const METHODS: Record<Adjustment, (p: number[]) => number[]> = {
  bonferroni: (p) => p.map((value) => value * p.length),
  holm: (p) => {
    let largest = 0;
    return p.map((value, i) => (largest = Math.max(largest, value * (p.length - i))));
  },
  fdrBh: (p) => {
    const result = p.map((value, i) => (value * p.length) / (i + 1));
    for (let i = p.length - 2; i >= 0; i -= 1) result[i] = Math.min(result[i]!, result[i + 1]!);
    return result;
  },
  /** For each number m of true hypotheses: Simes' p of the m largest, and no adjusted p below what that m says. */
  hommel: (p) => {
    const n = p.length;
    const result = [...p];
    for (let m = n; m > 1; m -= 1) {
      let simes = Number.POSITIVE_INFINITY;
      for (let i = 1; i <= m; i += 1) simes = Math.min(simes, (m * p[n - m + i - 1]!) / i);
      for (let i = 0; i < n; i += 1) result[i] = Math.max(result[i]!, i >= n - m ? simes : Math.min(m * p[i]!, simes));
    }
    return result;
  },
};
