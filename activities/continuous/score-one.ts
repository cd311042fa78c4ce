import type { Evaluate } from '../../configs/evaluate.ts';
import { terminal } from '../../configs/failure.ts';
import type { Google } from '../../configs/google.ts';
import type { ArtifactRef } from '../../configs/refs.ts';
import { rowsIn } from '../../data/lines.ts';
import type { TestRow } from '../../data/row.ts';
import type { MetricFacts } from '../../metrics/gate/paired.ts';
import { answersOf, usdOf, type Asker } from '../evaluation/answers.ts';
import { itemOf } from '../evaluation/evaluate.ts';
import { openMetrics } from '../evaluation/metrics.ts';

/** What one model scored on some rows, in their order. */
export interface OneSide {
  facts: MetricFacts;
  scores: { row: TestRow; score: number | null }[];
  /** What a vendor billed for the answers; absent: nobody did. */
  usd?: number;
}

/** By what it is scored, and how it is asked. */
export interface ScoreParams {
  metric: string;
  evaluate: Evaluate;
  google?: Google | undefined;
  store?: string | undefined;
}

/**
 * Has one model answer rows and scores the answers by one metric of the recipe. The model is the step's input
 * `candidate`.
 *
 * @throws TerminalError `NotMeasured` where the recipe does not have the metric.
 */
export async function scoreOne(
  context: Asker,
  rows: { ref: ArtifactRef; count: number },
  { metric: spec, evaluate, google, store }: ScoreParams,
): Promise<OneSide> {
  const { decoding, batchSize, batchAbove, price, limits } = evaluate;
  const how = { decoding, batchSize, batchAbove, google, store, price, budget: limits };
  const questions = { prompts: rows.ref, rows: rows.count, ...how };
  const answers = await answersOf(context, 'candidate', questions);
  const metrics = await openMetrics(evaluate);
  try {
    const metric = metrics.find((one) => one.spec === spec);
    if (!metric) throw terminal('NotMeasured', `${spec} is none of evaluate.metrics and evaluate.custom: add it there`);
    const scores: OneSide['scores'] = [];
    for (const row of rowsIn<TestRow>(await context.deps.store.path(rows.ref.digest)))
      scores.push({ row, score: (await metric.score(itemOf(row, answers))).value });
    const facts = { range: metric.range, better: metric.better, isBinary: metric.isBinary };
    return { facts, scores, ...usdOf([answers]) };
  } finally {
    for (const metric of metrics) await metric.close?.();
  }
}
