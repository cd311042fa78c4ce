import { readFile } from 'node:fs/promises';
import { digestOf } from '../../artifacts/canonical.ts';
import type { Evaluate } from '../../configs/evaluate.ts';
import { messageOf, terminal } from '../../configs/failure.ts';
import { loadCustomMetric } from '../../evaluation/custom/load.ts';
import type { Metric } from '../../metrics/metric.ts';
import { MetricSpecError, parseMetric } from '../../metrics/registry.ts';
import { splitSpec } from '../../metrics/specs/options.ts';

/** A metric, and how it lets go of what it started. */
export type OpenMetric = Metric & { close?(): Promise<void> };

/**
 * The metrics of a recipe, ready to score; each has to be closed.
 * @throws TerminalError `BadRecipe` with the metric and what is wrong with it.
 */
export async function openMetrics({
  metrics,
  custom = {},
}: Pick<Evaluate, 'metrics' | 'custom'>): Promise<OpenMetric[]> {
  const schemas = Object.fromEntries(
    await Promise.all(
      filesOf(metrics).map(async (file) => [file, JSON.parse(await readSchema(file)) as unknown] as const),
    ),
  );
  const open: OpenMetric[] = metrics.map((spec) => readable(() => parseMetric(spec, { schemas })));
  try {
    for (const [name, { file, range, better, timeoutSeconds }] of Object.entries(custom)) {
      const own = { name, file, timeoutSeconds, ...(range ? { range } : {}), ...(better ? { better } : {}) };
      open.push(await loadCustomMetric(own));
    }
  } catch (error) {
    // Nobody gets the list, so nobody else could close what was started.
    for (const metric of open) await metric.close?.();
    throw error;
  }
  return open;
}

/** Digests of the schemas that metrics name, by file: they are part of what a score depends on. */
export async function schemasOf(metrics: readonly string[]): Promise<Record<string, string>> {
  const found = filesOf(metrics).map(async (file) => [file, digestOf(await readSchema(file))] as const);
  return Object.fromEntries(await Promise.all(found));
}

/** What is read of a metric as it is written. @throws TerminalError `BadRecipe` in place of a MetricSpecError. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MetricSpecError) throw terminal('BadRecipe', `evaluate.metrics: ${error.message}`);
    throw error;
  }
}

/** Files in `jsonSchema:file=…`. */
const filesOf = (metrics: readonly string[]): string[] =>
  metrics.flatMap((spec) => {
    const { name, options } = readable(() => splitSpec(spec));
    const file = name === 'jsonSchema' ? options.get('file') : undefined;
    return file === undefined ? [] : [file];
  });

async function readSchema(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    JSON.parse(text);
    return text;
  } catch (error) {
    throw terminal(
      'BadRecipe',
      `evaluate.metrics: the schema ${file} cannot be read (${messageOf(error)}): expected a JSON file`,
    );
  }
}
