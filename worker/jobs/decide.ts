import { stopJob } from '../../adapters/remote/stop.ts';
import { SETTLE_MS } from '../../adapters/remote/order-once.ts';
import { waitersOf } from '../../artifacts/ledger/job-claims.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import {
  hasEnded,
  jobAt,
  listJobs,
  updateIfUnchanged,
  type RemoteJobRecord,
} from '../../artifacts/ledger/remote-jobs.ts';
import { terminal } from '../../configs/failure.ts';
import { serviceAt } from './services.ts';

/** The step that orders batches of answers. */
const ANSWERS = 'evaluate';

export type Decision = 'wait' | 'cancel' | 'resubmit';

/** A decision that was noted, or carried out at once. */
export interface Decided {
  job: RemoteJobRecord;
  decision: Decision;
  /** Runs that will carry it out at their next look; none: it is done. */
  runs: string[];
}

/** The jobs that a label, the beginning of one, or a vendor's name means. */
export async function jobsMeant(ledger: Ledger, text: string): Promise<RemoteJobRecord[]> {
  const all = await listJobs(ledger);
  const exact = all.filter(({ label, name }) => label === text || name === text || name?.endsWith(`/${text}`));
  return exact.length > 0 ? exact.slice(0, 1) : all.filter(({ label }) => label.startsWith(text));
}

/**
 * Notes what a person decides about a job; the run that waits for it carries it out at its next look. A job that
 * nobody waits for is cancelled at once.
 *
 * @throws TerminalError `NothingToDecide` when it can have no effect.
 */
export async function decide(ledger: Ledger, row: RemoteJobRecord, decision: Decision): Promise<Decided> {
  const nothing = (why: string): never => {
    throw terminal('NothingToDecide', `the job ${row.name ?? row.label} ${why}`);
  };
  if (hasEnded(row)) return nothing(`is over (${row.state}): there is nothing to decide`);
  const runs = await waitersOf(ledger, row.label);
  if (runs.length === 0) {
    if (decision !== 'cancel') return nothing('is waited for by no run: only `anneal jobs cancel` has an effect');
    return { job: await cancelNow(ledger, row), decision, runs };
  }
  if (row.state === 'cancelling') return nothing('is being cancelled already');
  if (row.instance === ANSWERS && decision !== 'cancel')
    return nothing(
      `is a batch of answers, which has no watchdog: \`anneal jobs cancel\`, then \`anneal rerun ${runs[0]}\``,
    );
  if (row.name === null) return nothing(`is not ordered yet: \`anneal cancel ${runs[0]}\` ends its run`);
  if (!(await updateIfUnchanged(ledger, row, { decision })))
    return nothing('has just changed: look with `anneal jobs`, then decide again');
  return { job: await jobAt(ledger, row.label), decision, runs };
}

async function cancelNow(ledger: Ledger, row: RemoteJobRecord): Promise<RemoteJobRecord> {
  const state = { state: 'cancelling', state_at: new Date().toISOString() } as const;
  if (row.state !== 'cancelling') await updateIfUnchanged(ledger, row, state);
  const ordering = { ledger, service: await serviceAt(row), settleMs: SETTLE_MS, signal: new AbortController().signal };
  const said: string[] = [];
  await stopJob(ordering, row, async (message) => void said.push(message));
  if (said.length > 0) throw terminal('CannotCancel', said.join('; '));
  return jobAt(ledger, row.label);
}
