import type { Metric, MetricItem, Score } from '../../metrics/metric.ts';
import { SIDES, type Side } from './answers.ts';
import { compareSides } from './compare-sides.ts';
import type { Compared, ScoredItem } from './report.ts';

/** One row with the answers of both models. */
export interface BothAnswers {
  id: string;
  slices: string[];
  items: Record<Side, MetricItem>;
}

/**
 * Scores both models on every row; each scored row is handed on as it is done.
 * @returns every metric over all rows, by its spec.
 */
export async function scoreBoth(
  rows: Iterable<BothAnswers>,
  metrics: readonly Metric[],
  watch: { signal?: AbortSignal; scored(item: ScoredItem): void },
): Promise<Record<string, Compared>> {
  const items: Record<Side, MetricItem[]> = { candidate: [], champion: [] };
  const found: Record<Side, Score[][]> = { candidate: metrics.map(() => []), champion: metrics.map(() => []) };
  for (const { id, slices, items: both } of rows) {
    watch.signal?.throwIfAborted();
    const item: ScoredItem = { id, ...(slices.length > 0 ? { slices } : {}), candidate: {}, champion: {} };
    for (const side of SIDES) {
      items[side].push(both[side]);
      for (const [i, metric] of metrics.entries()) {
        const score = await metric.score(both[side]);
        (found[side][i] as Score[]).push(score);
        item[side][metric.spec] = score.value;
        if (score.value === null)
          (item.why ??= {})[metric.spec] = `${side}: ${score.why ?? 'not measured'}`.slice(0, 300);
      }
    }
    watch.scored(item);
  }
  const scoresAt = (i: number): Record<Side, Score[]> => ({
    candidate: found.candidate[i] as Score[],
    champion: found.champion[i] as Score[],
  });
  return Object.fromEntries(metrics.map((metric, i) => [metric.spec, compareSides(metric, items, scoresAt(i))]));
}
