import { now } from '../../artifacts/ledger/clock.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { countTries } from '../../artifacts/ledger/job-intents.ts';
import {
  hasEnded,
  jobAt,
  updateIfUnchanged,
  updateJob,
  type RemoteJobRecord,
} from '../../artifacts/ledger/remote-jobs.ts';
import { passedBy } from '../../artifacts/ledger/reservations.ts';
import { endWaiting, setWaiting, type RecordedError } from '../../artifacts/ledger/runs.ts';
import { failpoint } from '../../configs/failpoint.ts';
import type { JobProgress } from '../../configs/progress.ts';
import type { JobService, JobState, RemoteJob, TuneSettings } from '../contracts.ts';
import { RemoteFailure } from './failure.ts';
import { limiterOf } from './limiter.ts';
import { quitQuietly } from './quit.ts';
import { stuck, type Stuck } from './watchdog.ts';

/** What following a job needs. */
export interface Following {
  ledger: Ledger;
  service: JobService;
  settings: TuneSettings;
  signal: AbortSignal;
  /** A job is not asked after more often than so, in ms, however many wait for it. */
  freshMs: number;
  /** ms for which a list or a lookup may not know a job yet. */
  settleMs: number;
  /** Runs that wait for it. */
  runs: readonly string[];
  /** Tells the runs something about a job. */
  tell(row: RemoteJobRecord, message: string): Promise<void>;
  /** Gives a job up for another try with these settings, and orders that. */
  again(row: RemoteJobRecord, settings: TuneSettings, why: RecordedError): Promise<RemoteJobRecord>;
}

/** Looks how far a job is, and after it where it is stuck. */
export async function follow(row: RemoteJobRecord, following: Following): Promise<JobState> {
  if (hasEnded(row)) return stateOf(row);
  // Given up, and the worker died before it was cancelled.
  if (row.state === 'cancelling') return row.error_json === null ? stateOf(row) : giveUp(row, following);
  const looked = row.name === null ? row : await look(row, row.name, following);
  const found = hasEnded(looked) ? undefined : stuck(looked, following.settings.watchdog, Date.now());
  if (looked.warned_at !== null && !found) await calm(looked, following);
  if (hasEnded(looked) || looked.state === 'cancelling') return stateOf(looked);
  if (looked.decision !== null) return decided(looked, looked.decision, following);
  return found ? unstick(looked, found, following) : stateOf(looked);
}

async function look(row: RemoteJobRecord, name: string, following: Following): Promise<RemoteJobRecord> {
  const { ledger, service, signal, freshMs, settleMs } = following;
  if (row.polled_at !== null && Date.now() - Date.parse(row.polled_at) < freshMs) return row;
  let job: RemoteJob;
  try {
    job = await limiterOf(ledger, service, signal)('call', () => service.get(name, signal));
  } catch (error) {
    if (!(error instanceof RemoteFailure) || error.kind !== 'gone') throw error;
    // A job that was created a moment ago may not be known everywhere yet.
    if (Date.now() - Date.parse(row.created_at ?? row.intent_at) < settleMs)
      throw new RemoteFailure('away', `the job ${name} is not known there yet`, { cause: error });
    const at = now();
    const gone = {
      type: 'JobGone',
      message: `the job ${name} is not there any more (${error.message}): somebody deleted it; \`anneal rerun\` orders another`,
    };
    const ended = { state: 'failed', state_at: at, ended_at: at, error_json: JSON.stringify(gone) } as const;
    await updateIfUnchanged(ledger, row, ended);
    return jobAt(ledger, row.label);
  }
  await updateIfUnchanged(ledger, row, changes(row, job));
  return jobAt(ledger, row.label);
}

/** What has changed about a job; its state and its progress each have a time of their own. */
function changes(row: RemoteJobRecord, job: RemoteJob): Partial<RemoteJobRecord> {
  const at = now();
  const progress = job.progress ? JSON.stringify(job.progress) : null;
  const further = job.state !== row.state || (progress !== null && stepIn(progress) !== stepIn(row.progress_json));
  return {
    polled_at: at,
    vendor_state: job.vendorState,
    ...(job.url === undefined ? {} : { url: job.url }),
    ...(job.state === row.state ? {} : { state: job.state, state_at: at }),
    ...(progress === null ? {} : { progress_json: progress }),
    ...(further ? { progress_at: at } : {}),
    ...(hasEnded(job) ? { ended_at: job.endedAt ?? at } : {}),
    ...(job.state === 'failed' ? { error_json: JSON.stringify(errorOf(job)) } : {}),
  };
}

const stepIn = (progress: string | null): number | undefined =>
  progress === null ? undefined : (JSON.parse(progress) as JobProgress).step;

/** Vendors have been seen to fail without a word. */
function errorOf({ name, error, vendorState }: RemoteJob): RecordedError {
  if (error && error.message.trim() !== '') return error;
  return {
    type: error?.type ?? 'JobFailed',
    message: `the vendor ended the job ${name} as ${vendorState} and gave no reason: look at its page, or order it again with \`anneal rerun\``,
  };
}

