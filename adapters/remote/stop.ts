import { now } from '../../artifacts/ledger/clock.ts';
import { jobAt, nameJob, updateJob, type RemoteJobRecord } from '../../artifacts/ledger/remote-jobs.ts';
import { TerminalError } from '../../configs/failure.ts';
import { limiterOf } from './limiter.ts';
import { seen, settled, type Ordering } from './order-once.ts';
import { quit } from './quit.ts';
import { mayBeWaiting } from './sender.ts';

/**
 * Cancels a job that nobody waits for any more and that is noted as `cancelling`; one that was perhaps ordered is
 * looked for first. A worker that is creating it at this moment cancels it itself, when it has its answer.
 */
export async function stopJob(
  ordering: Ordering,
  row: RemoteJobRecord,
  tell: (message: string) => Promise<void>,
): Promise<void> {
  const { ledger, service, signal } = ordering;
  if (row.name === null && row.sent_at !== null) {
    if (mayBeWaiting(row.sent_by)) return;
    await find(ordering, await settled(row, ordering));
  }
  const known = await jobAt(ledger, row.label);
  const at = now();
  if (known.name === null) {
    await updateJob(ledger, row.label, {
      state: 'cancelled',
      state_at: at,
      ended_at: at,
      sent_at: null,
      sent_by: null,
    });
    return;
  }
  try {
    await quit(ordering, known);
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    const { name } = known;
    const job = await limiterOf(ledger, service, signal)('call', () => service.get(name, signal));
    await updateJob(ledger, row.label, { state: job.state, vendor_state: job.vendorState, state_at: at });
    await tell(`the job ${name} could not be cancelled: ${error.message}`);
  }
}

/** A call was made for it, and nobody knows what came of it. */
async function find({ ledger, service, signal }: Ordering, row: RemoteJobRecord): Promise<void> {
  if (row.name !== null) return;
  const found = await limiterOf(ledger, service, signal)('call', () => service.find(row.key, signal));
  const own = found.find(({ labels }) => Number(labels['anneal_try'] ?? 1) === row.try);
  if (own) await nameJob(ledger, row.label, { ...seen(own), adopted: 1, created_at: own.createdAt ?? now() });
}
