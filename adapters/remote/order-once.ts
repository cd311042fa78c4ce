import { setTimeout as sleep } from 'node:timers/promises';
import { failpoint } from '../../configs/failpoint.ts';
import { TerminalError } from '../../configs/failure.ts';
import { now } from '../../artifacts/ledger/clock.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { beginSending, jobAt, renumber, updateJob, type RemoteJobRecord } from '../../artifacts/ledger/remote-jobs.ts';
import type { JobService, RemoteJob } from '../contracts.ts';
import { RemoteFailure } from './failure.ts';
import { label } from './labels.ts';
import { limiterOf } from './limiter.ts';
import { mayBeWaiting, sender } from './sender.ts';

/** How long a creating call may take, in ms; after it nobody waits for its answer. */
export const CREATE_TIMEOUT_MS = 60_000;
/**
 * How long after a call whose outcome is not known one looks for its job, in ms: what was sent may still be on its way,
 * and lists of a vendor may lag behind. Too low: a job may be ordered twice. Too high: crashes cost time.
 */
export const SETTLE_MS = 15_000;

/** How often one looks whether a call of another worker has been answered, in ms. */
const LOOK_EVERY_MS = 200;

/** What ordering needs. */
export interface Ordering {
  ledger: Ledger;
  service: JobService;
  /** Default: SETTLE_MS. */
  settleMs?: number | undefined;
  signal: AbortSignal;
}

/**
 * Orders a job that was intended, exactly once, wherever the workers before died: a creating call is written down
 * before it is made; when its outcome is not known, the vendor is asked for a job with our label, and only if there is
 * none after a while is another call made.
 *
 * @param stage What is sent, made when it is not in the ledger yet.
 * @throws TerminalError when the vendor refuses it for good, RemoteFailure when it has to be tried again later.
 */
export async function orderOnce(
  ordering: Ordering,
  wanted: RemoteJobRecord,
  stage: (label: string) => Promise<unknown>,
): Promise<RemoteJobRecord> {
  const { ledger, service, signal } = ordering;
  let row = await settled(wanted.label, ordering);
  if (row.name !== null) return row;
  // What was not under way when the vendor was asked must not be by the time of the call either.
  const { sent_at: before } = row;
  const limited = limiterOf(ledger, service, signal);
  const found = await limited('call', () => service.find(row.key, signal));
  const known = ownAmong(found, row);
  if (known) return adopt(ledger, row, known);
  const taken = Math.max(0, ...found.map(({ labels }) => Number(labels['anneal_try'] ?? 0)));
  if (taken >= row.try && row.sent_at === null) row = await renumber(ledger, row.label, taken);
  if (row.request_json === null) {
    const request = await stage(row.label);
    await updateJob(ledger, row.label, { request_json: JSON.stringify(request) });
    failpoint('remote.staged');
    row = await jobAt(ledger, row.label);
  }
  const request: unknown = JSON.parse(row.request_json ?? 'null');
  const created = await limited('submit', async () => {
    if (!(await beginSending(ledger, { label: row.label, sent_at: before }, sender()))) return undefined;
    failpoint('remote.sending');
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(CREATE_TIMEOUT_MS)]);
    try {
      return await service.create(request, label(row), timeout);
    } catch (error) {
      await noteFailed(ledger, row, error);
      throw error;
    }
  });
  if (!created) {
    const now = await jobAt(ledger, row.label);
    if (now.name !== null) return now;
    throw new RemoteFailure('away', 'another run is ordering the same job at this moment');
  }
  failpoint('remote.created');
  await updateJob(ledger, row.label, {
    ...seen(created),
    sent_at: null,
    sent_by: null,
    created_at: created.createdAt ?? now(),
  });
  failpoint('remote.recorded');
  return jobAt(ledger, row.label);
}

/** Waits until a call of which nobody knows what came of it has been answered, or must have shown its effect. */
async function settled(label: string, { ledger, settleMs = SETTLE_MS, signal }: Ordering): Promise<RemoteJobRecord> {
  for (;;) {
    const row = await jobAt(ledger, label);
    if (row.name !== null || row.sent_at === null) return row;
    const until = Date.parse(row.sent_at) + settleMs + (mayBeWaiting(row.sent_by) ? CREATE_TIMEOUT_MS : 0);
    const left = until - Date.now();
    if (left <= 0) return row;
    await sleep(Math.min(LOOK_EVERY_MS, left), undefined, { signal });
  }
}

/** Our job among those with our key: of our own try, or one of another state folder that may still succeed. */
function ownAmong(found: readonly RemoteJob[], row: RemoteJobRecord): RemoteJob | undefined {
  const inOrder = found.toSorted((a, b) => (a.createdAt ?? '').localeCompare(b.createdAt ?? ''));
  const own = inOrder.find(({ labels }) => Number(labels['anneal_try'] ?? 1) === row.try && row.sent_at !== null);
  return own ?? inOrder.findLast(({ state }) => state === 'succeeded' || state === 'running' || state === 'pending');
}

async function adopt(ledger: Ledger, row: RemoteJobRecord, job: RemoteJob): Promise<RemoteJobRecord> {
  await updateJob(ledger, row.label, {
    ...seen(job),
    adopted: 1,
    sent_at: null,
    sent_by: null,
    created_at: job.createdAt ?? now(),
  });
  failpoint('remote.adopted');
  return jobAt(ledger, row.label);
}

/** What a job is by now, for its row. */
export function seen(job: RemoteJob): Partial<RemoteJobRecord> {
  const at = now();
  const isOver = job.state === 'succeeded' || job.state === 'failed' || job.state === 'cancelled';
  return {
    name: job.name,
    url: job.url ?? null,
    state: job.state,
    vendor_state: job.vendorState,
    state_at: at,
    progress_at: at,
    polled_at: at,
    ...(isOver ? { ended_at: job.endedAt ?? at } : {}),
    ...(job.error ? { error_json: JSON.stringify(job.error) } : {}),
  };
}

/** A call that certainly did nothing leaves nothing to look for; of one that may have done it the time stays. */
async function noteFailed(ledger: Ledger, row: RemoteJobRecord, error: unknown): Promise<void> {
  if (error instanceof TerminalError) {
    const { type, message } = error;
    await updateJob(ledger, row.label, {
      state: 'failed',
      state_at: now(),
      ended_at: now(),
      sent_at: null,
      sent_by: null,
      error_json: JSON.stringify({ type, message }),
    });
  } else if (error instanceof RemoteFailure && (error.kind === 'quota' || error.kind === 'away')) {
    await updateJob(ledger, row.label, { sent_at: null, sent_by: null });
  } else {
    // Nobody waits for its answer any more; what it did will show.
    await updateJob(ledger, row.label, { sent_at: now(), sent_by: null });
  }
}
