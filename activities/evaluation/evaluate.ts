import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { Evaluate } from '../../configs/evaluate.ts';
import { Google } from '../../configs/google.ts';
import { OPERATIONAL } from '../../configs/metric-names.ts';
import type { ArtifactRef, Measure, Refs } from '../../configs/refs.ts';
import { rowsIn, writeLines } from '../../data/lines.ts';
import type { TestRow } from '../../data/row.ts';
import { digestOfCustom } from '../../evaluation/custom/digest.ts';
import { slicer } from '../../evaluation/slices.ts';
import { terminal } from '../../configs/failure.ts';
import type { Metric, MetricItem } from '../../metrics/metric.ts';
import { embeddingMetric } from './embedding-metric.ts';
import type { StepContext } from '../step/context.ts';
import { defineStep, type Step } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';
import { generatorParts } from '../remote-models.ts';
import { answersOfBoth, SIDES, usdOf, type Answers, type Side } from './answers.ts';
import { openMetrics, schemasOf } from './metrics.ts';
import { ANSWER, operational, saidOf } from './operational.ts';
import { partOf, Part } from './part.ts';
import type { Compared, EvalReport } from './report.ts';
import { scoreBoth, type BothAnswers } from './score-both.ts';

export const EvaluateParams = z.strictObject({
  ...Evaluate.unwrap().shape,
  /** Where models at Google are asked. */
  google: Google.optional(),
  /** The store of the run, where it is a bucket. */
  store: z.string().optional(),
  /** Which part of the test set, in its own order; default: all of it. */
  part: Part.optional(),
});
export type EvaluateParams = z.infer<typeof EvaluateParams>;
type Context = StepContext<EvaluateParams>;

/**
 * Candidate and champion answer the same frozen test set with the same decoding; every answer is scored.
 *
 * Inputs: `test` (Dataset), `candidate` and `champion` (Model; the base model when there is no champion).
 * Outputs: `rows` (Dataset: what was asked), `candidatePredictions`, `championPredictions`, their timings, `scores`
 * (Scores, one line an item) and `report` (EvalReport).
 */
export function createEvaluate(deps: Deps): Step<EvaluateParams> {
  return defineStep(deps, {
    name: 'evaluate',
    version: '2',
    params: EvaluateParams,
    // Judges, attacks and pairs have steps of their own; a file counts by its content.
    keyed: ({ judges: _judges, limits: _limits, safety: _safety, bias: _bias, google: _google, ...params }) => {
      // By whom and how fast it is asked changes nothing.
      const { custom, embeddings, store: _store, batchAbove: _batchAbove, ...rest } = params;
      return {
        ...rest,
        // How fast it is asked changes nothing.
        ...(embeddings ? { embeddings: { baseUrl: embeddings.baseUrl, model: embeddings.model } } : {}),
        custom: Object.fromEntries(Object.entries(custom ?? {}).map(([name, { file: _file, ...own }]) => [name, own])),
      };
    },
    identity: async ({ params, input }) => {
      const sides = { candidate: input('candidate').digest, champion: input('champion').digest };
      const parts: Record<string, string> = { ...(await generatorParts(deps, sides)) };
      for (const [name, { file }] of Object.entries(params.custom ?? {}))
        parts[`custom.${name}`] = await digestOfCustom(file);
      for (const [file, digest] of Object.entries(await schemasOf(params.metrics))) parts[`schema.${file}`] = digest;
      return { parts };
    },
    run: async (context) => {
      const { params } = context;
      const rows = await rowsOf(context);
      const { decoding, batchSize, google, store, batchAbove, price, limits } = params;
      const questions = {
        prompts: rows.ref,
        rows: rows.count,
        decoding,
        batchSize,
        google,
        store,
        batchAbove,
        price,
        budget: limits,
      };
      const answers = await answersOfBoth(context, questions);
      const { scores, report } = await score(context, rows.ref, answers);
      const named = Object.entries(report.metrics).filter(([name]) => !Object.hasOwn(OPERATIONAL, name));
      const fresh = SIDES.map((side) => answers[side]).filter(({ isReused }) => !isReused);
      const total = (key: 'seconds' | 'promptTokens' | 'completionTokens'): number =>
        fresh.reduce((sum, { facts }) => sum + facts[key], 0);
      const unmeasured = named.reduce(
        (sum, [, { candidate, champion }]) => sum + candidate.unmeasured + champion.unmeasured,
        0,
      );
      const unanswered = SIDES.reduce((sum, side) => sum + (answers[side].facts.unanswered ?? 0), 0);
      return {
        outputs: {
          rows: rows.ref,
          candidatePredictions: answers.candidate.ref,
          championPredictions: answers.champion.ref,
          ...timingsOf(answers),
          scores,
          report: await context.save('EvalReport', { text: canonicalJson(report) }, { items: report.items }),
        },
        metrics: measuresOf(named),
        facts: {
          items: report.items,
          ...(unmeasured > 0 ? { unmeasured } : {}),
          ...(unanswered > 0 ? { unanswered } : {}),
          ...(fresh.length < 2 ? { answersReused: 2 - fresh.length } : {}),
        },
        cost: {
          seconds: total('seconds'),
          tokens: total('promptTokens') + total('completionTokens'),
          ...usdOf(fresh),
        },
      };
    },
  });
}

