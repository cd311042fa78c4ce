import { refsOf } from '../../artifacts/ledger/executions.ts';
import { lastWatermark } from '../../artifacts/ledger/watermark.ts';
import type { ArtifactRef } from '../../configs/refs.ts';
import type { Deps } from '../step/deps.ts';

/**
 * The rows that the last verdict kept, from the store: a feed need not give them again. Undefined where it kept none,
 * and for a snapshot, where a row that is gone was withdrawn.
 */
export async function keptRows(
  { ledger }: Pick<Deps, 'ledger'>,
  { line, source }: { line: string; source: 'feed' | 'snapshot' },
): Promise<ArtifactRef | undefined> {
  if (source !== 'feed') return undefined;
  const last = await lastWatermark(ledger, line);
  if (last?.outcome !== 'kept') return undefined;
  return (await refsOf(ledger, `${last.run_id}/arrivals`, 'out'))['fresh'];
}

/** What is noted of the files that rows came from. */
interface Sources {
  sources?: { from: string; digest?: string; good?: number; bad?: number }[];
}

/**
 * Puts the files of kept rows behind those of this run, so that every row still names its own.
 * @returns all files, and the new number of each file of the kept rows.
 */
export function joinSources(own: Sources, kept: Sources): Required<Sources> & { numberOf: number[] } {
  const sources = [...(own.sources ?? [])];
  const numberOf = (kept.sources ?? []).map((file) => {
    const known = sources.findIndex(({ from, digest }) => from === file.from && digest === file.digest);
    return known === -1 ? sources.push(file) - 1 : known;
  });
  return { sources, numberOf };
}
