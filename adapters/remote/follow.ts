import { now } from '../../artifacts/ledger/clock.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { hasEnded, jobAt, updateJob, type RemoteJobRecord } from '../../artifacts/ledger/remote-jobs.ts';
import { recordEvent, setWaiting, type RecordedError } from '../../artifacts/ledger/runs.ts';
import { messageOf, TerminalError } from '../../configs/failure.ts';
import type { JobProgress } from '../../configs/progress.ts';
import type { JobService, JobState, RemoteJob, TuneSettings } from '../contracts.ts';
import { RemoteFailure } from './failure.ts';
import { limiterOf } from './limiter.ts';
import { stuck, type Stuck } from './watchdog.ts';

/** What following a job needs. */
export interface Following {
  ledger: Ledger;
  service: JobService;
  settings: TuneSettings;
  signal: AbortSignal;
  /** A job is not asked after more often than so, in ms, however many wait for it. */
  freshMs: number;
  /** Runs that wait for it. */
  runs: readonly string[];
  /** Orders the next try of a job, with other settings. */
  again(row: RemoteJobRecord, settings: TuneSettings): Promise<RemoteJobRecord>;
}

/** Looks how far a job is, and after it where it is stuck. */
export async function follow(row: RemoteJobRecord, following: Following): Promise<JobState> {
  if (hasEnded(row) || row.state === 'cancelling') return stateOf(row);
  if (row.name === null) throw new RemoteFailure('away', 'the job is not ordered yet');
  const looked = await look(row, row.name, following);
  if (hasEnded(looked)) return stateOf(looked);
  const { decision } = looked;
  if (decision !== null) return decided(looked, decision, following);
  const found = stuck(looked, following.settings.watchdog, Date.now());
  return found ? unstick(looked, found, following) : stateOf(looked);
}

async function look(
  row: RemoteJobRecord,
  name: string,
  { ledger, service, signal, freshMs }: Following,
): Promise<RemoteJobRecord> {
  if (row.polled_at !== null && Date.now() - Date.parse(row.polled_at) < freshMs) return row;
  let job: RemoteJob;
  try {
    job = await limiterOf(ledger, service, signal)('call', () => service.get(name, signal));
  } catch (error) {
    if (!(error instanceof RemoteFailure) || error.kind !== 'gone') throw error;
    await end(ledger, row, 'failed', {
      type: 'JobGone',
      message: `the job ${name} is not there any more (${error.message}): somebody deleted it; \`anneal rerun\` orders another`,
    });
    return jobAt(ledger, row.label);
  }
  await updateJob(ledger, row.label, changes(row, job));
  return jobAt(ledger, row.label);
}

/** What has changed about a job; its state and its progress each have a time of their own. */
function changes(row: RemoteJobRecord, job: RemoteJob): Partial<RemoteJobRecord> {
  const at = now();
  const isOver = ['succeeded', 'failed', 'cancelled'].includes(job.state);
  const progress = job.progress ? JSON.stringify(job.progress) : null;
  const further = job.state !== row.state || (progress !== null && stepIn(progress) !== stepIn(row.progress_json));
  return {
    polled_at: at,
    vendor_state: job.vendorState,
    ...(job.url === undefined ? {} : { url: job.url }),
    ...(job.state === row.state ? {} : { state: job.state, state_at: at }),
    ...(progress === null ? {} : { progress_json: progress }),
    ...(further ? { progress_at: at } : {}),
    ...(isOver ? { ended_at: job.endedAt ?? at } : {}),
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

async function unstick(row: RemoteJobRecord, found: Stuck, following: Following): Promise<JobState> {
  const { ledger } = following;
  const { why, policy } = found;
  if (policy === 'cancel') return give(row, why, following);
  if (policy === 'resubmit') return orderAgain(row, found, following);
  const asks = policy === 'ask';
  const wait = `the job ${row.name ?? row.label} ${why}: \`anneal jobs wait ${row.label}\`, \`anneal jobs resubmit ${row.label}\` or \`anneal jobs cancel ${row.label}\` decides`;
  if (row.warned_at === null) {
    await updateJob(ledger, row.label, { warned_at: now() });
    await tellRuns(
      row,
      asks ? wait : `the job ${row.name ?? row.label} ${why}; it goes on (tune.watchdog.then is warn)`,
      following,
    );
  }
  if (asks) for (const run of following.runs) await setWaiting(ledger, run, wait);
  return stateOf(row);
}

/** What a person said about a job. */
async function decided(row: RemoteJobRecord, decision: string, following: Following): Promise<JobState> {
  const { ledger, runs, settings } = following;
  const at = now();
  await updateJob(ledger, row.label, { decision: null, warned_at: null, state_at: at, progress_at: at });
  for (const run of runs) await setWaiting(ledger, run, null);
  if (decision === 'cancel') return give(row, 'was cancelled by a person', following);
  if (decision === 'resubmit')
    return orderAgain(
      row,
      { why: 'is ordered again by a person', policy: 'resubmit', elsewhere: settings.watchdog?.elsewhere },
      following,
    );
  // A deadline that has passed would stop it again at the next look.
  await updateJob(ledger, row.label, { created_at: at });
  return stateOf(await jobAt(ledger, row.label));
}

async function give(row: RemoteJobRecord, why: string, following: Following): Promise<JobState> {
  await cancelQuietly(row, following);
  const error = { type: 'JobStuck', message: `the job ${row.name ?? row.label} ${why}: it was cancelled` };
  await end(following.ledger, row, 'failed', error);
  await tellRuns(row, error.message, following);
  return { state: 'failed', error };
}

/** Tries of one job that a watchdog makes by itself. */
const MAX_TRIES = 3;

async function orderAgain(row: RemoteJobRecord, { why, elsewhere }: Stuck, following: Following): Promise<JobState> {
  if (row.try >= MAX_TRIES) return give(row, `${why}, and so did those before it (${row.try} tries)`, following);
  await cancelQuietly(row, following);
  await end(following.ledger, row, 'cancelled', { type: 'JobStuck', message: `${why}: ordered again` });
  const { settings } = following;
  const moved = elsewhere ? { ...settings, google: { ...settings.google, location: elsewhere.location } } : settings;
  const next = await following.again(row, moved);
  await tellRuns(
    row,
    `the job ${row.name ?? row.label} ${why}: ordered again as ${next.name ?? next.label}`,
    following,
  );
  return stateOf(next);
}

/** A vendor that cannot cancel, or not now, does not keep us from going on; `anneal jobs orphans` finds what is left. */
async function cancelQuietly(row: RemoteJobRecord, { ledger, service, signal, ...rest }: Following): Promise<void> {
  if (row.name === null) return;
  const { name } = row;
  try {
    await limiterOf(ledger, service, signal)('call', () => service.cancel(name, signal));
  } catch (error) {
    if (!(error instanceof RemoteFailure || error instanceof TerminalError)) throw error;
    await tellRuns(row, `the job ${name} could not be cancelled: ${messageOf(error)}`, {
      ledger,
      service,
      signal,
      ...rest,
    });
  }
}

async function end(
  ledger: Ledger,
  row: RemoteJobRecord,
  state: 'failed' | 'cancelled',
  error: RecordedError,
): Promise<void> {
  const at = now();
  await updateJob(ledger, row.label, { state, state_at: at, ended_at: at, error_json: JSON.stringify(error) });
}

async function tellRuns(row: RemoteJobRecord, message: string, { ledger, runs }: Following): Promise<void> {
  for (const runId of runs) await recordEvent(ledger, { runId, instance: row.instance, kind: 'job', message });
}