/** The rows that are asked: the test set, or a part of it as a dataset of its own. */
async function rowsOf(context: Context): Promise<{ ref: ArtifactRef; count: number }> {
  const test = context.input('test');
  const path = await context.pathOf('test');
  const { part } = context.params;
  const ids = [...rowsIn<TestRow>(path)].map(({ id }) => id);
  if (!part || (part.from === 0 && part.to === 1)) return { ref: test, count: ids.length };
  const wanted = partOf(ids, part);
  const lines = writeLines(join(context.scratch, 'rows.jsonl'));
  for (const row of rowsIn<TestRow>(path)) if (wanted.has(row.id)) lines.write(row);
  lines.close();
  return { ref: await context.save('Dataset', { file: lines.path }, { rows: lines.count }), count: lines.count };
}

async function score(
  context: Context,
  rows: ArtifactRef,
  answers: Record<Side, Answers>,
): Promise<{ scores: ArtifactRef; report: EvalReport }> {
  const { params, deps } = context;
  const path = await deps.store.path(rows.digest);
  const metrics = await openMetrics(params);
  try {
    const slicesOf = await slicer(params.slices, rowsIn<TestRow>(path));
    const embedded = await embeddingOf(context, path, answers);
    const all = [...metrics, ...embedded, ...operational(params, answers)];
    const lines = writeLines(join(context.scratch, 'scores.jsonl'));
    const found = await scoreBoth(bothAnswers(rowsIn<TestRow>(path), slicesOf, answers), all, {
      signal: context.signal,
      scored: (item) => lines.write(item),
    });
    lines.close();
    const report: EvalReport = {
      test: context.input('test').digest,
      candidate: context.input('candidate').digest,
      champion: context.input('champion').digest,
      decoding: params.decoding,
      items: lines.count,
      metrics: found,
    };
    return { scores: await context.save('Scores', { file: lines.path }, { items: lines.count }), report };
  } finally {
    for (const metric of metrics) await metric.close?.();
  }
}

/** The cosine of answers and references, where the recipe names a model for it. */
async function embeddingOf(
  { deps, params, signal }: Context,
  path: string,
  answers: Record<Side, Answers>,
): Promise<Metric[]> {
  const { embeddings } = params;
  if (!embeddings) return [];
  if (!deps.embedder) throw terminal('NoEmbedder', 'this worker has nobody who turns texts into vectors');
  const items = [...rowsIn<TestRow>(path)].flatMap((row) => SIDES.map((side) => itemOf(row, answers[side])));
  const { batchSize, model } = embeddings;
  return [await embeddingMetric(deps.embedder(embeddings), items, { batchSize, model, signal })];
}

function* bothAnswers(
  rows: Iterable<TestRow>,
  slicesOf: (row: TestRow) => string[],
  answers: Record<Side, Answers>,
): Generator<BothAnswers> {
  for (const row of rows) {
    const items = { candidate: itemOf(row, answers.candidate), champion: itemOf(row, answers.champion) };
    yield { id: row.id, slices: slicesOf(row), items };
  }
}

/** A row and its answer as metrics take them. */
export function itemOf(row: TestRow, answers: Answers): MetricItem {
  const { text } = answers.of.get(row.id) ?? { text: null };
  // A row that expects no text (attacks, free questions) cannot be compared with one.
  const references = row.reference === '' ? [] : [row.reference];
  return { prediction: text, references, row: { ...row.columns, ...row, [ANSWER]: saidOf(answers, row.id) } };
}

function timingsOf(answers: Record<Side, Answers>): Refs {
  const { candidate, champion } = answers;
  return {
    ...(candidate.timings ? { candidateTimings: candidate.timings } : {}),
    ...(champion.timings ? { championTimings: champion.timings } : {}),
  };
}

function measuresOf(metrics: readonly [string, Compared][]): Record<string, Measure> {
  const bare = ({ value, n, ci }: Measure): Measure => ({ value, n, ci });
  return Object.fromEntries(
    metrics.flatMap(([name, { candidate, champion, gain }]) => [
      [name, bare(candidate)],
      [`champion.${name}`, bare(champion)],
      [`gain.${name}`, bare(gain)],
    ]),
  );
}
