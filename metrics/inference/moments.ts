/** How many values are added in one run before runs are added in pairs. */
const RUN = 128;

/**
 * Sum of `length` values from `from`, added in numpy's order (pairs of runs of 128, eight lanes each): rounding errors
 * grow with log n, and two resamples are equal here when they are equal there.
 */
export function sum(values: ArrayLike<number>, from = 0, length = values.length): number {
  if (length > RUN) {
    const half = (length >>> 1) & ~7;
    return sum(values, from, half) + sum(values, from + half, length - half);
  }
  const at = values as Float64Array;
  const end = from + length;
  let i = from;
  let total = 0;
  if (length >= 8) {
    let [a, b, c, d] = [at[i]!, at[i + 1]!, at[i + 2]!, at[i + 3]!];
    let [e, f, g, h] = [at[i + 4]!, at[i + 5]!, at[i + 6]!, at[i + 7]!];
    for (i += 8; i + 8 <= end; i += 8) {
      a += at[i]!;
      b += at[i + 1]!;
      c += at[i + 2]!;
      d += at[i + 3]!;
      e += at[i + 4]!;
      f += at[i + 5]!;
      g += at[i + 6]!;
      h += at[i + 7]!;
    }
    total = a + b + (c + d) + (e + f + (g + h));
  }
  for (; i < end; i += 1) total += at[i]!;
  return total;
}

/** Mean; NaN of no values. */
export const average = (values: ArrayLike<number>): number => sum(values) / values.length;

/** Mean of squared distances from the mean, divided by n − `lost` (1: sample variance). */
export function variance(values: ArrayLike<number>, lost: 0 | 1 = 1): number {
  const centre = average(values);
  return sum(Float64Array.from(values, (value) => (value - centre) ** 2)) / (values.length - lost);
}

/** Mean of products of distances from both means (divided by n). */
export function covariance(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [centreX, centreY] = [average(x), average(y)];
  return sum(Float64Array.from(x, (value, i) => (value - centreX) * (y[i]! - centreY))) / x.length;
}

/** x − y, item by item. */
export const differences = (x: ArrayLike<number>, y: ArrayLike<number>): Float64Array =>
  Float64Array.from(x, (value, i) => value - y[i]!);

/** The q-quantile of sorted values, linear between neighbours (numpy's default). */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const place = (sorted.length - 1) * q;
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (place - below);
}
