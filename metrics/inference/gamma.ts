/**
 * P(X ≤ x) of the gamma distribution of a large shape and scale 1: the regularised incomplete gamma function. Above
 * shape 500 @stdlib/stats-base-dists-chisquare-cdf 0.3.1 is wrong in the second decimal; this agrees with scipy to
 * 1e-11 up to shapes of 1e6.
 */
export function gammaCdf(shape: number, x: number): number {
  if (x <= 0) return 0;
  if (x === Number.POSITIVE_INFINITY) return 1;
  return x < shape + 1 ? lowerSeries(shape, x) : 1 - upperFraction(shape, x);
}

/** P(X > x) of the gamma distribution of a large shape and scale 1, with its digits where it is small. */
export function gammaUpper(shape: number, x: number): number {
  if (x <= 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  return x < shape + 1 ? 1 - lowerSeries(shape, x) : upperFraction(shape, x);
}

/**
 * Density of the gamma distribution of a large shape a and scale 1 times x: xᵃ e⁻ˣ / Γ(a), written as the distance of x
 * from a, so that no large numbers cancel.  Loader 2000, "Fast and accurate computation of binomial probabilities".
 */
export function scaledGammaDensity(shape: number, x: number): number {
  const apart = (x - shape) / shape;
  // log Γ(a) less Stirling's formula.
  const rest = 1 / (12 * shape) - 1 / (360 * shape ** 3) + 1 / (1260 * shape ** 5);
  return Math.sqrt(shape / (2 * Math.PI)) * Math.exp(-shape * (apart - Math.log1p(apart)) - rest);
}

/** Abramowitz & Stegun 6.5.29: xᵃ e⁻ˣ / Γ(a) · Σ xᵏ / a(a+1)…(a+k). */
function lowerSeries(shape: number, x: number): number {
  let term = 1 / shape;
  let total = term;
  for (let k = 1; term > total * Number.EPSILON; k += 1) {
    term *= x / (shape + k);
    total += term;
  }
  return total * scaledGammaDensity(shape, x);
}

/** Abramowitz & Stegun 6.5.31, from front to back by Lentz' method. */
function upperFraction(shape: number, x: number): number {
  let b = x + 1 - shape;
  let c = Number.POSITIVE_INFINITY;
  let d = 1 / b;
  let fraction = d;
  for (let k = 1, change = 0; Math.abs(change - 1) > 4 * Number.EPSILON; k += 1) {
    const a = -k * (k - shape);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    change = c * d;
    fraction *= change;
  }
  return fraction * scaledGammaDensity(shape, x);
}
