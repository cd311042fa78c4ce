import { existsSync } from 'node:fs';
import { openMetrics } from '../../activities/evaluation/metrics.ts';
import { TerminalError } from '../../configs/failure.ts';
import type { Recipe } from '../../configs/recipe.ts';

/** What is wrong with the metrics of a recipe beyond their names: options, schemas, files that cannot be loaded. */
export async function checkMetrics({ evaluate }: Recipe): Promise<{ path: string; message: string }[]> {
  const problems: { path: string; message: string }[] = [];
  const tryOut = async (path: string, part: Parameters<typeof openMetrics>[0]): Promise<void> => {
    try {
      const open = await openMetrics(part);
      for (const metric of open) await metric.close?.();
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      problems.push({ path, message: error.message.replace(/^evaluate\.metrics: /, '') });
    }
  };
  for (const [i, spec] of evaluate.metrics.entries()) await tryOut(`evaluate.metrics.${i}`, { metrics: [spec] });
  for (const [name, metric] of Object.entries(evaluate.custom ?? {}))
    await tryOut(`evaluate.custom.${name}`, { metrics: [], custom: { [name]: metric } });
  const templates = evaluate.bias?.templates;
  if (templates !== undefined && !existsSync(templates))
    problems.push({ path: 'evaluate.bias.templates', message: `there is no file ${templates}: check the path` });
  return problems;
}
