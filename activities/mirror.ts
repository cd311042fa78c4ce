import { Context } from '@temporalio/activity';
import type { MirrorResult } from '../adapters/mirror.ts';
import { findRun, recordEvent } from '../artifacts/ledger/runs.ts';
import { messageOf } from '../configs/failure.ts';
import type { Mirroring } from './mirroring/deps.ts';
import { syncLine } from './mirroring/line.ts';
import { syncRun } from './mirroring/run.ts';
import { mirrorOf } from './mirroring/settings.ts';
import type { Deps } from './step/deps.ts';

/** Signs of life, in ms: a deployment takes many minutes. */
const BEAT_MS = 3000;

/** Copies of what a run left, for those who look elsewhere. */
export interface MirrorRecord {
  /** Copies a run and its line; what could not be copied is noted in the log of the run, and `anneal sync` does it. */
  mirrorRun(run: { id: string }): Promise<{ copied: number; failed: number }>;
}

export function createMirrorRecord({ ledger, store, mirroring }: Deps): MirrorRecord {
  return {
    mirrorRun: async ({ id }) => {
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), BEAT_MS);
      const note = (message: string): Promise<void> =>
        recordEvent(ledger, { runId: id, instance: 'mirror', kind: 'mirror', message });
      try {
        const run = await findRun(ledger, id);
        const wanted = run && mirrorOf(run);
        if (!run || !wanted) return { copied: 0, failed: 0 };
        if (!mirroring) {
          await note('this worker cannot copy to Google Cloud: `anneal sync` does it elsewhere');
          return { copied: 0, failed: 1 };
        }
        const deps: Mirroring = { ledger, store, ...mirroring };
        const options = { dryRun: false, signal: context.cancellationSignal };
        // The line first: the graph names what stands in the registry.
        const results: MirrorResult[] = [
          ...(await syncLine(deps, run.model, wanted, options)),
          ...(await syncRun(deps, run, wanted, options)),
        ];
        const failed = results.filter(({ state }) => state === 'failed');
        for (const { why } of failed) await note(`not copied: ${why ?? 'for no known reason'}`);
        return { copied: results.length - failed.length, failed: failed.length };
      } catch (error) {
        if (context.cancellationSignal.aborted) throw error;
        // A copy is never worth a run: what is missing is said, and repaired by `anneal sync`.
        await note(`not copied: ${messageOf(error)}`);
        return { copied: 0, failed: 1 };
      } finally {
        clearInterval(beat);
      }
    },
  };
}
