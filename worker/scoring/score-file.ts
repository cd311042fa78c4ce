import { readFile } from 'node:fs/promises';
import { messageOf, TerminalError } from '../../configs/failure.ts';
import { nearest } from '../../configs/nearest.ts';
import { loadCustomMetric } from '../../evaluation/custom/load.ts';
import type { Metric, Score, Summary } from '../../metrics/metric.ts';
import { metricNames, MetricSpecError, parseMetric } from '../../metrics/registry.ts';
import { splitSpec } from '../../metrics/specs/options.ts';
import { BadPredictions, nameOf, readScoringRows, type ScoringRow } from './rows.ts';

export { BadPredictions } from './rows.ts';

/** A metric of a file as it is printed; `unmeasured` items count in `n`, as the worst there is. */
export type CorpusScore = Pick<Summary, 'value' | 'n' | 'ci' | 'signature' | 'unmeasured'>;

export interface ScoredFile {
  /** By metric, as it was written. */
  corpus: Record<string, CorpusScore>;
  /** One object for each row, in their order; null: not measured. */
  items: Record<string, number | null>[];
}

/** What a file is scored with. */
export interface Asked {
  /** Metrics as they are written; {@link DEFAULT_METRICS} where nothing at all is asked for. */
  metrics: readonly string[];
  /** Files of custom metrics; each is named by its path as it is written. */
  custom?: readonly string[];
}

/** Metrics that are computed when none is named. */
export const DEFAULT_METRICS = ['exactMatch', 'tokenF1', 'bleu', 'chrf', 'rougeL'] as const;

/**
 * Scores a file of predictions with metrics as they are written on the command line.
 * @throws BadPredictions for a metric that there is not, a row that is none, or a file without rows.
 * @throws TerminalError `BadMetric` for a custom metric that dies or hangs on twenty rows in a row.
 */
export async function scoreFile(file: string, { metrics, custom = [] }: Asked): Promise<ScoredFile> {
  const specs = metrics.length + custom.length === 0 ? DEFAULT_METRICS : metrics;
  const twice = [...specs, ...custom].find((spec, i, all) => all.indexOf(spec) !== i);
  if (twice !== undefined) throw new BadPredictions(`the metric ${twice} is given twice: leave one out`);
  const named = await metricsOf(specs);
  const own: CustomScorer[] = [];
  try {
    for (const path of custom) own.push(await customOf(path));
    return await scored(file, [...named, ...own]);
  } finally {
    await Promise.all(own.map((metric) => metric.close()));
  }
}

type CustomScorer = Awaited<ReturnType<typeof loadCustomMetric>>;

async function customOf(file: string): Promise<CustomScorer> {
  try {
    return await loadCustomMetric({ name: file, file });
  } catch (error) {
    if (error instanceof TerminalError) throw new BadPredictions(error.message);
    throw error;
  }
}

async function scored(file: string, metrics: readonly Metric[]): Promise<ScoredFile> {
  const items: ScoringRow[] = [];
  for await (const row of readScoringRows(file)) items.push(row);
  if (items.length === 0)
    throw new BadPredictions(
      `${nameOf(file)} has no rows: write one object a line, with "prediction" and "references"`,
    );
  const scores = await scoresOf(metrics, items);
  const corpus = metrics.map((metric, i): [string, CorpusScore] => {
    const { value, n, ci, signature, unmeasured } = metric.summary(items, scores[i] as Score[]);
    return [metric.spec, { value, n, ci, signature, unmeasured }];
  });
  return {
    corpus: Object.fromEntries(corpus),
    items: items.map((_, row) =>
      Object.fromEntries(metrics.map(({ spec }, i) => [spec, scores[i]?.[row]?.value ?? null])),
    ),
  };
}

async function scoresOf(metrics: readonly Metric[], items: readonly ScoringRow[]): Promise<Score[][]> {
  const scores = metrics.map((): Score[] => []);
  for (const item of items)
    for (const [i, metric] of metrics.entries()) (scores[i] as Score[]).push(await metric.score(item));
  return scores;
}

/** @throws BadPredictions with the nearest name. */
async function metricsOf(specs: readonly string[]): Promise<Metric[]> {
  return Promise.all(specs.map(metricOf));
}

async function metricOf(spec: string): Promise<Metric> {
  try {
    const { name, options } = splitSpec(spec);
    if (!metricNames().includes(name)) throw unknown(name);
    const file = name === 'jsonSchema' ? options.get('file') : undefined;
    const schemas = file === undefined ? {} : { [file]: await readSchema(file) };
    return parseMetric(spec, { schemas });
  } catch (error) {
    if (error instanceof MetricSpecError) throw new BadPredictions(error.message);
    throw error;
  }
}

function unknown(name: string): BadPredictions {
  const near = nearest(name, metricNames());
  return new BadPredictions(
    `there is no metric "${name}": ${near === undefined ? `there are ${metricNames().join(', ')}` : `did you mean "${near}"?`}`,
  );
}

async function readSchema(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    throw new BadPredictions(`the JSON Schema ${file} cannot be read (${messageOf(error)}): check the path`);
  }
}
