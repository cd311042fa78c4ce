import { krippendorffAlpha } from '../../metrics/agreement/krippendorff-alpha.ts';
import { valueOf, type Rating } from './rating.ts';

/** Ratings in numbers; `n` counts words of raters, so a pair that two people rated counts twice. */
export interface RatingSummary {
  n: number;
  candidate: number;
  champion: number;
  same: number;
  skipped: number;
  raters: string[];
  /** Mean score, where answers were scored by themselves. */
  meanScore?: number;
  /** Krippendorff's alpha of the raters (ordinal), over what two of them rated; null: not defined. */
  agreement?: { alpha: number | null; items: number };
}

/** Sums ratings up; with several raters, how far they agree. */
export function summarise(ratings: readonly Rating[]): RatingSummary {
  const count = (choice: Rating['choice']): number => ratings.filter((one) => one.choice === choice).length;
  const scores = ratings.flatMap(({ score }) => (score === undefined ? [] : [score]));
  const raters = [...new Set(ratings.map(({ rater }) => rater))].toSorted();
  const skipped = count('skipped');
  return {
    n: ratings.length - skipped,
    candidate: count('candidate'),
    champion: count('champion'),
    same: count('same'),
    skipped,
    raters,
    ...(scores.length > 0 ? { meanScore: scores.reduce((sum, score) => sum + score, 0) / scores.length } : {}),
    ...(raters.length > 1 ? { agreement: agreementOf(ratings, raters) } : {}),
  };
}

function agreementOf(ratings: readonly Rating[], raters: readonly string[]): RatingSummary['agreement'] & object {
  const values = new Map<string, Map<string, number>>();
  for (const { id, rater, choice, score } of ratings) {
    const value = score ?? valueOf(choice);
    if (value === undefined) continue;
    const of = values.get(id) ?? new Map<string, number>();
    values.set(id, of.set(rater, value));
  }
  const shared = [...values.values()].filter((of) => of.size > 1);
  if (shared.length === 0) return { alpha: null, items: 0 };
  const data = raters.map((rater) => shared.map((of) => of.get(rater) ?? null));
  // With one value only there is no disagreement to expect, and the measure is not defined.
  const isOne = new Set(data.flat().filter((value) => value !== null)).size < 2;
  const alpha = isOne ? Number.NaN : krippendorffAlpha(data, 'ordinal');
  return { alpha: Number.isFinite(alpha) ? alpha : null, items: shared.length };
}
