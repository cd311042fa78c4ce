import { setTimeout as sleep } from 'node:timers/promises';
import { terminal } from '../../configs/failure.ts';
import type { JobProgress } from '../../configs/progress.ts';
import { cancelJob, pollJob, type JobProgram } from './job.ts';

/** How often a local job's folder is looked at, in ms: a look costs a few small reads. */
export const LOOK_EVERY_MS = 150;

/**
 * Waits for a local job. A cancelled run stops the job; a worker that is shut down leaves it running for the
 * next attempt to find.
 *
 * @throws TerminalError with the program's own words when it fails for good.
 */
export async function awaitJob(
  folder: string,
  program: JobProgram,
  watch: { signal: AbortSignal; progress?(p: JobProgress): void },
): Promise<void> {
  for (;;) {
    if (watch.signal.aborted) {
      if (isCancelled(watch.signal)) await cancelJob(folder);
      throw watch.signal.reason;
    }
    const found = await pollJob(folder, program);
    if (found.state === 'succeeded') return;
    if (found.state === 'failed') throw terminal(found.error.type, found.error.message);
    if (found.state === 'cancelled') throw terminal('Cancelled', 'the job was cancelled');
    if (found.progress) watch.progress?.(found.progress);
    await sleep(LOOK_EVERY_MS, undefined, { signal: watch.signal }).catch(() => undefined);
  }
}

/** Whether an activity was stopped because its run was cancelled or is gone, rather than because its worker ends. */
export function isCancelled(signal: AbortSignal): boolean {
  return ['CANCELLED', 'NOT_FOUND'].includes(String((signal.reason as Error | undefined)?.message));
}
