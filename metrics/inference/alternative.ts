/** What the test is against: a difference either way, x above y, x below y. */
export type Alternative = 'two-sided' | 'greater' | 'less';

/** p of a statistic that is symmetric about 0 under the null hypothesis, out of its distribution function. */
export function symmetricP(statistic: number, alternative: Alternative, cdf: (value: number) => number): number {
  if (alternative === 'greater') return cdf(-statistic);
  if (alternative === 'less') return cdf(statistic);
  return 2 * cdf(-Math.abs(statistic));
}

/**
 * How far an interval reaches into its tails: half of what is left of the confidence on each side, or all of it on one
 * side, whose other end is infinite.
 */
export function tails(alternative: Alternative, confidence: number): { low: number | null; high: number | null } {
  const left = 1 - confidence;
  if (alternative === 'greater') return { low: left, high: null };
  if (alternative === 'less') return { low: null, high: left };
  return { low: left / 2, high: left / 2 };
}
