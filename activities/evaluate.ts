import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { canonicalJson } from '../configs/canonical-json.ts';
import type { MetricName, Recipe } from '../configs/recipe.ts';
import { terminal } from '../configs/failure.ts';
import type { ArtifactRef, Measure } from '../configs/refs.ts';
import { mean } from '../metrics/intervals.ts';
import { ITEM_METRICS } from '../metrics/scores.ts';
import type { GenerateResult } from '../adapters/contracts.ts';
import type { StepContext } from './step/context.ts';
import { defineStep, type Step } from './step/define.ts';
import type { Deps } from './step/deps.ts';

export type EvaluateParams = Recipe['evaluate'];
const EvaluateParams = z.custom<EvaluateParams>(
  (value) => typeof value === 'object' && value !== null && 'decoding' in value,
  'expected the settings of an evaluation',
);

const Prediction = z.object({ id: z.string(), text: z.string() });
const TestItem = z.object({ id: z.string(), reference: z.string() });

type Side = 'candidate' | 'champion';
const SIDES: readonly Side[] = ['candidate', 'champion'];

/** The scores of one test row. */
export interface EvalItem {
  id: string;
  candidate: Partial<Record<MetricName, number>>;
  champion: Partial<Record<MetricName, number>>;
}

/** What the gate reads. */
export interface EvalReport {
  test: string;
  candidate: string;
  champion: string;
  decoding: EvaluateParams['decoding'];
  metrics: Partial<Record<MetricName, Record<Side, Measure>>>;
  items: EvalItem[];
}

/**
 * Candidate and champion answer the same frozen test set with the same decoding; every answer is scored.
 *
 * Inputs: `test` (Dataset), `candidate` and `champion` (Model; the base model when there is no champion).
 * Outputs: `candidatePredictions`, `championPredictions`, `report` (EvalReport with per-item scores).
 */
export function createEvaluate(deps: Deps): Step<EvaluateParams> {
  return defineStep(deps, {
    name: 'evaluate',
    version: '1',
    params: EvaluateParams,
    // batchSize stays in the key: rows of one batch share padding and, above temperature 0, one random stream.
    identity: async () => ({ parts: await deps.generator.identity() }),
    run: async (context) => {
      const rows = await readJson(await context.pathOf('test'), TestItem);
      const answers = {
        candidate: await answersOf(context, 'candidate', rows.length),
        champion: await answersOf(context, 'champion', rows.length),
      };
      const items = rows.map(({ id, reference }): EvalItem => {
        const scores = (side: Side): EvalItem[Side] =>
          Object.fromEntries(
            context.params.metrics.map((name) => [
              name,
              ITEM_METRICS[name].score(answers[side].texts.get(id) as string, reference),
            ]),
          );
        return { id, candidate: scores('candidate'), champion: scores('champion') };
      });
      const { metrics, measured } = summarize(context.params.metrics, items);
      const report: EvalReport = {
        test: context.input('test').digest,
        candidate: context.input('candidate').digest,
        champion: context.input('champion').digest,
        decoding: context.params.decoding,
        metrics: measured,
        items,
      };
      const total = (key: 'seconds' | 'promptTokens' | 'completionTokens'): number =>
        SIDES.reduce((sum, side) => sum + answers[side].result[key], 0);
      return {
        outputs: {
          candidatePredictions: answers.candidate.ref,
          championPredictions: answers.champion.ref,
          report: await context.save('EvalReport', { text: canonicalJson(report) }, { items: items.length }),
        },
        metrics,
        facts: { items: items.length },
        cost: { seconds: total('seconds'), tokens: total('promptTokens') + total('completionTokens') },
      };
    },
  });
}

async function answersOf(
  context: StepContext<EvaluateParams>,
  side: Side,
  expected: number,
): Promise<{ ref: ArtifactRef; texts: Map<string, string>; result: GenerateResult }> {
  const { deps, params } = context;
  const model = context.input(side);
  const meta = await context.metaOf(model.digest);
  const path = await deps.store.path(model.digest);
  const isAdapter = meta['kind'] === 'adapter';
  const base = isAdapter ? await deps.store.path(String(meta['base'])) : path;
  const result = await deps.generator.generate(
    `${context.jobKey}.${side}`,
    {
      base,
      adapter: isAdapter ? path : undefined,
      prompts: await context.pathOf('test'),
      decoding: params.decoding,
      batchSize: params.batchSize,
    },
    context.run.id,
    {
      signal: context.signal,
      progress: ({ step, steps, ...rest }) =>
        context.progress({ ...rest, step: side === 'candidate' ? step : steps + step, steps: 2 * steps }),
    },
  );
  const trainedWith = meta['chatTemplateSha256'];
  if (trainedWith !== undefined && trainedWith !== result.chatTemplateSha256) {
    throw terminal(
      'TemplateMismatch',
      `the ${side} was trained with another chat template (${String(trainedWith).slice(0, 12)}…) than it would be asked with (${result.chatTemplateSha256.slice(0, 12)}…): tune it again`,
    );
  }
  const predictions = await readJson(result.predictions, Prediction);
  const texts = new Map(predictions.map(({ id, text }) => [id, text]));
  if (texts.size !== expected)
    throw terminal(
      'MissingPredictions',
      `the ${side} answered ${texts.size} of ${expected} test rows: an evaluation counts every row that was asked`,
    );
  const ref = await context.save(
    'Predictions',
    { file: result.predictions },
    { model: model.digest, rows: texts.size },
  );
  return { ref, texts, result };
}

function summarize(
  names: readonly MetricName[],
  items: readonly EvalItem[],
): { metrics: Record<string, Measure>; measured: EvalReport['metrics'] } {
  const metrics: Record<string, Measure> = {};
  const measured: EvalReport['metrics'] = {};
  for (const name of names) {
    const [candidate, champion] = SIDES.map((side) => items.map((item) => item[side][name] as number)) as [
      number[],
      number[],
    ];
    const sides = { candidate: ITEM_METRICS[name].summary(candidate), champion: ITEM_METRICS[name].summary(champion) };
    measured[name] = sides;
    metrics[name] = sides.candidate;
    metrics[`champion.${name}`] = sides.champion;
    metrics[`gain.${name}`] = mean(
      candidate.map((score, i) => score - (champion[i] as number)),
      [-1, 1],
    );
  }
  return { metrics, measured };
}

async function readJson<T>(path: string, shape: z.ZodType<T>): Promise<T[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => shape.parse(JSON.parse(line)));
}
