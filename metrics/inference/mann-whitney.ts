import type { Alternative } from './alternative.ts';
import { checkNumbers } from './checks.ts';
import { sum } from './moments.ts';
import { rank, tieTerm } from './ranks.ts';
import { normalCdf } from './special.ts';

export interface MannWhitney {
  /** U of x: pairs in which x is above y, ties counting ½. */
  u: number;
  p: number;
}

/**
 * Mann–Whitney's test of two independent samples by the normal approximation, with the correction for ties and (unless
 * `correction` is false) for continuity (scipy.stats.mannwhitneyu, method='asymptotic').
 *
 * @throws RangeError when a sample is empty, a value is not finite, or all values are equal.
 */
export function mannWhitney(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { alternative = 'two-sided', correction = true }: { alternative?: Alternative; correction?: boolean } = {},
): MannWhitney {
  checkNumbers('a Mann–Whitney test', x);
  checkNumbers('a Mann–Whitney test', y);
  const [n, m] = [x.length, y.length];
  const all = new Float64Array(n + m);
  all.set(x);
  all.set(y, n);
  const { ranks, groups } = rank(all);
  if (groups.length === 1) throw new RangeError('a Mann–Whitney test needs a difference: all values are equal');
  const u = sum(ranks, 0, n) - (n * (n + 1)) / 2;
  const other = n * m - u;
  const larger = alternative === 'greater' ? u : alternative === 'less' ? other : Math.max(u, other);
  const total = n + m;
  const error = Math.sqrt(((n * m) / 12) * (total + 1 - tieTerm(groups) / (total * (total - 1))));
  const z = (larger - (n * m) / 2 - (correction ? 0.5 : 0)) / error;
  return { u, p: Math.min(1, normalCdf(-z) * (alternative === 'two-sided' ? 2 : 1)) };
}