/** The state of a job as its row has it. */
export function stateOf(row: RemoteJobRecord): JobState {
  if (row.state === 'succeeded') return { state: 'succeeded' };
  if (row.state === 'cancelled' || row.state === 'cancelling') return { state: 'cancelled' };
  if (row.state === 'failed')
    return {
      state: 'failed',
      error: JSON.parse(row.error_json ?? '{"type":"JobFailed","message":"no reason was recorded"}') as RecordedError,
    };
  const progress = row.progress_json === null ? undefined : (JSON.parse(row.progress_json) as JobProgress);
  return { state: 'running', ...(progress ? { progress } : {}) };
}

/** How the sentence begins by which a run says that it waits for a decision. */
const waitingFor = (row: RemoteJobRecord): string => `the job ${row.name ?? row.label} `;

async function unstick(row: RemoteJobRecord, found: Stuck, following: Following): Promise<JobState> {
  const { ledger, runs, tell } = following;
  const { why, policy } = found;
  if (policy === 'cancel') return give(row, why, following);
  if (policy === 'resubmit') return orderAgain(row, found, following);
  const asks = policy === 'ask';
  const { label } = row;
  const wait = `${waitingFor(row)}${why}: \`anneal jobs wait ${label}\`, \`anneal jobs resubmit ${label}\` or \`anneal jobs cancel ${label}\` decides`;
  if (row.warned_at === null) {
    await updateJob(ledger, label, { warned_at: now() });
    await tell(row, asks ? wait : `${waitingFor(row)}${why}; it goes on (tune.watchdog.then is warn)`);
  }
  if (asks) for (const run of runs) await setWaiting(ledger, run, wait);
  return stateOf(row);
}

/** A job that seemed stuck has got further, or has ended: nobody needs to decide any more. */
async function calm(row: RemoteJobRecord, { ledger, runs }: Following): Promise<void> {
  for (const run of runs) await endWaiting(ledger, run, waitingFor(row));
  await updateJob(ledger, row.label, { warned_at: null });
}

/** What a person said about a job. */
async function decided(row: RemoteJobRecord, decision: string, following: Following): Promise<JobState> {
  const { ledger, settings } = following;
  await calm(row, following);
  if (decision === 'cancel') return give(row, 'was cancelled by a person', following);
  if (decision === 'resubmit') {
    const elsewhere = settings.watchdog?.elsewhere;
    return orderAgain(row, { why: 'is ordered again by a person', policy: 'ask', elsewhere }, following);
  }
  const at = now();
  // All times begin anew, that of the deadline too: it would stop the job again at the next look.
  await updateIfUnchanged(ledger, row, { decision: null, state_at: at, progress_at: at, created_at: at });
  return stateOf(row);
}

/** Gives a job up: that is noted before it is cancelled, so that a worker killed in between goes on with it. */
async function give(row: RemoteJobRecord, why: string, following: Following): Promise<JobState> {
  const { ledger, tell } = following;
  const error: RecordedError = {
    type: 'JobStuck',
    message: `the job ${row.name ?? row.label} ${why}: it was cancelled`,
  };
  const given = { state: 'cancelling', state_at: now(), decision: null, error_json: JSON.stringify(error) } as const;
  // Somebody else was faster: what is noted now counts.
  if (!(await updateIfUnchanged(ledger, row, given))) return follow(await jobAt(ledger, row.label), following);
  await tell(row, error.message);
  failpoint('remote.given-up');
  return giveUp(await jobAt(ledger, row.label), following);
}

/** Cancels a job that was given up. One that has succeeded after all is taken. */
async function giveUp(row: RemoteJobRecord, following: Following): Promise<JobState> {
  const { ledger, tell } = following;
  if (hasEnded(row)) return stateOf(row);
  const trouble = await quitQuietly(following, row);
  if (trouble !== undefined) await tell(row, `the job ${row.name} could not be cancelled: ${trouble}`);
  if (trouble === undefined && (await jobAt(ledger, row.label)).state === 'succeeded') {
    await updateJob(ledger, row.label, { error_json: null });
    return { state: 'succeeded' };
  }
  const at = now();
  await updateJob(ledger, row.label, { state: 'failed', state_at: at, ended_at: at });
  return stateOf(await jobAt(ledger, row.label));
}

/** Tries of one job that a watchdog makes for a run by itself. */
const MAX_TRIES = 3;

async function orderAgain(
  row: RemoteJobRecord,
  { why, policy, elsewhere }: Stuck,
  following: Following,
): Promise<JobState> {
  const { ledger, settings } = following;
  const tries = await countTries(ledger, row);
  if (policy === 'resubmit' && tries >= MAX_TRIES)
    return give(row, `${why}, and so did those before it (${tries} tries)`, following);
  if (row.request_json === null)
    return give(row, `${why}, and was found by its label, so that only \`anneal rerun\` can order it again`, following);
  const usd = row.estimate_usd ?? 0;
  if (policy === 'resubmit' && usd > 0 && (await passedBy(ledger, { runId: row.run_id, usd })).length > 0) {
    const asked = `${why}, and another for about $${usd.toFixed(2)} would pass what its recipe may spend`;
    return unstick(row, { why: asked, policy: 'ask', elsewhere }, following);
  }
  const moved = elsewhere ? { ...settings, google: { ...settings.google, location: elsewhere.location } } : settings;
  const error: RecordedError = { type: 'JobStuck', message: `the job ${row.name ?? row.label} ${why}: ordered again` };
  return stateOf(await following.again(row, moved, error));
}
