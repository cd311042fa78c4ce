import type { Selectable, Updateable } from 'kysely';
import { now } from './clock.ts';
import type { Ledger } from './open.ts';
import type { RemoteJobRow } from './schema.ts';

export type RemoteJobRecord = Selectable<RemoteJobRow>;

/** A job as one execution sees it. */
export type ClaimedJob = RemoteJobRecord & {
  /** Whether another run had ordered it. */
  isShared: boolean;
  /** The run that sees it so. */
  claimedBy: string;
};

const ENDED: readonly RemoteJobRow['state'][] = ['succeeded', 'failed', 'cancelled'];

/** Whether money may have been spent on a job: it is there, or its creating call was made. */
export const isOrdered = ({ name, sent_at }: Pick<RemoteJobRecord, 'name' | 'sent_at'>): boolean =>
  name !== null || sent_at !== null;

/** Whether nothing more happens to a job. */
export const hasEnded = ({ state }: Pick<RemoteJobRow, 'state'>): boolean => ENDED.includes(state);

/** The job that an execution has ordered or taken; undefined: none. */
export async function findClaimed(ledger: Ledger, jobKey: string): Promise<ClaimedJob | undefined> {
  const row = await ledger
    .selectFrom('job_claims')
    .innerJoin('remote_jobs', 'remote_jobs.label', 'job_claims.label')
    .selectAll('remote_jobs')
    .select(['job_claims.adopted as shared', 'job_claims.run_id as claimedBy'])
    .where('job_claims.job_key', '=', jobKey)
    .executeTakeFirst();
  if (!row) return undefined;
  const { shared, ...job } = row;
  return { ...job, isShared: shared === 1 };
}

/** Notes anything about a job. */
export async function updateJob(ledger: Ledger, label: string, changed: Updateable<RemoteJobRow>): Promise<void> {
  if (Object.keys(changed).length === 0) return;
  await ledger.updateTable('remote_jobs').set(changed).where('label', '=', label).execute();
}

/** Notes something about a job if it still is as it was read. False: another worker was faster. */
export async function updateIfUnchanged(
  ledger: Ledger,
  { label, state, decision }: RemoteJobRecord,
  changed: Updateable<RemoteJobRow>,
): Promise<boolean> {
  const { numUpdatedRows } = await ledger
    .updateTable('remote_jobs')
    .set(changed)
    .where('label', '=', label)
    .where('state', '=', state)
    .where('decision', 'is', decision)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/**
 * Writes down that the creating call is about to be made. False: another worker has made one since the row was read,
 * the job is there, or it is wanted no more, also since every run that wanted it has ended.
 *
 * @param row As it was before the vendor was asked for the job.
 */
export async function beginSending(ledger: Ledger, row: RemoteJobRecord, sentBy: string): Promise<boolean> {
  const { numUpdatedRows } = await ledger
    .updateTable('remote_jobs')
    .set({ sent_at: now(), sent_by: sentBy })
    .where('label', '=', row.label)
    .where('state', '=', 'intended')
    .where('name', 'is', null)
    .where('sent_at', 'is', row.sent_at)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('job_claims')
          .leftJoin('runs', 'runs.id', 'job_claims.run_id')
          .select('job_claims.job_key')
          .where('job_claims.label', '=', row.label)
          .where('runs.ended_at', 'is', null),
      ),
    )
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/**
 * Notes which job at the vendor it is. One that was to be cancelled meanwhile stays so; one that has a name keeps it.
 *
 * @returns Whether it was noted.
 */
export async function nameJob(
  ledger: Ledger,
  label: string,
  { state, state_at, ...seen }: Updateable<RemoteJobRow> & Pick<RemoteJobRecord, 'name' | 'state' | 'state_at'>,
): Promise<boolean> {
  const { numUpdatedRows } = await ledger
    .updateTable('remote_jobs')
    .set({ ...seen, sent_at: null, sent_by: null })
    .set((eb) => ({
      state: eb.case().when('state', '=', 'intended').then(state).else(eb.ref('state')).end(),
      state_at: eb.case().when('state', '=', 'intended').then(state_at).else(eb.ref('state_at')).end(),
    }))
    .where('label', '=', label)
    .where('name', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Undefined: there is none, or its number has changed. */
export async function findJob(ledger: Ledger, label: string): Promise<RemoteJobRecord | undefined> {
  return ledger.selectFrom('remote_jobs').selectAll().where('label', '=', label).executeTakeFirst();
}

export async function jobAt(ledger: Ledger, label: string): Promise<RemoteJobRecord> {
  return ledger.selectFrom('remote_jobs').selectAll().where('label', '=', label).executeTakeFirstOrThrow();
}

/** Jobs of the ledger, newest first; of a run: those that it ordered, waits for or has taken. */
export async function listJobs(
  ledger: Ledger,
  which: { run?: string | undefined; open?: boolean | undefined; limit?: number | undefined } = {},
): Promise<RemoteJobRecord[]> {
  return ledger
    .selectFrom('remote_jobs')
    .selectAll()
    .$if(which.run !== undefined, (query) =>
      query.where((eb) =>
        eb.or([
          eb('run_id', '=', which.run as string),
          eb(
            'label',
            'in',
            eb
              .selectFrom('job_claims')
              .select('label')
              .where('run_id', '=', which.run as string),
          ),
        ]),
      ),
    )
    .$if(which.open === true, (query) => query.where('state', 'not in', [...ENDED]))
    .$if(which.limit !== undefined, (query) => query.limit(which.limit as number))
    .orderBy('intent_at', 'desc')
    .execute();
}
