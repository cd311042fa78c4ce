import { setTimeout as sleep } from 'node:timers/promises';
import { letGo } from '../../artifacts/ledger/job-claims.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { intendJob, type NewIntent } from '../../artifacts/ledger/job-intents.ts';
import { findClaimed, hasEnded, jobAt, updateJob, type RemoteJobRecord } from '../../artifacts/ledger/remote-jobs.ts';
import { terminal } from '../../configs/failure.ts';
import type { JobService, RemoteJob } from '../contracts.ts';
import { isCancelled } from '../local/await.ts';
import { RemoteFailure } from './failure.ts';
import { limiterOf } from './limiter.ts';
import { orderOnce, seen, type Ordering } from './order-once.ts';
import { quit } from './quit.ts';
import { stopJob } from './stop.ts';

/** What a job is run with. */
export interface JobRun {
  ledger: Ledger;
  service: JobService;
  /** Between two looks, in ms. */
  pollMs: number;
  settleMs?: number | undefined;
  signal: AbortSignal;
}

/** A vendor may be silent about a job for so long, in ms: it runs for hours, and the errors of a step are counted. */
const MOST_SILENCE_MS = 30 * 60_000;

/**
 * Runs a paid job to its end: ordered exactly once, found again by the next worker, cancelled with its run.
 *
 * @param stage What is sent; made once.
 * @returns The job, succeeded, and its row.
 * @throws TerminalError `JobFailed` when it failed or was cancelled.
 */
export async function runJob(
  { ledger, service, pollMs, settleMs, signal }: JobRun,
  intent: NewIntent,
  stage: (label: string) => Promise<unknown>,
): Promise<{ job: RemoteJob; row: RemoteJobRecord }> {
  const ordering: Ordering = { ledger, service, settleMs, signal };
  const limited = limiterOf(ledger, service, signal);
  const pause = async (): Promise<void> => {
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  };
  try {
    const wanted = (await findClaimed(ledger, intent.jobKey)) ?? (await intendJob(ledger, intent));
    const row = hasEnded(wanted) ? wanted : await orderOnce(ordering, wanted, stage);
    const { name } = row;
    if (name === null) throw failed(row.label, row.error_json);
    let heardAt = performance.now();
    for (;;) {
      const job = await limited('call', () => service.get(name, signal)).catch((error: unknown) => {
        const isAway = error instanceof RemoteFailure && error.kind !== 'gone';
        if (!isAway || signal.aborted || performance.now() - heardAt > MOST_SILENCE_MS) throw error;
        return undefined;
      });
      if (!job) {
        await pause();
        continue;
      }
      heardAt = performance.now();
      const { name: _name, ...state } = seen(job);
      await updateJob(ledger, row.label, state);
      if (job.state === 'succeeded') return { job, row };
      if (job.state === 'failed' || job.state === 'cancelled') throw failed(name, JSON.stringify(job.error ?? null));
      // A person's decision; the next look finds it cancelled.
      if ((await jobAt(ledger, row.label)).decision === 'cancel') {
        await quit(ordering, { ...row, name });
        await updateJob(ledger, row.label, { decision: null });
      }
      await pause();
    }
  } catch (error) {
    // A worker that is shut down leaves the job to the next one.
    if (!signal.aborted) throw error;
    const mine = isCancelled(signal) ? await letGo(ledger, intent.jobKey) : undefined;
    if (mine) await stopJob({ ...ordering, signal: new AbortController().signal }, mine, async () => undefined);
    throw signal.reason;
  }
}

function failed(name: string, errorJson: string | null): Error {
  const { message } = (JSON.parse(errorJson ?? 'null') ?? {}) as { message?: string };
  return terminal(
    'JobFailed',
    `the job ${name} did not succeed (${message || 'the vendor gives no reason'}): look at its page in the console, then \`anneal rerun\``,
  );
}
