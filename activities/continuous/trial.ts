import { join } from 'node:path';
import { hash } from 'node:crypto';
import { z } from 'zod';
import { keptScores, listSlices, noteScores } from '../../artifacts/ledger/suite.ts';
import { Evaluate } from '../../configs/evaluate.ts';
import { Google } from '../../configs/google.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { now } from '../../artifacts/ledger/runs.ts';
import type { ArtifactRef } from '../../configs/refs.ts';
import { rowsIn, writeLines } from '../../data/lines.ts';
import type { Row } from '../../data/row.ts';
import { asTestRow, cannotBeLearned } from '../../data/test-side.ts';
import { newcombe } from '../../metrics/inference/newcombe.ts';
import { tQuantile } from '../../metrics/inference/special.ts';
import { moments } from '../../metrics/intervals.ts';
import type { MetricFacts } from '../../metrics/gate/paired.ts';
import type { StepContext } from '../step/context.ts';
import { defineStep, type Step } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';
import { scoreOne } from './score-one.ts';

/** Name under which the matrix keeps what a champion scored on the canary prompts when it was first asked. */
export const CANARY = 'canary';

export const TrialParams = z.strictObject({
  line: z.string(),
  metric: z.string(),
  /** How much worse has to be proved, in units of the metric. */
  margin: z.number(),
  /** Most of the waiting rows that are asked. */
  rows: z.int(),
  confidence: z.number(),
  /** What gave the alarm. */
  why: z.string(),
  evaluate: Evaluate.unwrap(),
  google: Google.optional(),
  store: z.string().optional(),
});
export type TrialParams = z.infer<typeof TrialParams>;
type Context = StepContext<TrialParams>;
/** Told of every bill for answers; undefined: there was none. */
type Billed = (usd: number | undefined) => void;

/** One comparison of a trial. */
export interface TrialPart {
  what: 'new rows' | 'canary prompts';
  /** Items asked now, and items that the baseline rests on. */
  n: number;
  baselineN: number;
  value: number;
  baseline: number;
  /** Change since the baseline, below 0: worse; with its two-sided interval at 2 · confidence − 1. */
  change: number;
  ci: [number, number];
  isHarm: boolean;
}

export interface TrialReport {
  line: string;
  champion: string;
  metric: string;
  margin: number;
  alarm: string;
  parts: TrialPart[];
  outcome: 'harm' | 'no harm found';
  reasons: string[];
}

/**
 * Tests whether an alarm means harm before anything is trained: the champion answers rows that came in since, and the
 * canary prompts anew, and has to be proved worse than its baseline by more than a margin.
 *
 * Inputs: `candidate` (Model: the champion), `fresh` (Dataset of the rows that wait), `canary` (Dataset, absent where
 * the recipe has none). Output: `trial` (TrialReport).
 */
export function createTrial(deps: Deps): Step<TrialParams> {
  return defineStep(deps, {
    name: 'trial',
    version: '1',
    params: TrialParams,
    // A model behind an endpoint may have changed though its name has not.
    always: true,
    run: async (context) => {
      const { line, metric, margin, why: alarm } = context.params;
      let usd: number | undefined;
      const billed = (bill: number | undefined): void => {
        if (bill !== undefined) usd = (usd ?? 0) + bill;
      };
      const parts = [...(await onNewRows(context, billed)), ...(await onCanary(context, billed))];
      const isHarm = parts.some((part) => part.isHarm);
      const outcome = isHarm ? 'harm' : 'no harm found';
      const champion = context.input('candidate').digest;
      const reasons =
        parts.length === 0
          ? ['There was nothing to ask, and nothing to compare with.']
          : parts.map((part) => inWords(part, margin));
      const report: TrialReport = { line, champion, metric, margin, alarm, parts, outcome, reasons };
      const trial = await context.save('TrialReport', { text: canonicalJson(report) }, { outcome });
      const row = { run_id: context.run.id, line, outcome, digest: trial.digest, why: reasons.join(' '), at: now() };
      await deps.ledger
        .insertInto('trials')
        .values(row)
        .onConflict((conflict) => conflict.column('run_id').doUpdateSet({ outcome, digest: row.digest, why: row.why }))
        .execute();
      return {
        outputs: { trial },
        facts: { outcome, reason: reasons.join(' ') },
        ...(usd === undefined ? {} : { cost: { usd } }),
      };
    },
  });
}

/** The newest trial of a line before a run, for the time between two. */
export const createLastTrial =
  ({ ledger }: Pick<Deps, 'ledger'>) =>
  async ({ line, runId }: { line: string; runId: string }): Promise<string | null> => {
    const row = await ledger
      .selectFrom('trials')
      .select('at')
      .where('line', '=', line)
      .where('run_id', '!=', runId)
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.at ?? null;
  };

/** The champion on rows that came in since, against all its own test slices. */
async function onNewRows(context: Context, billed: Billed): Promise<TrialPart[]> {
  const { line, metric, rows } = context.params;
  const drawn = await testRows(context, 'fresh', rows);
  const slices = new Set((await listSlices(context.deps.ledger, line)).map(({ slice }) => slice));
  const model = context.input('candidate').digest;
  const kept = (await keptScores(context.deps.ledger, { line, metric, models: [model] })).filter(({ slice }) =>
    slices.has(slice),
  );
  if (drawn.count === 0 || kept.length === 0) return [];
  const { facts, scores, usd } = await scoreOne(context, drawn, context.params);
  billed(usd);
  const baseline = kept.flatMap(({ scores: own }) => [...own].filter((score) => score !== Infinity));
  return [
    compare(
      'new rows',
      facts,
      measured(
        facts,
        scores.map(({ score }) => score),
      ),
      measured(facts, baseline),
      context,
    ),
  ];
}

