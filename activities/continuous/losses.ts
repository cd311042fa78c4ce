import type { Ledger } from '../../artifacts/ledger/open.ts';
import { scaleOf } from '../../evaluation/line/cells.ts';
import { ancestors, listSlices, meansBySlice } from '../../artifacts/ledger/suite.ts';

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
  const champion = (await ancestors(ledger, line)).at(-1)?.model;
  if (champion === undefined) return [];
  const means = await meansBySlice(ledger, { line, metric, model: champion });
  const isLower = scaleOf(metric).better === 'lower';
  return (await listSlices(ledger, line)).flatMap(({ slice }) => {
    const { own, highest, lowest } = means.get(slice) ?? { own: null, highest: 0, lowest: 0 };
    return own === null ? [] : [{ slice, loss: Math.max(0, isLower ? own - lowest : highest - own) }];
  });
}

/** The mean loss over slices; 0 where nothing was measured. */
export const meanLoss = (found: readonly Loss[]): number =>
  found.length === 0 ? 0 : found.reduce((sum, { loss }) => sum + loss, 0) / found.length;
