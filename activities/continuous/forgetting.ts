import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { ancestors, keptScores, listSlices, noteScores, type SliceScores } from '../../artifacts/ledger/suite.ts';
import { lineState } from '../../artifacts/ledger/watermark.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { terminal } from '../../configs/failure.ts';
import { breathing, rowsIn } from '../../data/lines.ts';
import type { TestRow } from '../../data/row.ts';
import { judgeGuard, type GuardResult } from '../../metrics/gate/guards.ts';
import { Paired, type MetricFacts } from '../../metrics/gate/paired.ts';
import type { EvalReport, ScoredItem } from '../evaluation/report.ts';
import type { StepContext } from '../step/context.ts';
import { defineStep, type Step } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';
import { sliceOf } from './suite.ts';

export const ForgettingParams = z.strictObject({
  line: z.string(),
  /** Verdicts so far; which slices and ancestors there are hangs on it. */
  generation: z.int(),
  metric: z.string(),
  margin: z.number(),
  require: z.enum(['proof', 'noHarm']),
  /** One-sided confidence of each comparison. */
  confidence: z.number(),
});
export type ForgettingParams = z.infer<typeof ForgettingParams>;
type Context = StepContext<ForgettingParams>;

/** The candidate on a slice, against the one that it does worst against. */
export interface SliceResult {
  slice: string;
  n: number;
  candidate: number;
  champion: number | null;
  /** Digest of the earlier champion, or `champion`. */
  against: string;
  outcome: GuardResult['outcome'];
  /** Lower bound of the gain over it; null without items. */
  bound: number | null;
  words: string;
}

export interface ForgettingReport {
  line: string;
  metric: string;
  margin: number;
  require: ForgettingParams['require'];
  candidate: string;
  champion: string;
  /** How many champions of the line it was held against, this one included. */
  ancestors: number;
  slices: SliceResult[];
  outcome: GuardResult['outcome'];
  reasons: string[];
}

/**
 * Holds the candidate against the champion and every earlier champion of the line, on the test slice of every period
 * that was accepted: on each it may be worse by no more than a margin. Keeps what both models scored on all slices.
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
      const report = await compare(context, { candidate, champion, facts, found });
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

async function compare(
  context: Context,
  {
    candidate,
    champion,
    facts,
    found,
  }: { candidate: string; champion: string; facts: MetricFacts; found: SliceScores[] },
): Promise<ForgettingReport> {
  const { deps, params } = context;
  const { line, metric, margin, require, confidence } = params;
  const earlier = [...new Set((await ancestors(deps.ledger, line)).map(({ model }) => model))].filter(
    (model) => model !== candidate,
  );
  const models = [...new Set([...earlier, champion])];
  const own = new Map(found.filter(({ model }) => model === candidate).map(({ slice, scores }) => [slice, scores]));
  const slices: SliceResult[] = [];
  for (const { slice } of await listSlices(deps.ledger, line)) {
    const mine = own.get(slice);
    if (!mine) continue;
    // One slice at a time: all of them are millions of scores in a line's tenth year.
    const kept = await keptScores(deps.ledger, { line, metric, models, slice });
    await setImmediate();
    const results = distinct(kept, champion)
      .filter(({ scores }) => scores.length === mine.length)
      .map(({ model, scores }) => {
        const paired = pair(facts, mine, scores);
        const where = `${slice}, against ${model === champion ? 'the champion' : `an earlier champion (${model.slice(0, 19)})`}`;
        return { model, result: judgeGuard({ metric, margin, slice: where }, paired, 1 - confidence), paired };
      });
    const worst = results.toSorted((a, b) => badness(b.result) - badness(a.result))[0];
    if (!worst) continue;
    const { paired, result } = worst;
    slices.push({
      slice,
      n: paired.n,
      candidate: paired.n === 0 ? 0 : paired.means.candidate,
      champion: results.find(({ model }) => model === champion)?.paired.means.champion ?? null,
      against: worst.model === champion ? 'champion' : worst.model,
      outcome: result.outcome,
      bound: result.bound,
      words: result.words,
    });
  }
  const failed = slices.filter(({ outcome }) => outcome === 'failed');
  const open = slices.filter(({ outcome }) => outcome === 'not proved');
  const outcome = failed.length > 0 ? 'failed' : open.length > 0 && require === 'proof' ? 'not proved' : 'passed';
  return {
    line,
    metric,
    margin,
    require,
    candidate,
    champion,
    ancestors: models.length,
    slices,
    outcome,
    reasons: inWords({ slices, failed, open, require, margin, champions: models.length }),
  };
}

/** The champion first, and of models with equal scores only one: the comparison would be the same. */
function distinct(kept: readonly SliceScores[], champion: string): SliceScores[] {
  const seen = new Set<string>();
  return kept
    .toSorted((a, b) => Number(b.model === champion) - Number(a.model === champion))
    .filter(({ scores: { buffer, byteOffset, byteLength } }) => {
      const bytes = Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
      return !seen.has(bytes) && seen.add(bytes);
    });
}

/** The worse the outcome and the lower the bound, the larger. */
const badness = ({ outcome, bound }: GuardResult): number =>
  ({ failed: 2e6, 'not proved': 1e6, passed: 0 })[outcome] - (bound ?? 0);

function pair(facts: MetricFacts, mine: Float64Array, theirs: Float64Array): Paired {
  const paired = new Paired(facts);
  const score = (value: number): number | null => (Number.isNaN(value) ? null : value);
  mine.forEach((value, i) => {
    const other = theirs[i] as number;
    if (value !== Infinity && other !== Infinity) paired.add(score(value), score(other));
  });
  return paired;
}

function inWords({
  slices,
  failed,
  open,
  require,
  margin,
  champions,
}: {
  slices: SliceResult[];
  failed: SliceResult[];
  open: SliceResult[];
  require: ForgettingParams['require'];
  margin: number;
  champions: number;
}): string[] {
  if (slices.length === 0) return [];
  const held = `held against ${champions} champion${champions === 1 ? '' : 's'} of the line`;
  const firsts = (some: SliceResult[]): string[] => [
    ...some.slice(0, 3).map(({ words }) => `Forgetting: ${words}.`),
    ...(some.length > 3 ? [`Forgetting: so it is on ${some.length - 3} more earlier periods.`] : []),
  ];
  if (failed.length > 0) return firsts(failed);
  if (open.length > 0 && require === 'proof') return firsts(open);
  const proved = slices.length - open.length;
  return [
    `On the test rows of ${proved} of ${slices.length} earlier period${slices.length === 1 ? '' : 's'} it is proved that no more than ${margin} is lost, ${held}.`,
  ];
}
