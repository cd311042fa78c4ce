import { mean, proportion } from '../intervals.ts';
import { bootstrapItems } from '../inference/bootstrap.ts';
import type { Metric, MetricItem, Score, Summary } from '../metric.ts';

type About = Pick<Metric, 'spec' | 'better' | 'range'> & { signature: string };

/** What is compared: the references that are there. */
export const referencesOf = ({ references }: MetricItem): string[] =>
  references.filter((reference) => typeof reference === 'string');

export const NO_REFERENCE = 'the row has no reference';

/**
 * A metric that is the mean of the scores of its items.
 *
 * @param isBinary Every score is 0 or 1: the interval is Wilson's, else Student's.
 * @param of Score of an answer that is there; null with a reason: not measurable.
 */
export function meanMetric(
  about: About & { isBinary: boolean; needsReference?: boolean },
  of: (prediction: string, references: string[], item: MetricItem) => number | Score,
): Metric {
  const { spec, better, range, isBinary, signature, needsReference = true } = about;
  const worst = better === 'higher' ? range[0] : range[1];
  return {
    spec,
    better,
    range,
    isBinary,
    score: (item) => {
      const references = referencesOf(item);
      if (needsReference && references.length === 0) return { value: null, why: NO_REFERENCE };
      if (item.prediction === null) return { value: worst, why: 'no answer' };
      const { prediction } = item;
      return checked(() => of(prediction, references, item));
    },
    summary: (_items, scores) => {
      const values = scores.map(({ value }) => value ?? worst);
      const unmeasured = scores.filter(({ value }) => value === null).length;
      const found = isBinary
        ? proportion(
            values.reduce((sum, value) => sum + value, 0),
            values.length,
          )
        : mean(values, [range[0], range[1]]);
      return { ...found, unmeasured, signature };
    },
  };
}

/** A score as it came; one that is no number was not measured, and neither was what is too long to be. */
function checked(of: () => number | Score): Score {
  try {
    const found = of();
    const score = typeof found === 'number' ? { value: found } : found;
    return Number.isNaN(score.value) ? { value: null, why: 'the score is not a number' } : score;
  } catch (error) {
    if (error instanceof RangeError) return { value: null, why: error.message };
    throw error;
  }
}

/** Resamples of the interval of a pooled metric, under a fixed seed: the same items give the same interval. */
const RESAMPLES = 1000;
const SEED = 1;

/**
 * A metric that is computed of all items together, such as corpus BLEU; its interval is a percentile bootstrap over
 * the items, and where all resamples agree that of {@link mean}. Items that were not measured have the worst value there is: with u of n of them the metric is
 * ((n − u) · value of the measured + u · worst) / n, so that leaving one out never raises it.
 *
 * @param statistics What one measured item adds; undefined: nothing but the worst value.
 * @param value The metric of some measured items, at least one.
 */
export function pooledMetric<S extends object>(
  about: Omit<About, 'signature'> & { isBinary?: boolean },
  {
    score,
    statistics,
    value,
    signature,
  }: {
    score(item: MetricItem): Score;
    statistics(item: MetricItem): S | undefined;
    value(items: readonly S[]): number;
    signature(items: readonly MetricItem[]): string;
  },
): Metric {
  const worst = about.better === 'higher' ? about.range[0] : about.range[1];
  const blended = (items: readonly S[], n: number): number =>
    items.length === 0 ? worst : (items.length * value(items) + (n - items.length) * worst) / n;
  return {
    ...about,
    isBinary: about.isBinary ?? false,
    score: (item) => checked(() => score(item)),
    summary: (items, scores): Summary => {
      const n = items.length;
      if (n === 0) throw new RangeError(`${about.spec} of no items is not defined: give at least one`);
      const isMeasured = items.map((_, i) => typeof scores[i]?.value === 'number');
      const all = items.map((item, i) => (isMeasured[i] ? statistics(item) : undefined));
      const measured = all.filter((one) => one !== undefined);
      const ofPicked = (picked: Int32Array): number => {
        const chosen: S[] = [];
        for (const i of picked) {
          const one = all[i];
          if (one !== undefined) chosen.push(one);
        }
        return blended(chosen, n);
      };
      const found = blended(measured, n);
      const [low, high] = [Math.min(about.range[0], found), Math.max(about.range[1], found)];
      const drawn = (): [number, number] =>
        bootstrapItems(n, ofPicked, { method: 'percentile', resamples: RESAMPLES, seed: SEED }).ci;
      const interval: [number, number] = n === 1 ? [low, high] : drawn();
      // Resamples that all agree say nothing of the spread: then as for a mean of equal scores.
      const ci =
        interval[1] - interval[0] < 1e-12
          ? mean(
              items.map(() => found),
              [low, high],
            ).ci
          : interval;
      const signed = items.filter((_, i) => isMeasured[i]);
      return {
        value: found,
        n,
        ci,
        unmeasured: isMeasured.filter((is) => !is).length,
        signature: signature(signed.length > 0 ? signed : items),
      };
    },
  };
}

/** Sums, entry by entry, of what items add. */
export function pooled(items: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(items[0]?.length ?? 0);
  for (const one of items) for (let k = 0; k < sum.length; k += 1) sum[k] = (sum[k] as number) + (one[k] as number);
  return sum;
}
