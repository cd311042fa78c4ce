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
 * the items.
 *
 * @param statistics What one item adds; null: the item cannot be measured, `worst` stands for it.
 */
export function pooledMetric<S>(
  about: Omit<About, 'signature'> & { isBinary?: boolean },
  {
    score,
    statistics,
    value,
    signature,
  }: {
    score(item: MetricItem): Score;
    statistics(item: MetricItem, score: Score): S;
    value(items: readonly S[], picked: Int32Array | undefined): number;
    signature(items: readonly MetricItem[]): string;
  },
): Metric {
  return {
    ...about,
    isBinary: about.isBinary ?? false,
    score: (item) => checked(() => score(item)),
    summary: (items, scores): Summary => {
      if (items.length === 0) throw new RangeError(`${about.spec} of no items is not defined: give at least one`);
      const all = items.map((item, i) => statistics(item, scores[i] ?? { value: null }));
      const n = items.length;
      const unmeasured = scores.filter((one) => one.value === null).length;
      const ci: [number, number] =
        n === 1
          ? [...about.range]
          : bootstrapItems(n, (picked) => value(all, picked), {
              method: 'percentile',
              resamples: RESAMPLES,
              seed: SEED,
            }).ci;
      return { value: value(all, undefined), n, ci, unmeasured, signature: signature(items) };
    },
  };
}

/** Sums of what the picked items add, or of all. */
export function pooled(items: readonly Float64Array[], picked: Int32Array | undefined): Float64Array {
  const sum = new Float64Array(items[0]?.length ?? 0);
  const add = (one: Float64Array): void => {
    for (let k = 0; k < sum.length; k += 1) sum[k] = (sum[k] as number) + (one[k] as number);
  };
  if (picked) for (const i of picked) add(items[i] as Float64Array);
  else for (const one of items) add(one);
  return sum;
}
