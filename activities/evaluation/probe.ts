import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { digestOf } from '../../artifacts/canonical.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { Evaluate } from '../../configs/evaluate.ts';
import { Google } from '../../configs/google.ts';
import { messageOf, terminal } from '../../configs/failure.ts';
import type { Measure } from '../../configs/refs.ts';
import { Bias, Safety } from '../../configs/safety.ts';
import { rowsIn, writeLines } from '../../data/lines.ts';
import type { TestRow } from '../../data/row.ts';
import { makeBiasSet, type BiasRow } from '../../evaluation/bias/make-set.ts';
import { scorePair, type PairScore, type SideAnswer } from '../../evaluation/bias/score.ts';
import { biasSummary, type BiasLine } from '../../evaluation/bias/summary.ts';
import { BiasTextsSchema, type BiasTexts } from '../../evaluation/bias/texts.ts';
import { makeSafetySet, type SafetyRow } from '../../evaluation/safety/make-set.ts';
import { checkOf, scoreSafety } from '../../evaluation/safety/score.ts';
import { safetySummary, type SafetyItem, type SafetySummary } from '../../evaluation/safety/summary.ts';
import type { Metric } from '../../metrics/metric.ts';
import { parseMetric } from '../../metrics/registry.ts';
import type { StepContext } from '../step/context.ts';
import { defineStep, type Step } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';
import { generatorParts } from '../remote-models.ts';
import { answersOfBoth, SIDES, usdOf, type Answers, type Side } from './answers.ts';
import type { MetricFacts, ScoredItem } from './report.ts';

const { decoding, batchSize, price, limits } = Evaluate.unwrap().shape;
export const ProbeParams = z.strictObject({
  safety: Safety.optional(),
  bias: Bias.optional(),
  decoding,
  batchSize,
  google: Google.optional(),
  store: z.string().optional(),
  /** What a vendor bills, and how much it may be. */
  price,
  limits,
});
export type ProbeParams = z.infer<typeof ProbeParams>;
type Context = StepContext<ProbeParams>;

/** What attacks and counterfactual pairs found; the items are `Scores`. */
export interface ProbeReport {
  candidate: string;
  champion: string;
  items: number;
  metrics: Record<string, MetricFacts>;
  safety?: SafetySummary;
  bias?: Record<Side, BiasLine[]> & { leftOut: number };
}

/**
 * Candidate and champion are attacked, asked harmless questions, and asked the same with what should not matter
 * changed; answers are checked without a judge.
 *
 * Inputs: `test` (for pairs of test rows), `candidate`, `champion`, `base`. Outputs: `prompts` (Dataset),
 * `candidatePredictions`, `championPredictions`, `scores` (Scores) and `report` (ProbeReport).
 */
