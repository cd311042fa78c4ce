import { terminal } from '../../configs/failure.ts';
import { digestOf, hexOf } from '../canonical.ts';
import { now } from './clock.ts';
import type { Ledger } from './open.ts';
import { findClaimed, findJob, jobAt, updateJob, type ClaimedJob, type RemoteJobRecord } from './remote-jobs.ts';
import type { RecordedError } from './runs.ts';

/** The label by which a job is found again: 40 hex digits out of what its result depends on. */
export function jobKeyOf(cacheKey: string, forcedBy?: string): string {
  return hexOf(forcedBy === undefined ? cacheKey : digestOf(`${cacheKey} ${forcedBy}`)).slice(0, 40);
}

export interface NewIntent {
  /** Run and step instance that wants it. */
  jobKey: string;
  /** Of {@link jobKeyOf}. */
  key: string;
  provider: string;
  scope: string;
  settings: unknown;
  runId: string;
  instance: string;
  line: string;
  estimateUsd: number | null;
}

/**
 * Writes down that a job is wanted, before anybody is asked for it. One that is under way or has succeeded under the
 * same key is taken; after one that failed there is another try.
 *
 * @throws TerminalError `Cancelled` when the run was cancelled or has ended meanwhile.
 */
export async function intendJob(ledger: Ledger, intent: NewIntent): Promise<ClaimedJob> {
  return ledger.transaction().execute(async (tx) => {
    const own = await findClaimed(tx, intent.jobKey);
    if (own) return own;
    await refuseUnwanted(tx, intent);
    const latest = await latestTry(tx, intent.key);
    const row =
      latest === undefined || ['failed', 'cancelled', 'cancelling'].includes(latest.state)
        ? await insertTry(tx, intent, (latest?.try ?? 0) + 1)
        : await taken(tx, latest, intent);
    const isShared = row.run_id !== intent.runId;
    await tx
      .insertInto('job_claims')
      .values({
        job_key: intent.jobKey,
        label: row.label,
        run_id: intent.runId,
        adopted: isShared ? 1 : 0,
        at: now(),
      })
      .execute();
    return { ...row, isShared, claimedBy: intent.runId };
  });
}

/** A worker that is slow, or does not know yet that its run is over, orders nothing that nobody would stop. */
async function refuseUnwanted(tx: Ledger, { runId, instance }: NewIntent): Promise<void> {
  const run = await tx.selectFrom('runs').select('ended_at').where('id', '=', runId).executeTakeFirst();
  const step = await tx
    .selectFrom('executions')
    .select('status')
    .where('run_id', '=', runId)
    .where('instance', '=', instance)
    .executeTakeFirst();
  if ((run?.ended_at ?? null) !== null || step?.status === 'cancelled')
    throw terminal('Cancelled', `the run ${runId} was over before its job was ordered: nothing was ordered`);
}

/** An intent of a run that ended before anything was sent is carried out as the run that comes after it wants it. */
async function taken(tx: Ledger, row: RemoteJobRecord, intent: NewIntent): Promise<RemoteJobRecord> {
  if (row.state !== 'intended' || row.sent_at !== null) return row;
  const wanted = await tx
    .selectFrom('job_claims')
    .leftJoin('runs', 'runs.id', 'job_claims.run_id')
    .select('job_claims.job_key')
    .where('job_claims.label', '=', row.label)
    .where('runs.ended_at', 'is', null)
    .executeTakeFirst();
  if (wanted) return row;
  await updateJob(tx, row.label, {
    scope: intent.scope,
    settings_json: JSON.stringify(intent.settings),
    request_json: null,
    run_id: intent.runId,
    instance: intent.instance,
    line: intent.line,
    estimate_usd: intent.estimateUsd,
    intent_at: now(),
  });
  return jobAt(tx, row.label);
}

/**
 * Gives a stuck job up for another try, in one step: everybody who waited for it waits for the next one, which is
 * intended and not yet ordered, and the old one is still to be cancelled.
 *
 * @param why What is written beside the old one.
 */
export async function nextTry(
  ledger: Ledger,
  label: string,
  { scope, settings, why }: { scope: string; settings: unknown; why: RecordedError },
): Promise<RemoteJobRecord> {
  return ledger.transaction().execute(async (tx) => {
    const old = await jobAt(tx, label);
    const latest = await latestTry(tx, old.key);
    // Another worker did it meanwhile.
    if (latest && latest.try > old.try) return latest;
    const { key, provider, line, instance, estimate_usd: estimateUsd, request_json } = old;
    const again = { key, provider, scope, settings, line, instance, runId: old.run_id, estimateUsd };
    const next = await insertTry(tx, again, old.try + 1);
    await updateJob(tx, next.label, { request_json });
    await updateJob(tx, label, {
      state: 'cancelling',
      state_at: now(),
      polled_at: null,
      decision: null,
      error_json: JSON.stringify(why),
    });
    await tx.updateTable('job_claims').set({ label: next.label }).where('label', '=', label).execute();
    return { ...next, request_json };
  });
}

/** How often a run has ordered what has this key. */
export async function countTries(ledger: Ledger, { key, run_id }: RemoteJobRecord): Promise<number> {
  const { count } = await ledger
    .selectFrom('remote_jobs')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('key', '=', key)
    .where('run_id', '=', run_id)
    .executeTakeFirstOrThrow();
  return count;
}

/** The other tries of what a job was ordered for. */
export async function otherTries(ledger: Ledger, { key, label }: RemoteJobRecord): Promise<RemoteJobRecord[]> {
  return ledger.selectFrom('remote_jobs').selectAll().where('key', '=', key).where('label', '!=', label).execute();
}

/**
 * Jobs of other state folders stand in the way of our number: takes the next free one. Undefined: another worker has
 * done so, or has sent it.
 */
export async function renumber(ledger: Ledger, label: string, above: number): Promise<RemoteJobRecord | undefined> {
  return ledger.transaction().execute(async (tx) => {
    const row = await findJob(tx, label);
    if (!row || row.state !== 'intended' || row.name !== null || row.sent_at !== null) return undefined;
    const next = `${row.key}-${above + 1}`;
    await tx
      .updateTable('remote_jobs')
      .set({ label: next, try: above + 1 })
      .where('label', '=', label)
      .execute();
    await tx.updateTable('job_claims').set({ label: next }).where('label', '=', label).execute();
    return jobAt(tx, next);
  });
}

async function latestTry(ledger: Ledger, key: string): Promise<RemoteJobRecord | undefined> {
  return ledger.selectFrom('remote_jobs').selectAll().where('key', '=', key).orderBy('try', 'desc').executeTakeFirst();
}

type Try = Omit<NewIntent, 'jobKey'>;

async function insertTry(tx: Ledger, wanted: Try, number: number): Promise<RemoteJobRecord> {
  const at = now();
  const { key, provider, scope, settings, runId, instance, line, estimateUsd } = wanted;
  return tx
    .insertInto('remote_jobs')
    .values({
      label: `${key}-${number}`,
      key,
      try: number,
      provider,
      scope,
      settings_json: JSON.stringify(settings),
      run_id: runId,
      instance,
      line,
      state: 'intended',
      adopted: 0,
      intent_at: at,
      state_at: at,
      progress_at: at,
      estimate_usd: estimateUsd,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}
