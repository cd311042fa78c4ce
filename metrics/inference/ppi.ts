import { checkClosed, checkNumbers, checkOpen, checkPaired } from './checks.ts';
import { average, covariance, sum, variance } from './moments.ts';
import { normalQuantile } from './special.ts';

export interface PpiMean {
  estimate: number;
  ci: [number, number];
  /** How much the predictions were trusted: 0 not at all (the mean of the labels), 1 as they are. */
  lambda: number;
  /** Labelled items, and items with a prediction only. */
  n: number;
  unlabelled: number;
}

/**
 * Mean of labels, made sharper by predictions of many more items (PPI++, Angelopoulos, Duchi & Zrnic,
 * arXiv 2311.01453; ppi_py.ppi_mean_ci):
 * λ·mean(F′) + mean(Y − λF), with λ = cov(Y, F) / ((1 + n/N) var(F ∪ F′)) cut to [0, 1] unless it is given.
 *
 * @param labels Y, what people said of n items
 * @param predictions F, what the judge said of the same items
 * @param unlabelled F′, what the judge said of N other items
 * @throws RangeError when there are fewer than 2 labels or 1 other item, or a value is not finite.
 */
export function ppiMean(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  unlabelled: ArrayLike<number>,
  { lambda: given, confidence = 0.95 }: { lambda?: number; confidence?: number } = {},
): PpiMean {
  checkPaired('a prediction-powered mean', labels, predictions, 2);
  checkNumbers('a prediction-powered mean', unlabelled);
  checkOpen('confidence', confidence);
  if (given !== undefined) checkClosed('lambda', given);
  const lambda = given ?? tuned(labels, predictions, unlabelled);
  const [n, N] = [labels.length, unlabelled.length];
  const rectified = Float64Array.from(labels, (label, i) => label - lambda * predictions[i]!);
  const estimate = lambda * average(unlabelled) + average(rectified);
  const error = Math.sqrt(variance(rectified, 0) / n + (lambda * lambda * variance(unlabelled, 0)) / N);
  const half = -normalQuantile((1 - confidence) / 2) * error;
  return { estimate, ci: [estimate - half, estimate + half], lambda, n, unlabelled: N };
}

/** The λ that makes the interval shortest; 0 where all predictions are equal, and so say nothing. */
function tuned(labels: ArrayLike<number>, predictions: ArrayLike<number>, unlabelled: ArrayLike<number>): number {
  const [n, N] = [labels.length, unlabelled.length];
  const all = new Float64Array(n + N);
  all.set(predictions);
  all.set(unlabelled, n);
  if (all.every((value) => value === all[0])) return 0;
  return Math.min(1, Math.max(0, covariance(labels, predictions) / ((1 + n / N) * variance(all))));
}

/**
 * Mean of labels alone, with the normal interval that {@link ppiMean} is compared with: the sum of squares over n.
 *
 * @throws RangeError when there are fewer than 2 labels or one is not finite.
 */
export function classicalMean(
  labels: ArrayLike<number>,
  confidence = 0.95,
): { estimate: number; ci: [number, number] } {
  checkNumbers('a mean', labels, 2);
  checkOpen('confidence', confidence);
  const estimate = sum(labels) / labels.length;
  const half = -normalQuantile((1 - confidence) / 2) * Math.sqrt(variance(labels, 0) / labels.length);
  return { estimate, ci: [estimate - half, estimate + half] };
}
