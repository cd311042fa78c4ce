import type { Mirroring } from '../activities/mirroring/deps.ts';
import { syncLine } from '../activities/mirroring/line.ts';
import { syncRun } from '../activities/mirroring/run.ts';
import { mirrorOf } from '../activities/mirroring/settings.ts';
import type { MirrorOptions, MirrorResult } from '../adapters/mirror.ts';
import type { RunRow } from '../artifacts/ledger/schema.ts';
import { messageOf, TerminalError } from '../configs/failure.ts';

export type { MirrorResult } from '../adapters/mirror.ts';

/** Whether the recipe of a run asks for copies. */
export const asksForCopies = (run: RunRow): boolean => mirrorOf(run) !== undefined;

/** Errors that would be the same for everything else. */
const HOPELESS = new Set(['NoCredentials', 'NoProject', 'BadEndpoint', 'BadLocation']);

/**
 * Compares copies with the ledger and sets them right: each line of models once, by the settings of its newest run,
 * then each run. Tells each result as it comes.
 *
 * @param runs Newest first; those whose recipes ask for no copies are passed over.
 * @throws TerminalError where nothing at all can be done: no credentials, no project
 */
export async function syncRuns(
  deps: Mirroring,
  runs: readonly RunRow[],
  options: MirrorOptions,
  tell: (result: MirrorResult) => void,
): Promise<MirrorResult[]> {
  const results: MirrorResult[] = [];
  const attempt = async (kind: MirrorResult['kind'], key: string, work: () => Promise<MirrorResult[]>) => {
    const found = await work().catch((error: unknown): MirrorResult[] => {
      if (error instanceof TerminalError && HOPELESS.has(error.type)) throw error;
      return [{ kind, key, state: 'failed', what: [], why: messageOf(error) }];
    });
    found.forEach(tell);
    results.push(...found);
  };
  const asked = runs.flatMap((run) => {
    const wanted = mirrorOf(run);
    return wanted ? [{ run, wanted }] : [];
  });
  const lines = new Set<string>();
  for (const { run, wanted } of asked) {
    if (lines.has(run.model)) continue;
    lines.add(run.model);
    await attempt('model', run.model, () => syncLine(deps, run.model, wanted, options));
  }
  for (const { run, wanted } of asked) await attempt('metadata', run.id, () => syncRun(deps, run, wanted, options));
  return results;
}
