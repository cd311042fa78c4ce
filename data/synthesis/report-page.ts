import type { DiversityScores, SynthesisReportInput } from '../report/synthesis-report.ts';
import type { Diversity } from './diversity.ts';
import type { SynthesisReport } from './report.ts';

/** A report as the page with plots takes it; title, date and samples are added by whoever draws it. */
export function pageInputOf({
  yield: counts,
  diversity,
  coverage,
  spending,
}: SynthesisReport): Omit<SynthesisReportInput, 'title'> {
  const sum = (of: (one: SynthesisReport['spending'][number]) => number): number =>
    spending.reduce((total, one) => total + of(one), 0);
  return {
    asked: counts.asked,
    answered: counts.answered,
    failed: counts.failed,
    kept: counts.accepted,
    reasked: sum(({ askedAgain }) => askedAgain),
    // On the page `out` is what comes out at the far end; in the counts, what was taken out.
    yields: counts.filters.map(({ filter, in: before, out, reasons }) => ({
      filter,
      in: before,
      out: before - out,
      reasons,
    })),
    diversity: { before: scoresOf(diversity.before), after: scoresOf(diversity.after) },
    coverage: coverage.map(({ label, before, added }) => ({ label, real: before, synthetic: added })),
    spending: {
      promptTokens: sum(({ inputTokens }) => inputTokens),
      completionTokens: sum(({ outputTokens }) => outputTokens),
      // What one part cost is no price of the whole.
      usd: spending.some(({ usd }) => usd === null) ? null : sum(({ usd }) => usd ?? 0),
    },
  };
}

/** A bar has to have a length: texts without any words have no variety, and a single one repeats none. */
const scoresOf = ({ distinct, selfBleu }: Diversity): DiversityScores => ({
  distinct1: distinct[1] ?? 0,
  distinct2: distinct[2] ?? 0,
  distinct3: distinct[3] ?? 0,
  selfBleu: selfBleu ?? 0,
});
