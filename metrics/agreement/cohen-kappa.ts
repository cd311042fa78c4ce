import { checkSameLength } from '../inference/checks.ts';
import { sortedLabels, type Label } from './labels.ts';

/**
 * Cohen's kappa of two raters: 1 − Σ w·observed / Σ w·expected (sklearn.metrics.cohen_kappa_score). Without weights
 * every disagreement counts 1; linear and quadratic: by how many places the two labels are apart in sorted order.
 *
 * @throws RangeError when the lists are empty or differ in length, or both raters only ever use one and the same
 * label: chance then agrees as much as they do (scikit-learn gives NaN).
 */
export function cohenKappa(
  a: readonly Label[],
  b: readonly Label[],
  { weights }: { weights?: 'linear' | 'quadratic' } = {},
): number {
  checkSameLength("Cohen's kappa", a, b);
  if (a.length === 0) throw new RangeError("Cohen's kappa needs at least one item");
  const labels = sortedLabels(a, b);
  if (labels.length === 1)
    throw new RangeError(`Cohen's kappa is not defined when both raters only say ${JSON.stringify(labels[0])}`);
  const place = new Map(labels.map((label, i) => [label, i]));
  const weigh = WEIGHTS[weights ?? 'none'];
  const counts: [Float64Array, Float64Array] = [new Float64Array(labels.length), new Float64Array(labels.length)];
  let observed = 0;
  for (const [i, label] of a.entries()) {
    const [row, column] = [place.get(label)!, place.get(b[i]!)!];
    counts[0][row]! += 1;
    counts[1][column]! += 1;
    observed += weigh(row - column);
  }
  let expected = 0;
  for (const [row, first] of counts[0].entries())
    for (const [column, second] of counts[1].entries()) expected += weigh(row - column) * first * second;
  return 1 - observed / (expected / a.length);
}

const WEIGHTS = {
  none: (apart: number) => (apart === 0 ? 0 : 1),
  linear: Math.abs,
  quadratic: (apart: number) => apart * apart,
};
