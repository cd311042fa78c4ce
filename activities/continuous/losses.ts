import type { Ledger } from '../../artifacts/ledger/open.ts';
import { ancestors, keptMeans, listSlices } from '../../artifacts/ledger/suite.ts';

/** How much less the champion scores on a slice than the best of its line did. */
export interface Loss {
  slice: string;
  /** In units of the metric, turned so that more is worse; 0 and more. */
  loss: number;
}

/**
 * What the champion of a line has lost on the slices of earlier periods, against the best model that was a champion
 * since. Slices on which it was not measured are absent.
 */
export async function losses(ledger: Ledger, line: string, metric: string): Promise<Loss[]> {
  const all = (await ancestors(ledger, line)).map(({ model }) => model);
  const champion = all.at(-1);
  if (champion === undefined) return [];
  const champions = new Set(all);
  const means = Map.groupBy(await keptMeans(ledger, line, metric), ({ slice }) => slice);
  const lower = /^(ter|brier|ece)\b/.test(metric) ? -1 : 1;
  return (await listSlices(ledger, line)).flatMap(({ slice }) => {
    const on = (means.get(slice) ?? []).filter(({ model }) => champions.has(model));
    const own = on.find(({ model }) => model === champion);
    if (!own) return [];
    const best = Math.max(...on.map(({ mean }) => lower * mean));
    return [{ slice, loss: Math.max(0, best - lower * own.mean) }];
  });
}

/** The mean loss over slices; 0 where nothing was measured. */
export const meanLoss = (found: readonly Loss[]): number =>
  found.length === 0 ? 0 : found.reduce((sum, { loss }) => sum + loss, 0) / found.length;
