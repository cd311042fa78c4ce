import gammaln from '@stdlib/math-base-special-gammaln';
import stdlibBetaCdf from '@stdlib/stats-base-dists-beta-cdf';
import stdlibBetaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import stdlibChiSquareCdf from '@stdlib/stats-base-dists-chisquare-cdf';
import stdlibChiSquareQuantile from '@stdlib/stats-base-dists-chisquare-quantile';
import stdlibNormalCdf from '@stdlib/stats-base-dists-normal-cdf';
import stdlibNormalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import stdlibTCdf from '@stdlib/stats-base-dists-t-cdf';
import stdlibTQuantile from '@stdlib/stats-base-dists-t-quantile';
import { gammaCdf, gammaUpper, scaledGammaDensity } from './gamma.ts';

/** P(Z ≤ z) of the standard normal distribution; P(Z > z) is `normalCdf(-z)`, which keeps its digits. */
export const normalCdf = (z: number): number => stdlibNormalCdf(z, 0, 1);

/**
 * z with P(Z ≤ z) = p of the standard normal distribution; ∓Infinity at 0 and 1. Newton's method on log p mends the
 * library's value, which has five digits at p = 1e-11 and fewer below.
 */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (!(p > 0) || p === 0.5) return stdlibNormalQuantile(p, 0, 1);
  // Far out, P(Z ≤ z) is near e^(−z²/2) / |z|√2π.
  const start =
    p < 1e-10 ? -Math.sqrt(-2 * Math.log(p * Math.sqrt(-4 * Math.PI * Math.log(p)))) : stdlibNormalQuantile(p, 0, 1);
  // Density by probability: the derivative of log P(Z ≤ z).
  const slope = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / normalCdf(z);
  return newton(start, Math.log(p), (z) => Math.log(normalCdf(z)), slope);
}

/** P(T ≤ t) of Student's distribution; P(T > t) is `tCdf(-t, df)`. */
export const tCdf = (t: number, df: number): number => stdlibTCdf(t, df);

/**
 * t with P(T ≤ t) = p of Student's distribution; ∓Infinity at 0 and 1. Newton's method mends the library's value, which
 * within 1e-5 of the middle is 0.
 */
export function tQuantile(p: number, df: number): number {
  if (p > 0.5) return -tQuantile(1 - p, df);
  const start = stdlibTQuantile(p, df);
  if (!(p > 0) || p === 0.5 || !Number.isFinite(start)) return start;
  const constant = lgamma((df + 1) / 2) - lgamma(df / 2) - Math.log(df * Math.PI) / 2;
  const density = (t: number): number => Math.exp(constant - ((df + 1) / 2) * Math.log1p((t * t) / df));
  return newton(start, p, (t) => tCdf(t, df), density);
}

/** Degrees of freedom above which the library's chi-square distribution is not used. */
const LARGE = 1000;

/** P(X ≤ x) of the chi-square distribution. */
export const chiSquareCdf = (x: number, df: number): number =>
  df > LARGE ? gammaCdf(df / 2, x / 2) : stdlibChiSquareCdf(x, df);

/** x with P(X ≤ x) = p of the chi-square distribution. */
export function chiSquareQuantile(p: number, df: number): number {
  if (!(df > LARGE && p > 0 && p < 1)) return stdlibChiSquareQuantile(p, df);
  // Wilson and Hilferty 1931: the cube root of x/df is nearly normal.
  const start = df * (1 - 2 / (9 * df) + normalQuantile(p) * Math.sqrt(2 / (9 * df))) ** 3;
  const density = (x: number): number => scaledGammaDensity(df / 2, x / 2) / x;
  // From the nearer end: 1 − p has digits that a distribution function close to 1 has lost.
  return p < 0.5
    ? newton(start, p, (x) => gammaCdf(df / 2, x / 2), density)
    : newton(start, p - 1, (x) => -gammaUpper(df / 2, x / 2), density);
}

/** P(X ≤ x) of the beta distribution: the regularised incomplete beta function I_x(a, b). */
export const betaCdf = (x: number, a: number, b: number): number => stdlibBetaCdf(x, a, b);

/** x with P(X ≤ x) = p of the beta distribution. */
export const betaQuantile = (p: number, a: number, b: number): number => stdlibBetaQuantile(p, a, b);

/** Natural logarithm of |Γ(x)|. */
export const lgamma = (x: number): number => gammaln(x);

/** P(X ≤ k) for X ~ Binomial(n, p). */
export const binomialCdf = (k: number, n: number, p: number): number =>
  k < 0 ? 0 : k >= n ? 1 : betaCdf(1 - p, n - k, k + 1);

/** P(X ≥ k) for X ~ Binomial(n, p): not 1 − P(X < k), which has no digits left where it is small. */
export const binomialUpper = (k: number, n: number, p: number): number =>
  k <= 0 ? 1 : k > n ? 0 : betaCdf(p, k, n - k + 1);

/** P(X = k) for X ~ Binomial(n, p). */
export function binomialPmf(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0;
  if (p === 0 || p === 1) return k === n * p ? 1 : 0;
  const choose = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
  return Math.exp(choose + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** Steps of Newton's method: from a start that is right to a few digits, two or three are enough. */
const STEPS = 8;

/** x with cdf(x) = p, from a start that is near. It stops where a step no longer gets shorter: at the last digits. */
function newton(start: number, p: number, cdf: (x: number) => number, density: (x: number) => number): number {
  let x = start;
  let last = Number.POSITIVE_INFINITY;
  for (let i = 0; i < STEPS; i += 1) {
    const step = (p - cdf(x)) / density(x);
    if (!(Math.abs(step) < last)) break;
    last = Math.abs(step);
    x += step;
  }
  return x;
}
