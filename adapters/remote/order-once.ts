import { setTimeout as sleep } from 'node:timers/promises';
import { failpoint } from '../../configs/failpoint.ts';
import { TerminalError } from '../../configs/failure.ts';
import { now } from '../../artifacts/ledger/clock.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { otherTries, renumber } from '../../artifacts/ledger/job-intents.ts';
import {
  beginSending,
  findJob,
  hasEnded,
  jobAt,
  nameJob,
  updateJob,
  type RemoteJobRecord,
} from '../../artifacts/ledger/remote-jobs.ts';
import type { JobService, RemoteJob } from '../contracts.ts';
import { RemoteFailure } from './failure.ts';
import { label } from './labels.ts';
import { limiterOf } from './limiter.ts';
import { quit } from './quit.ts';
import { mayBeWaiting, sender } from './sender.ts';

/** How long a creating call may take where its service does not say, in ms; after it nobody waits for its answer. */
const CREATE_TIMEOUT_MS = 60_000;
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
  const limited = limiterOf(ledger, service, signal);
  let row = await settled(wanted, ordering);
  if (row.name !== null || row.state !== 'intended') return row;
  const found = await limited('call', () => service.find(row.key, signal));
  const known = ownAmong(found, row, await otherTries(ledger, row));
  if (known) return adopt(ordering, row, known);
  const taken = Math.max(0, ...found.map(({ labels }) => Number(labels['anneal_try'] ?? 0)));
  if (taken >= row.try && row.sent_at === null) row = (await renumber(ledger, row.label, taken)) ?? busy();
  let request: unknown = JSON.parse(row.request_json ?? 'null');
  if (row.request_json === null) {
    request = await stage(row.label);
    await updateJob(ledger, row.label, { request_json: JSON.stringify(request) });
    failpoint('remote.staged');
  }
  const created = await limited('submit', async () => {
    // The row as it was before we looked: what another worker has sent since is not among what was found.
    if (!(await beginSending(ledger, row, sender()))) return undefined;
    failpoint('remote.sending');
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(createTimeoutOf(service))]);
    try {
      return await service.create(request, label(row), timeout);
    } catch (error) {
      await noteFailed(ledger, row, error);
      throw error;
    }
  });
  if (!created) {
    const now = await findJob(ledger, row.label);
    return now && (now.name !== null || now.state !== 'intended') ? now : busy();
  }
  failpoint('remote.created');
  await nameJob(ledger, row.label, { ...seen(created), created_at: created.createdAt ?? now() });
  failpoint('remote.recorded');
  return unwanted(ordering, await jobAt(ledger, row.label));
}

const createTimeoutOf = ({ createTimeoutMs = CREATE_TIMEOUT_MS }: JobService): number => createTimeoutMs;

const busy = (): never => {
  throw new RemoteFailure('away', 'another worker is ordering the same job at this moment');
};

/** A job that was to be cancelled while it was being created is cancelled now. */
async function unwanted(ordering: Ordering, row: RemoteJobRecord): Promise<RemoteJobRecord> {
  return row.state === 'cancelling' ? quit(ordering, row) : row;
}

/**
 * The row, once a call of which nobody knew what came of it must have shown its effect. Who made the call, and lives,
 * will note its outcome: that is waited for as long as such a call may take, by our own watch, which stands still
 * while the machine sleeps.
 */
export async function settled(
  wanted: RemoteJobRecord,
  { ledger, service, settleMs = SETTLE_MS, signal }: Ordering,
): Promise<RemoteJobRecord> {
  const began = performance.now();
  for (;;) {
    const row = (await findJob(ledger, wanted.label)) ?? busy();
    if (row.name !== null || row.sent_at === null) return row;
    const isWaiting = mayBeWaiting(row.sent_by) && performance.now() - began < createTimeoutOf(service);
    const restMs = Date.parse(row.sent_at) + settleMs - Date.now();
    if (!isWaiting && restMs <= 0) return row;
    await sleep(Math.min(LOOK_EVERY_MS, Math.max(20, restMs)), undefined, { signal });
  }
}

/**
 * Our job among those with our key: of our own try, or one that was ordered from another state folder and may still
 * succeed. Earlier tries of this ledger were given up, and are taken only where they have succeeded after all.
 */
function ownAmong(
  found: readonly RemoteJob[],
  row: RemoteJobRecord,
  others: readonly RemoteJobRecord[],
): RemoteJob | undefined {
  const inOrder = found.toSorted((a, b) => (a.createdAt ?? '').localeCompare(b.createdAt ?? ''));
  const sent = inOrder.filter(({ labels }) => Number(labels['anneal_try'] ?? 1) === row.try && row.sent_at !== null);
  const run = label(row)['anneal_run'];
  const own = sent.find(({ labels }) => labels['anneal_run'] === run) ?? sent[0];
  const givenUp = new Set(others.map(({ name }) => name));
  return (
    own ??
    inOrder.findLast(
      ({ name, state }) =>
        state === 'succeeded' || (!givenUp.has(name) && (state === 'running' || state === 'pending')),
    )
  );
}

async function adopt(ordering: Ordering, row: RemoteJobRecord, job: RemoteJob): Promise<RemoteJobRecord> {
  const { ledger } = ordering;
  await nameJob(ledger, row.label, { ...seen(job), adopted: 1, created_at: job.createdAt ?? now() });
  failpoint('remote.adopted');
  return unwanted(ordering, await jobAt(ledger, row.label));
}

/** What a job is by now, for its row. */
export function seen(job: RemoteJob): Partial<RemoteJobRecord> & Pick<RemoteJobRecord, 'name' | 'state' | 'state_at'> {
  const at = now();
  return {
    name: job.name,
    url: job.url ?? null,
    state: job.state,
    vendor_state: job.vendorState,
    state_at: at,
    progress_at: at,
    polled_at: at,
    ...(hasEnded(job) ? { ended_at: job.endedAt ?? at } : {}),
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
