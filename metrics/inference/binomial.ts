import type { Alternative } from './alternative.ts';
import { checkClosed, checkCount } from './checks.ts';
import { binomialCdf, binomialPmf, binomialUpper } from './special.ts';

/** Probabilities that differ by less than this share count as equal: they were rounded differently. */
const ROUNDING = 1 + 1e-7;

/**
 * p of `ones` in `n` when the share is `p`: two-sided, all outcomes that are no more probable than the one seen
 * (scipy.stats.binomtest).
 *
 * @throws RangeError when `n` is not a count above 0, `ones` is not from 0 to `n`, or `p` is not from 0 to 1.
 */
export function binomialTest(ones: number, n: number, p = 0.5, alternative: Alternative = 'two-sided'): number {
  checkCount('n of a binomial test', n, 1);
  checkCount('ones of a binomial test', ones, 0, n);
  checkClosed('p of a binomial test', p);
  if (alternative === 'less') return binomialCdf(ones, n, p);
  if (alternative === 'greater') return binomialUpper(ones, n, p);
  if (ones === n * p) return 1;
  const seen = binomialPmf(ones, n, p) * ROUNDING;
  const isAsRare = (k: number): boolean => binomialPmf(k, n, p) <= seen;
  if (ones < n * p) {
    const from = first(Math.ceil(n * p), n + 1, isAsRare);
    return Math.min(1, binomialCdf(ones, n, p) + binomialUpper(from, n, p));
  }
  const after = first(0, Math.floor(n * p) + 1, (k) => !isAsRare(k));
  return Math.min(1, binomialCdf(after - 1, n, p) + binomialUpper(ones, n, p));
}

/** The first of the whole numbers from `from` below `to` that holds, where all after it do; `to` if none does. */
function first(from: number, to: number, holds: (k: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
