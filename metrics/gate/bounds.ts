import { normalQuantile, tQuantile } from '../inference/special.ts';
import type { Moments } from './moments.ts';

export interface Bounds {
  lower: number;
  upper: number;
  method: 'paired t' | 'paired t, adjusted for skewness' | 'exact bound';
}

/** Standard errors (√(6/n), of a normal sample) that a skewness has to exceed to be taken for more than chance. */
const SURE = 2;

/**
 * One-sided bounds of a mean, each at confidence 1 − alpha, cut to the range that values can have.
 *
 * Student's t: m ∓ t(1 − α; n − 1) · s / √n. Of strongly skewed values it errs on one side; there each bound is the
 * more cautious one of it and of Hall's transformation (Hall 1992, "On the removal of skewness by transformation",
 * JRSS B 54), which inverts g(x) = x + γ x²/3 + γ² x³/27 + γ/(6 √n) for the studentized mean x with skewness γ/√n.
 *
 * Differences of 0/1 scores (not `isGraded`) keep to the t bound: it errs as often as it says, and few of them are
 * looked at by the exact test as well.
 *
 * Values that are all the same have no spread to estimate: one not seen in n items has a probability of at most
 * q = 1 − α^(1/n), and at worst lies at the end of the range.
 */
export function boundsOf(
  moments: Moments,
  [low, high]: readonly [number, number],
  alpha: number,
  isGraded = true,
): Bounds {
  const { n, mean, deviation } = moments;
  if (moments.isSpreadless) {
    const unseen = 1 - alpha ** (1 / n);
    return { lower: mean - unseen * (mean - low), upper: mean + unseen * (high - mean), method: 'exact bound' };
  }
  const standardError = deviation / Math.sqrt(n);
  const t = tQuantile(1 - alpha, n - 1);
  const cut = (value: number): number => Math.max(low, Math.min(high, value));
  const plain = { lower: cut(mean - t * standardError), upper: cut(mean + t * standardError) };
  const { skewness } = moments;
  if (!isGraded || Math.abs(skewness) < SURE * Math.sqrt(6 / n)) return { ...plain, method: 'paired t' };
  const adjusted = {
    lower: cut(mean - halls(t, skewness, n) * standardError),
    upper: cut(mean - halls(-t, skewness, n) * standardError),
  };
  const lower = Math.min(plain.lower, adjusted.lower);
  const upper = Math.max(plain.upper, adjusted.upper);
  const isAdjusted = lower < plain.lower || upper > plain.upper;
  return { lower, upper, method: isAdjusted ? 'paired t, adjusted for skewness' : 'paired t' };
}

/** The studentized mean that Hall's transformation takes to `t`. */
function halls(t: number, skewness: number, n: number): number {
  const a = skewness / Math.sqrt(n);
  return (3 / a) * (Math.cbrt(1 + a * (t - a / 6)) - 1);
}

/** One-sided Wilson bounds of a share, each at confidence 1 − alpha. Wilson 1927, JASA 22:209. */
export function wilsonBounds(ones: number, n: number, alpha: number): { lower: number; upper: number } {
  const z = normalQuantile(1 - alpha);
  const p = ones / n;
  const centre = p + (z * z) / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return { lower: ones === 0 ? 0 : (centre - spread) / scale, upper: ones === n ? 1 : (centre + spread) / scale };
}
