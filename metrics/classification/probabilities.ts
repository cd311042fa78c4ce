import { checkClosed, checkNumbers, checkSameLength } from '../inference/checks.ts';
import { average } from '../inference/moments.ts';

/** Probabilities closer to 0 or 1 than this count as being this far: a sure error then costs 36, not infinity. */
const CLIP = Number.EPSILON;

/**
 * Brier's score: mean of (p − y)², 0 the best (sklearn.metrics.brier_score_loss).
 *
 * @param truth 0 or 1
 * @param probabilities of 1
 * @throws RangeError when the lists are empty or differ in length, a truth is not 0 or 1, or a probability is none.
 */
export function brier(truth: readonly number[], probabilities: readonly number[]): number {
  checkProbabilities("Brier's score", truth, probabilities);
  return average(probabilities.map((p, i) => (p - truth[i]!) ** 2));
}

/**
 * Mean of −log of the probability that was given to what is so, each cut to [ε, 1 − ε] with ε = 2⁻⁵²
 * (sklearn.metrics.log_loss with labels=[0, 1]).
 *
 * @throws RangeError as {@link brier}.
 */
export function logLoss(truth: readonly number[], probabilities: readonly number[]): number {
  checkProbabilities('log loss', truth, probabilities);
  return average(
    probabilities.map((p, i) => {
      const cut = Math.min(1 - CLIP, Math.max(CLIP, p));
      return -Math.log(truth[i] === 1 ? cut : 1 - cut);
    }),
  );
}

/**
 * Expected calibration error: mean distance between the share of ones and the mean probability within bins of equal
 * width, each bin counting its items. Bin k holds k ≤ bins·p < k + 1, the last one also p = 1.
 *
 * @throws RangeError as {@link brier}, and when `bins` is not above 0.
 */
export function expectedCalibrationError(
  truth: readonly number[],
  probabilities: readonly number[],
  bins = 10,
): number {
  checkProbabilities('calibration error', truth, probabilities);
  if (!(Number.isSafeInteger(bins) && bins > 0))
    throw new RangeError(`bins must be a whole number above 0, got ${bins}`);
  const surplus = new Map<number, number>();
  for (const [i, p] of probabilities.entries()) {
    const bin = Math.min(bins - 1, Math.floor(p * bins));
    surplus.set(bin, (surplus.get(bin) ?? 0) + truth[i]! - p);
  }
  let apart = 0;
  for (const difference of surplus.values()) apart += Math.abs(difference);
  return apart / truth.length;
}

function checkProbabilities(what: string, truth: readonly number[], probabilities: readonly number[]): void {
  checkTruth(what, truth, probabilities);
  for (const p of probabilities) checkClosed(`a probability of ${what}`, p);
}

/**
 * Refuses what is not a list of 0 and 1 with a finite number beside each.
 *
 * @throws RangeError that names `what`.
 */
export function checkTruth(what: string, truth: readonly number[], numbers: readonly number[]): void {
  checkSameLength(what, truth, numbers);
  checkNumbers(what, numbers);
  for (const y of truth) if (y !== 0 && y !== 1) throw new RangeError(`the truth of ${what} must be 0 or 1, got ${y}`);
}