export function createProbe(deps: Deps): Step<ProbeParams> {
  return defineStep(deps, {
    name: 'probe',
    version: '1',
    params: ProbeParams,
    keyed: ({ bias, google: _google, store: _store, price: _price, limits: _limits, ...rest }) => ({
      ...rest,
      ...(bias ? { bias: withoutFile(bias) } : {}),
    }),
    identity: async ({ params: { bias }, input }) => ({
      parts: {
        ...(await generatorParts(deps, { candidate: input('candidate').digest, champion: input('champion').digest })),
        ...(bias?.templates === undefined ? {} : { 'bias.templates': digestOf(await readTexts(bias.templates)) }),
      },
    }),
    run: async (context) => {
      const { safety, bias } = context.params;
      const attacks = safety ? makeSafetySet(safety) : [];
      const pairs = bias ? await pairsOf(context, bias) : undefined;
      const lines = writeLines(join(context.scratch, 'prompts.jsonl'));
      for (const row of [...attacks, ...(pairs?.rows ?? [])]) lines.write(row);
      lines.close();
      const prompts = await context.save('Dataset', { file: lines.path }, { rows: lines.count, kind: 'adversarial' });
      const { decoding: how, batchSize: atOnce, google, price: given, limits: bounds } = context.params;
      const questions = {
        prompts,
        rows: lines.count,
        decoding: how,
        batchSize: atOnce,
        google,
        price: given,
        budget: bounds,
      };
      const answers = await answersOfBoth(context, questions);
      const scored = [...safetyItems(attacks, answers), ...(await biasItems(bias, pairs?.rows ?? [], answers))];
      const scores = writeLines(join(context.scratch, 'scores.jsonl'));
      for (const item of scored) scores.write(item);
      scores.close();
      const report: ProbeReport = {
        candidate: context.input('candidate').digest,
        champion: context.input('champion').digest,
        items: scores.count,
        metrics: factsOf(context.params),
        ...(safety ? { safety: safetySummary(checksOf(attacks, answers)) } : {}),
        ...(bias && pairs ? { bias: await biasOf(bias, pairs, answers) } : {}),
      };
      return {
        outputs: {
          prompts,
          candidatePredictions: answers.candidate.ref,
          championPredictions: answers.champion.ref,
          scores: await context.save('Scores', { file: scores.path }, { items: scores.count }),
          report: await context.save('ProbeReport', { text: canonicalJson(report) }),
        },
        metrics: measuresOf(report),
        facts: { attacks: attacks.length, ...(pairs ? { pairs: pairs.pairs } : {}) },
        cost: {
          seconds: SIDES.reduce((sum, side) => sum + (answers[side].isReused ? 0 : answers[side].facts.seconds), 0),
          ...usdOf(SIDES.map((side) => answers[side])),
        },
      };
    },
  });
}

const withoutFile = ({ templates: _templates, ...rest }: Bias): Omit<Bias, 'templates'> => rest;

async function readTexts(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw terminal(
      'BadRecipe',
      `evaluate.bias.templates: ${file} cannot be read (${messageOf(error)}): check the path`,
    );
  });
}

async function pairsOf(context: Context, bias: Bias): Promise<ReturnType<typeof makeBiasSet>> {
  let own: BiasTexts | undefined;
  if (bias.templates !== undefined) {
    const read = BiasTextsSchema.safeParse(parse(await readTexts(bias.templates)));
    if (!read.success) {
      const [issue] = read.error.issues;
      const where = issue?.path.join('.') ?? '';
      throw terminal(
        'BadRecipe',
        `evaluate.bias.templates: ${bias.templates}: ${where}: ${issue?.message ?? 'not of the form in docs/safety.md'}`,
      );
    }
    own = read.data;
  }
  const test = bias.fromTest ? { test: rowsIn<TestRow>(await context.pathOf('test')) } : {};
  try {
    return makeBiasSet(bias, { ...(own ? { own } : {}), ...test });
  } catch (error) {
    if (error instanceof RangeError) throw terminal('BadRecipe', error.message);
    throw error;
  }
}

const textOf = (answers: Answers, id: string): string | null => answers.of.get(id)?.text ?? null;

const safetyItems = (rows: readonly SafetyRow[], answers: Record<Side, Answers>): ScoredItem[] =>
  rows.map((row) => {
    const check = checkOf(row);
    const [candidate, champion] = SIDES.map((side) => scoreSafety(check, textOf(answers[side], row.id)));
    const { metric, slices } = candidate as NonNullable<typeof candidate>;
    return {
      id: row.id,
      slices,
      candidate: { [metric]: candidate?.value ?? null },
      champion: { [metric]: champion?.value ?? null },
    };
  });

const checksOf = (rows: readonly SafetyRow[], answers: Record<Side, Answers>): SafetyItem[] =>
  rows.map((row) => {
    const check = checkOf(row);
    const of = (side: Side): 0 | 1 => scoreSafety(check, textOf(answers[side], row.id)).value;
    return { check, candidate: of('candidate'), champion: of('champion') };
  });

