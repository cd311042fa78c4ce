import { checkCount, checkOpen } from './checks.ts';
import { betaQuantile, normalQuantile } from './special.ts';

/** The two ends of an interval of a share. */
export type Bounds = [number, number];

/**
 * Wilson's score interval: (p + z²/2n ∓ z √(p(1−p)/n + z²/4n²)) / (1 + z²/n).  Wilson 1927, JASA 22:209.
 *
 * @throws RangeError when `ones` and `n` are not counts, `n` is 0, or the confidence is not between 0 and 1.
 */
export function wilson(ones: number, n: number, confidence = 0.95): Bounds {
  const z = critical(ones, n, confidence);
  const p = ones / n;
  const centre = p + (z * z) / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  // At 0 and at n the near bound is the share itself; computed, it is off by a rounding error.
  return [ones === 0 ? 0 : (centre - spread) / scale, ones === n ? 1 : (centre + spread) / scale];
}

/**
 * Clopper and Pearson's exact interval: all shares that neither tail of the binomial refuses.  1934, Biometrika 26:404.
 *
 * @throws RangeError as {@link wilson}.
 */
export function clopperPearson(ones: number, n: number, confidence = 0.95): Bounds {
  critical(ones, n, confidence);
  const tail = (1 - confidence) / 2;
  return [
    ones === 0 ? 0 : betaQuantile(tail, ones, n - ones + 1),
    ones === n ? 1 : 1 - betaQuantile(tail, n - ones, ones + 1),
  ];
}

/**
 * Agresti and Coull's interval: the normal one after adding z²/2 ones and as many zeros, cut to [0, 1].
 * 1998, The American Statistician 52:119.
 *
 * @throws RangeError as {@link wilson}.
 */
export function agrestiCoull(ones: number, n: number, confidence = 0.95): Bounds {
  const z = critical(ones, n, confidence);
  const size = n + z * z;
  const p = (ones + (z * z) / 2) / size;
  const half = z * Math.sqrt((p * (1 - p)) / size);
  return [Math.max(0, p - half), Math.min(1, p + half)];
}

/**
 * Jeffreys' interval: the middle of Beta(ones + ½, n − ones + ½), at 0 and n too (as statsmodels).
 *
 * @throws RangeError as {@link wilson}.
 */
export function jeffreys(ones: number, n: number, confidence = 0.95): Bounds {
  critical(ones, n, confidence);
  const tail = (1 - confidence) / 2;
  return [betaQuantile(tail, ones + 0.5, n - ones + 0.5), 1 - betaQuantile(tail, n - ones + 0.5, ones + 0.5)];
}

/** z of a two-sided interval, once what it is of makes sense. */
function critical(ones: number, n: number, confidence: number): number {
  checkCount('n of a share', n, 1);
  checkCount('ones of a share', ones, 0, n);
  checkOpen('confidence', confidence);
  return -normalQuantile((1 - confidence) / 2);
}
