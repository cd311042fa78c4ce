import { symmetricP, tails, type Alternative } from './alternative.ts';
import { checkOpen, checkPaired } from './checks.ts';
import { average, differences, variance } from './moments.ts';
import { tCdf, tQuantile } from './special.ts';

export interface PairedT {
  n: number;
  /** Mean of x − y. */
  difference: number;
  /** t; ∓Infinity where all differences are equal and not 0 (p is then 0 or 1). */
  statistic: number;
  df: number;
  p: number;
  /** Of the mean difference; a one-sided alternative leaves one end infinite. */
  ci: [number, number];
}

/**
 * Student's t test of paired values: t = d̄ / (s/√n) with n − 1 degrees of freedom (scipy.stats.ttest_rel).
 *
 * @throws RangeError when there are fewer than two pairs, a value is not finite, or all differences are 0.
 */
export function pairedT(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { alternative = 'two-sided', confidence = 0.95 }: { alternative?: Alternative; confidence?: number } = {},
): PairedT {
  checkPaired('a paired t test', x, y, 2);
  checkOpen('confidence', confidence);
  const d = differences(x, y);
  const n = d.length;
  const difference = average(d);
  const error = Math.sqrt(variance(d) / n);
  if (error === 0 && difference === 0)
    throw new RangeError('a paired t test needs a difference: x and y are equal on every item');
  const df = n - 1;
  const statistic = difference / error;
  const { low, high } = tails(alternative, confidence);
  return {
    n,
    difference,
    statistic,
    df,
    p: symmetricP(statistic, alternative, (t) => tCdf(t, df)),
    ci: [
      low === null ? Number.NEGATIVE_INFINITY : difference + tQuantile(low, df) * error,
      high === null ? Number.POSITIVE_INFINITY : difference - tQuantile(high, df) * error,
    ],
  };
}