async function pairScores(bias: Bias, rows: readonly BiasRow[], answers: Answers): Promise<PairScore[]> {
  const metric = bias.measuredBy === 'sameLabel' ? undefined : parseMetric(bias.measuredBy);
  const scores: PairScore[] = [];
  for (let i = 0; i + 1 < rows.length; i += 2) {
    const [a, b] = [rows[i], rows[i + 1]] as [BiasRow, BiasRow];
    scores.push(scorePair(await sideOf(a, answers, metric), await sideOf(b, answers, metric), bias.measuredBy));
  }
  return scores;
}

async function sideOf(row: BiasRow, answers: Answers, metric: Metric | undefined): Promise<SideAnswer> {
  const answer = textOf(answers, row.id);
  const side = { side: row.columns.bias, answer };
  if (!metric) return side;
  const { value } = await metric.score({ prediction: answer, references: row.reference === '' ? [] : [row.reference] });
  return { ...side, score: value };
}

async function biasItems(
  bias: Bias | undefined,
  rows: readonly BiasRow[],
  answers: Record<Side, Answers>,
): Promise<ScoredItem[]> {
  if (!bias) return [];
  const champion = await pairScores(bias, rows, answers.champion);
  return (await pairScores(bias, rows, answers.candidate)).map((score, i): ScoredItem => ({
    id: `pair-${score.pair}`,
    slices: score.slices,
    candidate: { biasGap: score.gap },
    champion: { biasGap: champion[i]?.gap ?? null },
    ...(score.why === undefined ? {} : { why: { biasGap: score.why } }),
  }));
}

async function biasOf(
  bias: Bias,
  { rows, leftOut }: ReturnType<typeof makeBiasSet>,
  answers: Record<Side, Answers>,
): Promise<NonNullable<ProbeReport['bias']>> {
  const range = bias.measuredBy === 'sameLabel' ? undefined : parseMetric(bias.measuredBy).range;
  const of = async (side: Side): Promise<BiasLine[]> => biasSummary(await pairScores(bias, rows, answers[side]), range);
  return { candidate: await of('candidate'), champion: await of('champion'), leftOut };
}

function factsOf({ safety, bias }: ProbeParams): ProbeReport['metrics'] {
  const share = { range: [0, 1], better: 'lower', isBinary: true } as const;
  const metric = bias && bias.measuredBy !== 'sameLabel' ? parseMetric(bias.measuredBy) : undefined;
  const width = metric ? metric.range[1] - metric.range[0] : 1;
  return {
    ...(safety ? { attackSuccess: { ...share, signature: `attackSuccess|seed:${safety.seed}` } } : {}),
    ...(safety?.overRefusal ? { overRefusal: { ...share, signature: `overRefusal|seed:${safety.seed}` } } : {}),
    ...(bias
      ? {
          biasGap: {
            range: [0, width] as const,
            better: 'lower' as const,
            isBinary: metric?.isBinary ?? true,
            signature: `biasGap|by:${bias.measuredBy}|seed:${bias.seed}`,
          },
        }
      : {}),
  };
}

/** Rates of the candidate and of the champion, for the table of the run. */
function measuresOf({ safety, bias }: ProbeReport): Record<string, Measure> {
  const measures: Record<string, Measure> = {};
  const bare = ({ value, n, ci }: Measure): Measure => ({ value, n, ci });
  const pair = (name: string, candidate: Measure | undefined, champion: Measure | undefined): void => {
    if (candidate) measures[name] = bare(candidate);
    if (champion) measures[`champion.${name}`] = bare(champion);
  };
  const all = safety?.attacks.at(-1);
  pair('attackSuccess', all?.candidate, all?.champion);
  const refused = safety?.overRefusal.find(({ language }) => language === 'all') ?? safety?.overRefusal.at(-1);
  pair('overRefusal', refused?.candidate, refused?.champion);
  pair('biasGap', bias?.candidate[0]?.differing, bias?.champion[0]?.differing);
  return measures;
}
