/** How the risk is shared among the gates on one test set. */
export interface Looks {
  spend: 'harmonic' | 'planned' | 'none';
  /** Gates that the test set is meant for, for `planned`. */
  planned?: number;
}

/**
 * The alpha of the k-th look (1 for the first) at a test set, so that all looks together keep to `alpha`:
 * harmonic 6α / (π² k²), which sums to α over all k; planned α / K for k ≤ K; none α each. 0: the set is used up.
 *
 * @throws RangeError for an alpha or a look that is none.
 */
export function alphaOf({ spend, planned }: Looks, alpha: number, look: number): number {
  checkAlpha(alpha);
  if (!Number.isInteger(look) || look < 1) throw new RangeError(`looks are counted from 1, found ${look}`);
  if (spend === 'none') return alpha;
  if (spend === 'harmonic') return (6 * alpha) / (Math.PI ** 2 * look ** 2);
  if (planned === undefined || !(planned >= 1)) throw new RangeError('planned looks need their number, 1 or more');
  return look <= planned ? alpha / planned : 0;
}

/** @throws RangeError in words. */
export function checkAlpha(alpha: number): void {
  if (!(alpha > 0 && alpha <= 0.5))
    throw new RangeError(
      `a gate errs with a probability above 0 and at most 0.5, found ${alpha}: confidence has to be at least 0.5 and below 1`,
    );
}
