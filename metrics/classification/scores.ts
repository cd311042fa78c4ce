import type { Label } from '../agreement/labels.ts';
import { confusionMatrix } from './confusion-matrix.ts';

export interface PrecisionRecall {
  /** Share right among the items taken for the label; 0 when there are none. */
  precision: number;
  /** Share found among the items of the label; 0 when there are none. */
  recall: number;
  /** Harmonic mean of both: 2·hits / (taken + truly so); 0 when there are neither. */
  f1: number;
}

export interface ClassificationScores {
  n: number;
  accuracy: number;
  /** Mean recall over the labels that occur in the truth. */
  balancedAccuracy: number;
  /** Matthews' correlation coefficient; 0 when all items have, or were given, one label. */
  mcc: number;
  /** For each label its scores and how many items truly have it. */
  perLabel: (PrecisionRecall & { label: Label; support: number })[];
  /** Over all items at once: each equals the accuracy. */
  micro: PrecisionRecall;
  /** Mean over the labels that occur in either list, each counting the same. */
  macro: PrecisionRecall;
  /** Mean over the labels, each counting as many times as it occurs in the truth. */
  weighted: PrecisionRecall;
}

/**
 * Scores of a classifier (scikit-learn's accuracy_score, balanced_accuracy_score, matthews_corrcoef and
 * precision_recall_fscore_support with zero_division=0).
 *
 * @throws RangeError when the lists are empty or differ in length, or labels are of different types.
 */
export function classificationScores(truth: readonly Label[], predicted: readonly Label[]): ClassificationScores {
  const { labels, counts } = confusionMatrix(truth, predicted);
  const n = truth.length;
  const support = counts.map(total);
  const taken = labels.map((_, j) => total(counts.map((row) => row[j]!)));
  const hits = labels.map((_, i) => counts[i]![i]!);
  const right = total(hits);
  const perLabel = labels.map((label, i) => ({
    label,
    support: support[i]!,
    ...scores(hits[i]!, taken[i]!, support[i]!),
  }));
  const known = perLabel.filter((entry) => entry.support > 0);
  const mean = (weight: (entry: { support: number }) => number): PrecisionRecall => {
    const weights = total(perLabel.map(weight));
    const of = (field: keyof PrecisionRecall): number =>
      total(perLabel.map((entry) => entry[field] * weight(entry))) / weights;
    return { precision: of('precision'), recall: of('recall'), f1: of('f1') };
  };
  return {
    n,
    accuracy: right / n,
    balancedAccuracy: total(known.map(({ recall }) => recall)) / known.length,
    mcc: matthews(n, right, support, taken),
    perLabel,
    micro: scores(right, n, n),
    macro: mean(() => 1),
    weighted: mean((entry) => entry.support),
  };
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const scores = (hits: number, taken: number, support: number): PrecisionRecall => ({
  precision: taken === 0 ? 0 : hits / taken,
  recall: support === 0 ? 0 : hits / support,
  f1: taken + support === 0 ? 0 : (2 * hits) / (taken + support),
});

/** Covariance of truth and prediction by their deviations.  Gorodkin 2004, Comput Biol Chem 28:367. */
function matthews(n: number, right: number, support: readonly number[], taken: readonly number[]): number {
  const dot = (a: readonly number[], b: readonly number[]): number => total(a.map((value, i) => value * b[i]!));
  const spread = (n * n - dot(taken, taken)) * (n * n - dot(support, support));
  return spread === 0 ? 0 : (right * n - dot(support, taken)) / Math.sqrt(spread);
}
