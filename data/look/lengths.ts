/** A bar of a histogram: values from `from` up to but not including `to`. */
export interface Bar {
  from: number;
  to: number;
  rows: number;
}

/** Whole numbers summed up. `median` and `p95` are off by at most 5 %; everything else is exact. */
export interface Lengths {
  n: number;
  mean: number;
  /** Of the sample, n − 1. */
  deviation: number;
  min: number;
  median: number;
  p95: number;
  max: number;
  /** At most 16 bars, each as wide as the others on a log scale; adds up to n. */
  histogram: Bar[];
}

// Up to 31 each number has a bucket; from there 16 buckets double the value, up to 2^48.
const EXACT = 32;
const PER_DOUBLING = 16;
const BUCKETS = EXACT + (48 - 5) * PER_DOUBLING;
const MOST_BARS = 16;

/** Sums up whole numbers of 0 and more in constant memory. */
export function createLengths(): { add(value: number): void; result(): Lengths | null } {
  const buckets = new Float64Array(BUCKETS);
  let n = 0;
  let mean = 0;
  let squares = 0;
  let min = Infinity;
  let max = 0;
  return {
    add(value) {
      if (!(value >= 0 && value < 2 ** 48)) throw new RangeError(`not a length: ${value}`);
      buckets[bucketOf(value)]! += 1;
      n += 1;
      // Welford 1962, Technometrics 4:419: stable in one pass.
      const delta = value - mean;
      mean += delta / n;
      squares += delta * (value - mean);
      if (value < min) min = value;
      if (value > max) max = value;
    },
    result() {
      if (n === 0) return null;
      const deviation = n > 1 ? Math.sqrt(squares / (n - 1)) : 0;
      const within = (share: number) => Math.min(max, Math.max(min, quantile(buckets, n * share)));
      return {
        n,
        mean,
        deviation,
        min,
        median: within(0.5),
        p95: within(0.95),
        max,
        histogram: barsOf(buckets, min, max),
      };
    },
  };
}

const bucketOf = (value: number): number =>
  value < EXACT ? Math.floor(value) : EXACT + Math.floor((Math.log2(value) - 5) * PER_DOUBLING);

/** Smallest whole number in a bucket. */
const startOf = (bucket: number): number =>
  bucket < EXACT ? bucket : Math.ceil(2 ** (5 + (bucket - EXACT) / PER_DOUBLING));

function quantile(buckets: Float64Array, rank: number): number {
  let seen = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const here = buckets[bucket]!;
    if (here > 0 && seen + here >= rank) {
      const start = startOf(bucket);
      return Math.round(start + ((startOf(bucket + 1) - 1 - start) * (rank - seen)) / here);
    }
    seen += here;
  }
  return Infinity;
}

function barsOf(buckets: Float64Array, min: number, max: number): Bar[] {
  // The finest division of a doubling that keeps within the most bars.
  const parts = [16, 8, 4, 2, 1].find((parts) => spanOf(min, max, parts) <= MOST_BARS);
  return parts === undefined ? fold(barsAt(buckets, min, max, 1)) : barsAt(buckets, min, max, parts);
}

const keyOf = (value: number, parts: number): number => (value < 1 ? -1 : Math.floor(Math.log2(value) * parts));

/** Bars that hold a whole number at all: between 1 and 2 there is none. */
function spanOf(min: number, max: number, parts: number): number {
  let bars = 0;
  for (let key = keyOf(min, parts); key <= keyOf(max, parts); key = next(key)) {
    if (edge(next(key), parts) > edge(key, parts)) bars += 1;
  }
  return bars;
}

// Key −1 is the value 0; what follows it is 1, whose key is 0.
const next = (key: number): number => key + 1;
const edge = (key: number, parts: number): number => (key < 0 ? 0 : Math.ceil(2 ** (key / parts)));

function barsAt(buckets: Float64Array, min: number, max: number, parts: number): Bar[] {
  const rows = new Map<number, number>();
  for (let bucket = bucketOf(min); bucket <= bucketOf(max); bucket += 1) {
    const key = keyOf(startOf(bucket), parts);
    rows.set(key, (rows.get(key) ?? 0) + buckets[bucket]!);
  }
  const bars: Bar[] = [];
  for (let key = keyOf(min, parts); key <= keyOf(max, parts); key = next(key)) {
    const bar = { from: edge(key, parts), to: edge(next(key), parts), rows: rows.get(key) ?? 0 };
    if (bar.to > bar.from) bars.push(bar);
  }
  return bars;
}

/** Two bars become one until there are few enough. */
function fold(bars: Bar[]): Bar[] {
  if (bars.length <= MOST_BARS) return bars;
  const folded = bars.filter((_, at) => at % 2 === 0);
  return fold(
    folded.map((bar, at) => {
      const second = bars[2 * at + 1];
      return second ? { from: bar.from, to: second.to, rows: bar.rows + second.rows } : bar;
    }),
  );
}
