import { checkCount, checkNumbers, checkOpen, checkPaired } from './checks.ts';
import { average, differences, quantile, sum, variance } from './moments.ts';
import { resampledMeans, resampler } from './resample.ts';
import { normalCdf, normalQuantile } from './special.ts';

export interface BootstrapOptions {
  /** @default 'bca' */
  method?: 'percentile' | 'basic' | 'bca';
  /** @default 10 000 */
  resamples?: number;
  /** Of mulberry32; the same seed gives the same interval. @default 1 */
  seed?: number;
  /** @default 0.95 */
  confidence?: number;
}

export interface Bootstrap {
  /** The statistic of all items. */
  value: number;
  n: number;
  ci: [number, number];
  method: 'percentile' | 'basic' | 'bca';
  resamples: number;
  /** Standard deviation of the statistic over the resamples (divided by their number − 1). */
  standardError: number;
  /** BCa's two corrections, for the median bias and for a spread that changes with the value; null for the others. */
  z0: number | null;
  acceleration: number | null;
}

/**
 * Bootstrap interval of a statistic of values, the mean unless another is given. Equal values give an interval without
 * width: no resample of them says how far others may lie.
 *
 * @throws RangeError when there is no value, one or a statistic is not finite, an option is out of range, or BCa meets
 * resamples that all lie on one side of the value.
 */
export function bootstrap(
  values: ArrayLike<number>,
  options: BootstrapOptions & { statistic?: (values: Float64Array) => number } = {},
): Bootstrap {
  checkNumbers('a bootstrap', values);
  const all = Float64Array.from(values);
  const { statistic } = options;
  if (statistic === undefined) return bootstrapMean(all, options);
  const picked = (indices: Int32Array): number => statistic(Float64Array.from(indices, (i) => all[i]!));
  return bootstrapItems(all.length, picked, options);
}

/**
 * Bootstrap interval of the mean of x − y over paired items, or of another statistic of the differences.
 *
 * @throws RangeError as {@link bootstrap}, and when the lists differ in length.
 */
export function bootstrapPaired(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: BootstrapOptions & { statistic?: (differences: Float64Array) => number } = {},
): Bootstrap {
  checkPaired('a paired bootstrap', x, y);
  return bootstrap(differences(x, y), options);
}

/**
 * Bootstrap interval of what can be computed of a choice of items: corpus scores out of pooled counts, for example.
 * `statistic` gets the numbers of n items (for BCa also of all but one, n times) and must not keep the array.
 *
 * @throws RangeError as {@link bootstrap}.
 */
export function bootstrapItems(
  n: number,
  statistic: (indices: Int32Array) => number,
  options: BootstrapOptions = {},
): Bootstrap {
  const { resamples, seed, method } = checked(options);
  checkCount('the number of items of a bootstrap', n, 1);
  const draw = resampler(n, seed);
  const row = new Int32Array(n);
  const value = statistic(Int32Array.from(row, (_, i) => i));
  const found = new Float64Array(resamples);
  for (let b = 0; b < resamples; b += 1) {
    draw(row);
    found[b] = statistic(row);
  }
  const without = (): Float64Array => {
    const rest = Int32Array.from({ length: n - 1 }, (_, i) => i + 1);
    return Float64Array.from({ length: n }, (_, left) => {
      // 1, 2, …, n−1 without 0; then 0, 2, …; then 0, 1, 3, …
      if (left > 0) rest[left - 1] = left - 1;
      return statistic(rest);
    });
  };
  return summarise(n, value, found, method === 'bca' && n > 1 ? without() : null, options);
}

function bootstrapMean(values: Float64Array, options: BootstrapOptions): Bootstrap {
  const { resamples, seed, method } = checked(options);
  const n = values.length;
  const total = sum(values);
  const found = resampledMeans(values, resamples, seed);
  // The mean without an item lies as far from their mean as the item itself, on the other side, n − 1 times closer: only
  // the directions count.
  const without = method === 'bca' && n > 1 ? values.map((value) => -value) : null;
  return summarise(n, total / n, found, without, options);
}

function summarise(
  n: number,
  value: number,
  found: Float64Array,
  /** The statistic without each item in turn (or in another unit), where BCa asks for it. */
  without: Float64Array | null,
  options: BootstrapOptions,
): Bootstrap {
  const { confidence, method, resamples } = checked(options);
  checkNumbers('the statistic of a bootstrap', [value]);
  checkNumbers('the statistic of a bootstrap', found);
  const sorted = found.toSorted();
  const tail = (1 - confidence) / 2;
  const known = { value, n, method, resamples, standardError: Math.sqrt(variance(found)) };
  const ends = (low: number, high: number): [number, number] => [quantile(sorted, low), quantile(sorted, high)];
  if (method === 'bca') {
    const z0 = medianBias(sorted, value);
    const acceleration = without === null ? 0 : skew(without);
    const level = (z: number): number => normalCdf(z0 + (z0 + z) / (1 - acceleration * (z0 + z)));
    const ci = ends(level(normalQuantile(tail)), level(-normalQuantile(tail)));
    return { ...known, ci, z0, acceleration };
  }
  const [low, high] = ends(tail, 1 - tail);
  const ci: [number, number] = method === 'basic' ? [2 * value - high, 2 * value - low] : [low, high];
  return { ...known, ci, z0: null, acceleration: null };
}

/** z of the share of resamples below the value, those equal to it counting half. */
function medianBias(sorted: Float64Array, value: number): number {
  let below = 0;
  let equal = 0;
  for (const found of sorted) {
    if (found < value) below += 1;
    else if (found === value) equal += 1;
  }
  const share = (below + equal / 2) / sorted.length;
  if (share === 0 || share === 1)
    throw new RangeError(
      `BCa has no interval where every resample lies ${share === 0 ? 'above' : 'below'} the value: use the percentile method`,
    );
  return normalQuantile(share);
}

/** Σ(m − θᵢ)³ / 6(Σ(m − θᵢ)²)^1.5 over the statistics without one item; 0 where they are all equal. */
function skew(without: Float64Array): number {
  checkNumbers('the statistic of a bootstrap', without);
  const centre = average(without);
  const squares = sum(without.map((value) => (centre - value) ** 2));
  const cubes = sum(without.map((value) => (centre - value) ** 3));
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}

function checked(options: BootstrapOptions): Required<BootstrapOptions> {
  const { method = 'bca', resamples = 10_000, seed = 1, confidence = 0.95 } = options;
  checkCount('the number of resamples', resamples, 2);
  checkOpen('confidence', confidence);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed must be a whole number, got ${seed}`);
  return { method, resamples, seed, confidence };
}
