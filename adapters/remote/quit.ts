import { failpoint } from '../../configs/failpoint.ts';
import { TerminalError } from '../../configs/failure.ts';
import { now } from '../../artifacts/ledger/clock.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { hasEnded, jobAt, updateJob, type RemoteJobRecord } from '../../artifacts/ledger/remote-jobs.ts';
import type { JobService, RemoteJob } from '../contracts.ts';
import { RemoteFailure } from './failure.ts';
import { limiterOf } from './limiter.ts';

/**
 * Cancels a job at its vendor and notes what has become of it: an ended one stays as it is, and a vendor may take its
 * time. Doing it again does no harm.
 *
 * @returns Its row: `cancelled`, `succeeded`, `failed`, or still `cancelling`.
 * @throws RemoteFailure when the vendor is away. @throws TerminalError `CannotCancel`
 */
export async function quit(
  { ledger, service, signal }: { ledger: Ledger; service: JobService; signal: AbortSignal },
  row: RemoteJobRecord,
): Promise<RemoteJobRecord> {
  const { name, label } = row;
  if (name === null) return row;
  const limited = limiterOf(ledger, service, signal);
  let after: RemoteJob | undefined;
  try {
    await limited('call', () => service.cancel(name, signal));
    failpoint('remote.cancelled');
    after = await limited('call', () => service.get(name, signal));
  } catch (error) {
    if (!(error instanceof RemoteFailure && error.kind === 'gone')) throw error;
  }
  await updateJob(ledger, label, outcome(after));
  return jobAt(ledger, label);
}

/** What a job that was to be cancelled is by now. */
function outcome(job: RemoteJob | undefined): Partial<RemoteJobRecord> {
  const at = now();
  if (!job) return { state: 'cancelled', state_at: at, polled_at: at, ended_at: at };
  const isOver = hasEnded(job);
  return {
    state: isOver ? job.state : 'cancelling',
    vendor_state: job.vendorState,
    polled_at: at,
    ...(isOver ? { state_at: at, ended_at: job.endedAt ?? at } : {}),
  };
}

/** As {@link quit}, but a vendor that cannot cancel, or not now, keeps nobody from going on: gives its words. */
export async function quitQuietly(at: Parameters<typeof quit>[0], row: RemoteJobRecord): Promise<string | undefined> {
  try {
    await quit(at, row);
    return undefined;
  } catch (error) {
    if (error instanceof RemoteFailure || error instanceof TerminalError) return error.message;
    throw error;
  }
}
