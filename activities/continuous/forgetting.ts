import { z } from 'zod';
import { noteScores, type SliceScores } from '../../artifacts/ledger/suite.ts';
import { lineState } from '../../artifacts/ledger/watermark.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { terminal } from '../../configs/failure.ts';
import { breathing, rowsIn } from '../../data/lines.ts';
import type { TestRow } from '../../data/row.ts';
import type { MetricFacts } from '../../metrics/gate/paired.ts';
import type { EvalReport, ScoredItem } from '../evaluation/report.ts';
import type { StepContext } from '../step/context.ts';
import { defineStep, type Step } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';
import { holdAgainstAncestors } from './ancestors.ts';
import { sliceOf } from './suite.ts';

export const ForgettingParams = z.strictObject({
  line: z.string(),
  /** Verdicts so far; which slices and ancestors there are hangs on it. */
  generation: z.int(),
  metric: z.string(),
  margin: z.number(),
  require: z.enum(['together', 'proof', 'noHarm']),
  /** One-sided confidence of each comparison. */
  confidence: z.number(),
});
export type ForgettingParams = z.infer<typeof ForgettingParams>;
type Context = StepContext<ForgettingParams>;

/**
 * Holds the candidate against the champion and every earlier champion of the line, on the test slices of all periods
 * that were accepted: it may be worse by no more than a margin. Keeps what both models scored on all slices.
 *
 * Inputs: `test` (Dataset: the suite), `report` (EvalReport), `scores` (Scores). Output: `forgetting` (ForgettingReport).
 */
export function createForgetting(deps: Deps): Step<ForgettingParams> {
  return defineStep(deps, {
    name: 'forgetting',
    version: '1',
    params: ForgettingParams,
    // Which models were champions, and what they scored, is in the ledger.
    identity: async ({ params: { line } }) => {
      const { generation } = await lineState(deps.ledger, line);
      return { parts: { generation: String(generation) } };
    },
    run: async (context) => {
      const { params } = context;
      const evaluated = JSON.parse(
        (await deps.store.read(context.input('report').digest)).toString('utf8'),
      ) as EvalReport;
      const facts = evaluated.metrics[params.metric];
      if (!facts)
        throw terminal('NotMeasured', `forgetting is measured by ${params.metric}, which the evaluation does not have`);
      const { candidate, champion } = evaluated;
      const found = await scoresBySlice(context, { candidate, champion });
      const about = { line: params.line, metric: params.metric, runId: context.run.id, worst: worstOf(facts) };
      await noteScores(deps.ledger, about, found);
      const report = await holdAgainstAncestors(deps.ledger, params, { candidate, champion, facts, found });
      return {
        outputs: {
          forgetting: await context.save(
            'ForgettingReport',
            { text: canonicalJson(report) },
            { outcome: report.outcome },
          ),
        },
        facts: {
          outcome: report.outcome,
          slices: report.slices.length,
          ancestors: report.ancestors,
          reason: report.reasons.join(' '),
        },
      };
    },
  });
}

const worstOf = ({ range: [low, high], better }: MetricFacts): number => (better === 'higher' ? low : high);

/** Scores of both models, slice by slice, in the order of the suite's rows. */
async function scoresBySlice(
  context: Context,
  models: { candidate: string; champion: string },
): Promise<SliceScores[]> {
  const { metric } = context.params;
  const scored = new Map<string, { candidate: number; champion: number }>();
  const number = (value: number | null | undefined): number => value ?? Number.NaN;
  for await (const item of breathing<ScoredItem>(await context.pathOf('scores')))
    scored.set(item.id, { candidate: number(item.candidate[metric]), champion: number(item.champion[metric]) });
  const slices = new Map<string, { candidate: number[]; champion: number[] }>();
  for (const row of rowsIn<TestRow>(await context.pathOf('test'))) {
    const item = scored.get(row.id);
    const slice = slices.get(sliceOf(row)) ?? { candidate: [], champion: [] };
    slices.set(sliceOf(row), slice);
    // Rows that were kept back have not been asked.
    slice.candidate.push(item?.candidate ?? Infinity);
    slice.champion.push(item?.champion ?? Infinity);
  }
  return [...slices].flatMap(([slice, { candidate, champion }]) => [
    { model: models.candidate, slice, scores: Float64Array.from(candidate) },
    { model: models.champion, slice, scores: Float64Array.from(champion) },
  ]);
}
