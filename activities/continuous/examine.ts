import { z } from 'zod';
import { noteScores } from '../../artifacts/ledger/suite.ts';
import { Evaluate } from '../../configs/evaluate.ts';
import { Google } from '../../configs/google.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { rowsIn } from '../../data/lines.ts';
import type { TestRow } from '../../data/row.ts';
import { defineStep, type Step } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';
import { scoreOne } from './score-one.ts';
import { sliceOf } from './suite.ts';

export const ExamineParams = z.strictObject({
  line: z.string(),
  metric: z.string(),
  evaluate: Evaluate.unwrap(),
  google: Google.optional(),
  store: z.string().optional(),
});
export type ExamineParams = z.infer<typeof ExamineParams>;

/**
 * One model on every slice of a line, for the matrix of models and slices: also on those that came after it.
 *
 * Inputs: `candidate` (Model), `suite` (Dataset). Output: `scores` (Scores: means by slice).
 */
export function createExamine(deps: Deps): Step<ExamineParams> {
  return defineStep(deps, {
    name: 'examine',
    version: '1',
    params: ExamineParams,
    // What it finds is kept in the ledger as well, and has to be there.
    always: true,
    run: async (context) => {
      const { line, metric } = context.params;
      const ref = context.input('suite');
      const count = [...rowsIn<TestRow>(await context.pathOf('suite'))].length;
      const { facts, scores, usd } = await scoreOne(context, { ref, count }, context.params);
      const bySlice = Map.groupBy(scores, ({ row }) => sliceOf(row));
      const model = context.input('candidate').digest;
      const [low, high] = facts.range;
      const found = [...bySlice].map(([slice, items]) => ({
        model,
        slice,
        scores: Float64Array.from(items, ({ score }) => score ?? Number.NaN),
      }));
      const about = { line, metric, runId: context.run.id, worst: facts.better === 'higher' ? low : high };
      await noteScores(deps.ledger, about, found);
      const text = canonicalJson(found.map(({ slice, scores: own }) => ({ slice, scores: Array.from(own, String) })));
      return {
        outputs: { scores: await context.save('Scores', { text }, { model }) },
        facts: { slices: found.length, items: count },
        ...(usd === undefined ? {} : { cost: { usd } }),
      };
    },
  });
}
