import { sum } from '../inference/moments.ts';
import { rank, sortedOrder } from '../inference/ranks.ts';
import { checkTruth } from './probabilities.ts';

/**
 * Area under the ROC curve: the probability that a one scores above a zero, ties counting ½
 * (sklearn.metrics.roc_auc_score).
 *
 * @throws RangeError when the lists are empty or differ in length, a truth is not 0 or 1, a score is not finite, or
 * there are only ones or only zeros.
 */
export function rocAuc(truth: readonly number[], scores: readonly number[]): number {
  checkTruth('the area under a ROC curve', truth, scores);
  const ones = sum(truth);
  const zeros = truth.length - ones;
  if (ones === 0 || zeros === 0)
    throw new RangeError(`the area under a ROC curve needs ones and zeros, got only ${ones === 0 ? 'zeros' : 'ones'}`);
  const { ranks } = rank(scores);
  return (sum(ranks.map((r, i) => r * truth[i]!)) - (ones * (ones + 1)) / 2) / (ones * zeros);
}

/**
 * Average precision: precision at each distinct score, from the highest down, weighted by the recall that it adds
 * (sklearn.metrics.average_precision_score). 0 without any one, as scikit-learn gives.
 *
 * @throws RangeError when the lists are empty or differ in length, a truth is not 0 or 1, or a score is not finite.
 */
export function averagePrecision(truth: readonly number[], scores: readonly number[]): number {
  checkTruth('average precision', truth, scores);
  const ones = sum(truth);
  const order = sortedOrder(scores).toReversed();
  let precisionByHits = 0;
  let hits = 0;
  for (let from = 0; from < order.length;) {
    let [to, added] = [from, 0];
    for (; to < order.length && scores[order[to]!] === scores[order[from]!]; to += 1) added += truth[order[to]!]!;
    hits += added;
    precisionByHits += (added * hits) / to;
    from = to;
  }
  return ones === 0 ? 0 : precisionByHits / ones;
}
