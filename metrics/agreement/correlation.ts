import { checkPaired } from '../inference/checks.ts';
import { average, sum } from '../inference/moments.ts';
import { rank, sortedOrder } from '../inference/ranks.ts';

/**
 * Pearson's correlation (scipy.stats.pearsonr).
 *
 * @throws RangeError when there are fewer than two pairs, a value is not finite, or all values of a list are equal.
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  checkVarying('a correlation', x, y);
  const [left, right] = [unit(x), unit(y)];
  return within(sum(left.map((value, i) => value * right[i]!)));
}

/**
 * Spearman's correlation: {@link pearson} of the ranks (scipy.stats.spearmanr).
 *
 * @throws RangeError as {@link pearson}.
 */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  checkVarying('a rank correlation', x, y);
  return pearson(rank(x).ranks, rank(y).ranks);
}

/**
 * Kendall's tau-b: pairs in the same order less pairs in opposite order, by the geometric mean of the pairs that each
 * list can tell apart (scipy.stats.kendalltau). n log n: Knight 1966, JASA 61:436.
 *
 * @throws RangeError as {@link pearson}.
 */
export function kendallTauB(x: ArrayLike<number>, y: ArrayLike<number>): number {
  checkVarying('a rank correlation', x, y);
  const n = x.length;
  const byY = sortedOrder(y);
  const order = byY.toSorted((i, j) => x[i]! - x[j]! || y[i]! - y[j]!);
  const pairs = (n * (n - 1)) / 2;
  const equalX = pairsWithin(order, (i, j) => x[i] === x[j]);
  const equalY = pairsWithin(byY, (i, j) => y[i] === y[j]);
  const equalBoth = pairsWithin(order, (i, j) => x[i] === x[j] && y[i] === y[j]);
  const opposite = inversions(Float64Array.from(order, (i) => y[i]!));
  const surplus = pairs - equalX - equalY + equalBoth - 2 * opposite;
  return within(surplus / Math.sqrt(pairs - equalX) / Math.sqrt(pairs - equalY));
}

function checkVarying(what: string, x: ArrayLike<number>, y: ArrayLike<number>): void {
  checkPaired(what, x, y, 2);
  for (const values of [x, y])
    if (Array.from(values).every((value) => value === values[0]))
      throw new RangeError(`${what} is not defined when all values are equal, here ${values[0]}`);
}

/** The distances from the mean, of length 1 as a whole; scaled first, so that no square overflows or vanishes. */
function unit(values: ArrayLike<number>): Float64Array {
  const largest = Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scaled = Float64Array.from(values, (value) => value / largest);
  const centre = average(scaled);
  const apart = scaled.map((value) => value - centre);
  const length = Math.sqrt(sum(apart.map((value) => value * value)));
  return apart.map((value) => value / length);
}

const within = (correlation: number): number => Math.max(-1, Math.min(1, correlation));

/** Pairs of equal items, where equal items lie beside each other. */
function pairsWithin(order: Uint32Array, isEqual: (i: number, j: number) => boolean): number {
  let pairs = 0;
  let run = 0;
  for (let i = 1; i < order.length; i += 1) {
    run = isEqual(order[i]!, order[i - 1]!) ? run + 1 : 0;
    pairs += run;
  }
  return pairs;
}

/** Pairs of which the first is larger, counted while sorting by merging. */
function inversions(values: Float64Array): number {
  let count = 0;
  let from: Float64Array = values;
  let to: Float64Array = new Float64Array(values.length);
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length);
      const end = Math.min(start + 2 * width, values.length);
      let [left, right] = [start, middle];
      for (let k = start; k < end; k += 1) {
        if (left < middle && (right === end || from[left]! <= from[right]!)) to[k] = from[left++]!;
        else {
          count += middle - left;
          to[k] = from[right++]!;
        }
      }
    }
    [from, to] = [to, from];
  }
  return count;
}
