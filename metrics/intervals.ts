import { average as averageOf, variance } from './inference/moments.ts';
import { wilson } from './inference/proportions.ts';
import { tQuantile } from './inference/special.ts';

/** A value with the number of items it rests on and its two-sided 95 % interval. */
export interface Measured {
  value: number;
  n: number;
  ci: [number, number];
}

/**
 * Share of ones with Wilson's interval ({@link wilson}).
 *
 * @throws RangeError when n is 0: a share of nothing is not 0; and when `ones` and `n` are not counts.
 */
export function proportion(ones: number, n: number, confidence = 0.95): Measured {
  if (n < 1) throw new RangeError('a proportion needs at least one item');
  return { value: ones / n, n, ci: wilson(ones, n, confidence) };
}

/**
 * Mean with Student's t interval: mean ∓ t(1−α/2; n−1) · s/√n, cut to the range the scores can have.
 * Equal values say nothing of the spread: the interval is then that of a value not seen in n items, whose
 * probability is at most 1 − (α/2)^(1/n), lying at either end of the range (0/1 scores: Clopper-Pearson).
 *
 * @throws RangeError when there is no value.
 */
export function mean(values: readonly number[], range: [number, number], confidence = 0.95): Measured {
  const n = values.length;
  if (n < 1) throw new RangeError('a mean needs at least one item');
  const { average, deviation } = moments(values);
  if (n === 1) return { value: average, n, ci: range };
  if (deviation < 1e-12) {
    const unseen = 1 - ((1 - confidence) / 2) ** (1 / n);
    return {
      value: average,
      n,
      ci: [average - unseen * (average - range[0]), average + unseen * (range[1] - average)],
    };
  }
  const half = (tQuantile(1 - (1 - confidence) / 2, n - 1) * deviation) / Math.sqrt(n);
  return { value: average, n, ci: [Math.max(range[0], average - half), Math.min(range[1], average + half)] };
}

/** Mean and sample standard deviation (n − 1). */
export function moments(values: readonly number[]): { average: number; deviation: number } {
  return { average: averageOf(values), deviation: values.length > 1 ? Math.sqrt(variance(values)) : 0 };
}
