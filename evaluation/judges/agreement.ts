import { cohenKappa } from '../../metrics/agreement/cohen-kappa.ts';
import { bootstrapItems } from '../../metrics/inference/bootstrap.ts';
import type { Measured } from '../../metrics/intervals.ts';

/** Whether being apart by more counts more: `quadratic` for scales, `none` for verdicts. */
export type KappaWeights = 'none' | 'quadratic';

const RESAMPLES = 2000;

/**
 * Cohen's kappa of places on a scale with a percentile bootstrap interval over items; null where it is not defined
 * (nobody ever said but one thing). Quadratic: 1 − mean (a − b)² / mean over all pairs, by places on the whole scale, so
 * that levels nobody used keep their distance.
 *
 * @param people places of what people said, whole numbers from 0
 * @param judge places of what the judge said, in the same order
 */
export function kappaOf(people: readonly number[], judge: readonly number[], weights: KappaWeights): Measured | null {
  const n = people.length;
  const value = n === 0 ? null : KAPPAS[weights](people, judge);
  if (value === null) return null;
  const statistic = (indices: Int32Array): number => {
    const pick = (from: readonly number[]): number[] => Array.from(indices, (i) => from[i]!);
    // A resample in which all said one thing shows no agreement beyond chance.
    return KAPPAS[weights](pick(people), pick(judge)) ?? 0;
  };
  const { ci } = bootstrapItems(n, statistic, { method: 'percentile', resamples: RESAMPLES, seed: 1 });
  return { value, n, ci };
}

const KAPPAS: Record<KappaWeights, (a: readonly number[], b: readonly number[]) => number | null> = {
  none: (a, b) => (new Set([...a, ...b]).size < 2 ? null : cohenKappa(a, b)),
  quadratic: (a, b) => {
    const average = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
    const observed = average(a.map((one, i) => (one - b[i]!) ** 2));
    const square = (values: readonly number[]): number => average(values.map((one) => one * one));
    const expected = square(a) + square(b) - 2 * average(a) * average(b);
    return expected > 1e-12 ? 1 - observed / expected : null;
  },
};
