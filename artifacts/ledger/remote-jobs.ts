import type { Selectable, Updateable } from 'kysely';
import { digestOf, hexOf } from '../canonical.ts';
import { now } from './clock.ts';
import type { Ledger } from './open.ts';
import type { JobClaimRow, RemoteJobRow } from './schema.ts';

export type RemoteJobRecord = Selectable<RemoteJobRow>;

/** A job as one execution sees it. */
export type ClaimedJob = RemoteJobRecord & {
  /** Whether another run had ordered it. */
  isShared: boolean;
};

const ENDED: readonly RemoteJobRow['state'][] = ['succeeded', 'failed', 'cancelled'];

/** Whether nothing more happens to a job. */
export const hasEnded = ({ state }: Pick<RemoteJobRow, 'state'>): boolean => ENDED.includes(state);

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
 */
export async function intendJob(ledger: Ledger, intent: NewIntent): Promise<ClaimedJob> {
  return ledger.transaction().execute(async (tx) => {
    const own = await findClaimed(tx, intent.jobKey);
    if (own) return own;
    const latest = await tx
      .selectFrom('remote_jobs')
      .selectAll()
      .where('key', '=', intent.key)
      .orderBy('try', 'desc')
      .executeTakeFirst();
    const isTaken = latest !== undefined && !['failed', 'cancelled', 'cancelling'].includes(latest.state);
    const row = isTaken ? latest : await insertTry(tx, intent, (latest?.try ?? 0) + 1);
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
    return { ...row, isShared };
  });
}

/** The job that an execution has ordered or taken; undefined: none. */
export async function findClaimed(ledger: Ledger, jobKey: string): Promise<ClaimedJob | undefined> {
  const row = await ledger
    .selectFrom('job_claims')
    .innerJoin('remote_jobs', 'remote_jobs.label', 'job_claims.label')
    .selectAll('remote_jobs')
    .select('job_claims.adopted as shared')
    .where('job_claims.job_key', '=', jobKey)
    .executeTakeFirst();
  if (!row) return undefined;
  const { shared, ...job } = row;
  return { ...job, isShared: shared === 1 };
}

/** Orders a stuck job once more: everybody who waits for it waits for the next try. */
export async function nextTry(
  ledger: Ledger,
  label: string,
  place: { scope: string; settings: unknown },
): Promise<RemoteJobRecord> {
  return ledger.transaction().execute(async (tx) => {
    const old = await jobAt(tx, label);
    const latest = await tx
      .selectFrom('remote_jobs')
      .selectAll()
      .where('key', '=', old.key)
      .orderBy('try', 'desc')
      .executeTakeFirstOrThrow();
    // Another worker did it meanwhile.
    const row =
      latest.try > old.try
        ? latest
        : await insertTry(
            tx,
            {
              key: old.key,
              provider: old.provider,
              scope: place.scope,
              settings: place.settings,
              runId: old.run_id,
              instance: old.instance,
              line: old.line,
              estimateUsd: old.estimate_usd,
            },
            old.try + 1,
          );
    if (old.request_json !== null && row.request_json === null)
      await updateJob(tx, row.label, { request_json: old.request_json });
    await tx.updateTable('job_claims').set({ label: row.label }).where('label', '=', label).execute();
    return { ...row, request_json: row.request_json ?? old.request_json };
  });
}

/** Jobs of other state folders stand in the way of our number: takes the next free one. */
export async function renumber(ledger: Ledger, label: string, above: number): Promise<RemoteJobRecord> {
  return ledger.transaction().execute(async (tx) => {
    const { key } = await jobAt(tx, label);
    const next = `${key}-${above + 1}`;
    await tx
      .updateTable('remote_jobs')
      .set({ label: next, try: above + 1 })
      .where('label', '=', label)
      .execute();
    await tx.updateTable('job_claims').set({ label: next }).where('label', '=', label).execute();
    return jobAt(tx, next);
  });
}

/** Notes anything about a job; a new state sets the time of the state. */
export async function updateJob(ledger: Ledger, label: string, changed: Updateable<RemoteJobRow>): Promise<void> {
  if (Object.keys(changed).length === 0) return;
  await ledger.updateTable('remote_jobs').set(changed).where('label', '=', label).execute();
}

/**
 * Writes down that the creating call is about to be made. False: another worker has done so since the row was read,
 * or the job is there.
 */
export async function beginSending(
  ledger: Ledger,
  row: Pick<RemoteJobRecord, 'label' | 'sent_at'>,
  sentBy: string,
): Promise<boolean> {
  const { numUpdatedRows } = await ledger
    .updateTable('remote_jobs')
    .set({ sent_at: now(), sent_by: sentBy })
    .where('label', '=', row.label)
    .where('name', 'is', null)
    .where('sent_at', row.sent_at === null ? 'is' : '=', row.sent_at)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function jobAt(ledger: Ledger, label: string): Promise<RemoteJobRecord> {
  return ledger.selectFrom('remote_jobs').selectAll().where('label', '=', label).executeTakeFirstOrThrow();
}

/** Jobs of the ledger, newest first. */
export async function listJobs(
  ledger: Ledger,
  which: { run?: string | undefined; open?: boolean | undefined; limit?: number | undefined } = {},
): Promise<RemoteJobRecord[]> {
  return ledger
    .selectFrom('remote_jobs')
    .selectAll()
    .$if(which.run !== undefined, (query) =>
      query.where('label', 'in', (eb) =>
        eb
          .selectFrom('job_claims')
          .select('label')
          .where('run_id', '=', which.run as string),
      ),
    )
    .$if(which.open === true, (query) => query.where('state', 'not in', [...ENDED]))
    .$if(which.limit !== undefined, (query) => query.limit(which.limit as number))
    .orderBy('intent_at', 'desc')
    .execute();
}

/** Executions that wait for a job or have taken it. */
export async function claimsOf(ledger: Ledger, label: string): Promise<Selectable<JobClaimRow>[]> {
  return ledger.selectFrom('job_claims').selectAll().where('label', '=', label).orderBy('at').execute();
}

/** Lets go of a job: another run may still want it. */
export async function dropClaim(ledger: Ledger, jobKey: string): Promise<void> {
  await ledger.deleteFrom('job_claims').where('job_key', '=', jobKey).execute();
}

/** Whether a run that has not ended, other than this one, waits for a job. */
export async function isWantedByOthers(ledger: Ledger, label: string, runId: string): Promise<boolean> {
  const found = await ledger
    .selectFrom('job_claims')
    .innerJoin('runs', 'runs.id', 'job_claims.run_id')
    .select('runs.id')
    .where('job_claims.label', '=', label)
    .where('job_claims.run_id', '!=', runId)
    .where('runs.ended_at', 'is', null)
    .executeTakeFirst();
  return found !== undefined;
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
