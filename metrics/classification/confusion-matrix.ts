import { sortedLabels, type Label } from '../agreement/labels.ts';
import { checkSameLength } from '../inference/checks.ts';

export interface ConfusionMatrix {
  labels: Label[];
  /** counts[i][j]: items of label i that were taken for label j. */
  counts: number[][];
}

/**
 * How often each label was taken for each (sklearn.metrics.confusion_matrix), over the labels that occur in either list.
 *
 * @throws RangeError when the lists are empty or differ in length, or labels are of different types.
 */
export function confusionMatrix(truth: readonly Label[], predicted: readonly Label[]): ConfusionMatrix {
  checkSameLength('a confusion matrix', truth, predicted);
  if (truth.length === 0) throw new RangeError('a confusion matrix needs at least one item');
  const labels = sortedLabels(truth, predicted);
  const place = new Map(labels.map((label, i) => [label, i]));
  const counts = labels.map(() => labels.map(() => 0));
  for (const [i, label] of truth.entries()) counts[place.get(label)!]![place.get(predicted[i]!)!]! += 1;
  return { labels, counts };
}