/** The champion on the canary prompts, asked anew, against what it answered when it was first asked. */
async function onCanary(context: Context, billed: Billed): Promise<TrialPart[]> {
  if (!context.inputs['canary']) return [];
  const { line, metric } = context.params;
  const drawn = await testRows(context, 'canary', Infinity);
  const model = context.input('candidate').digest;
  const run = { ...context.run, options: { ...context.run.options, noCache: true } };
  const { facts, scores, usd } = await scoreOne(
    { ...context, run, jobKey: `${context.jobKey}.canary` },
    drawn,
    context.params,
  );
  billed(usd);
  const [low, high] = facts.range;
  const worst = facts.better === 'higher' ? low : high;
  const kept = await keptScores(context.deps.ledger, { line, metric, models: [model] });
  const first = kept.find(({ slice, scores: own }) => slice === CANARY && own.length === scores.length);
  const now = Float64Array.from(scores, ({ score }) => score ?? Number.NaN);
  if (!first) {
    await noteScores(context.deps.ledger, { line, metric, runId: context.run.id, worst }, [
      { model, slice: CANARY, scores: now },
    ]);
    return [];
  }
  return [
    compare('canary prompts', facts, measured(facts, [...now]), measured(facts, [...first.scores]), context, true),
  ];
}

/** Scores with what was not measured counted as the worst. */
const measured = ({ range: [low, high], better }: MetricFacts, scores: readonly (number | null)[]): number[] =>
  scores.map((score) => (score === null || Number.isNaN(score) ? (better === 'higher' ? low : high) : score));

/** Rows as questions with the answer expected; those that fall first by their id, so that the same are drawn again. */
async function testRows(context: Context, role: string, most: number): Promise<{ ref: ArtifactRef; count: number }> {
  const usable = [...rowsIn<Row>(await context.pathOf(role))].filter((row) => cannotBeLearned(row) === undefined);
  const drawn = usable
    .map((row) => ({ row, at: hash('sha256', row.id, 'hex') }))
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
    .slice(0, most);
  const file = writeLines(join(context.scratch, `${role}-asked.jsonl`));
  for (const { row } of drawn) file.write(asTestRow(row));
  file.close();
  return {
    ref: await context.save('Dataset', { file: file.path }, { rows: file.count, stage: 'asked' }),
    count: file.count,
  };
}

function compare(
  what: TrialPart['what'],
  { range, better, isBinary }: MetricFacts,
  asked: number[],
  baseline: number[],
  { params: { confidence, margin } }: Context,
  isPaired = false,
): TrialPart {
  const sign = better === 'higher' ? 1 : -1;
  const [a, b] = [moments(asked), moments(baseline)];
  const change = sign * (a.average - b.average);
  const ci = isPaired
    ? pairedInterval(
        asked.map((score, i) => sign * (score - (baseline[i] as number))),
        confidence,
      )
    : isBinary
      ? differenceOfShares(asked, baseline, confidence, sign)
      : welch(asked, baseline, confidence, sign);
  const width = range[1] - range[0];
  const bounded: [number, number] = [Math.max(-width, ci[0]), Math.min(width, ci[1])];
  return {
    what,
    n: asked.length,
    baselineN: baseline.length,
    value: a.average,
    baseline: b.average,
    change,
    ci: bounded,
    isHarm: bounded[1] < -margin,
  };
}

/** Newcombe's interval of a difference of two independent shares. */
function differenceOfShares(asked: number[], baseline: number[], confidence: number, sign: number): [number, number] {
  const counted = (scores: number[]) => ({ ones: scores.filter((score) => score === 1).length, n: scores.length });
  const {
    ci: [low, high],
  } = newcombe(counted(asked), counted(baseline), 2 * confidence - 1);
  return sign === 1 ? [low, high] : [-high, -low];
}

/** Welch's t interval of a difference of two independent means. */
function welch(asked: number[], baseline: number[], confidence: number, sign: number): [number, number] {
  const [a, b] = [moments(asked), moments(baseline)];
  const [va, vb] = [a.deviation ** 2 / asked.length, b.deviation ** 2 / baseline.length];
  const change = sign * (a.average - b.average);
  if (va + vb === 0) return [change, change];
  const freedom =
    (va + vb) ** 2 / (va ** 2 / Math.max(1, asked.length - 1) + vb ** 2 / Math.max(1, baseline.length - 1));
  const half = tQuantile(confidence, freedom) * Math.sqrt(va + vb);
  return [change - half, change + half];
}

function pairedInterval(differences: number[], confidence: number): [number, number] {
  const { average, deviation } = moments(differences);
  if (differences.length < 2 || deviation === 0) return [average, average];
  const half = (tQuantile(confidence, differences.length - 1) * deviation) / Math.sqrt(differences.length);
  return [average - half, average + half];
}

function inWords({ what, n, value, baseline, change, ci, isHarm }: TrialPart, margin: number): string {
  const numbers = `${value.toFixed(4)} on ${n} ${what} against ${baseline.toFixed(4)}: change ${change.toFixed(4)} (${ci[0].toFixed(4)} to ${ci[1].toFixed(4)})`;
  return isHarm
    ? `Harm: ${numbers}, proved worse by more than ${margin}.`
    : `No harm found: ${numbers}, not proved worse by more than ${margin}.`;
}
