import tQuantile from '@stdlib/stats-base-dists-t-quantile';

/** A difference, after − before, with its 95 % interval; null where there is too little to give one. */
export interface Difference {
  value: number;
  ci: [number, number] | null;
}

const Z = 1.959963984540054;

/**
 * Difference of two shares by Newcombe's method 10 (1998, Statistics in Medicine 17:873): the distances to the
 * bounds of both Wilson intervals, put together as the sides of a right angle.
 */
export function shareDifference(before: { ones: number; n: number }, after: { ones: number; n: number }): Difference {
  const p = before.n ? before.ones / before.n : 0;
  const q = after.n ? after.ones / after.n : 0;
  if (before.n === 0 || after.n === 0) return { value: q - p, ci: null };
  const [lowP, highP] = wilson(p, before.n);
  const [lowQ, highQ] = wilson(q, after.n);
  return { value: q - p, ci: [q - p - Math.hypot(q - lowQ, highP - p), q - p + Math.hypot(highQ - q, p - lowP)] };
}

/** Wilson 1927, JASA 22:209: (p + z²/2n ∓ z √(p(1−p)/n + z²/4n²)) / (1 + z²/n). */
function wilson(p: number, n: number): [number, number] {
  const centre = p + (Z * Z) / (2 * n);
  const spread = Z * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n));
  const scale = 1 + (Z * Z) / n;
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)];
}

/**
 * Difference of two means by Welch 1947 (Biometrika 34:28): variances may differ, and the degrees of freedom
 * follow Satterthwaite.
 */
export function meanDifference(
  before: { mean: number; deviation: number; n: number },
  after: { mean: number; deviation: number; n: number },
): Difference {
  const value = after.mean - before.mean;
  if (before.n < 2 || after.n < 2) return { value, ci: null };
  const a = before.deviation ** 2 / before.n;
  const b = after.deviation ** 2 / after.n;
  // Equal values on both sides say nothing of the spread.
  if (a + b === 0) return { value, ci: null };
  const degrees = (a + b) ** 2 / (a ** 2 / (before.n - 1) + b ** 2 / (after.n - 1));
  const half = tQuantile(0.975, degrees) * Math.sqrt(a + b);
  return { value, ci: [value - half, value + half] };
}
