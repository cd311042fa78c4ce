import type { Selectable } from 'kysely';
import { now } from './clock.ts';
import type { Ledger } from './open.ts';
import { findClaimed, hasEnded, jobAt, updateJob, type ClaimedJob, type RemoteJobRecord } from './remote-jobs.ts';
import type { JobClaimRow } from './schema.ts';

/** Executions that wait for a job or have taken it. */
export async function claimsOf(ledger: Ledger, label: string): Promise<Selectable<JobClaimRow>[]> {
  return ledger.selectFrom('job_claims').selectAll().where('label', '=', label).orderBy('at').execute();
}

/** Runs that wait for a job and have not ended. */
export async function waitersOf(ledger: Ledger, label: string): Promise<string[]> {
  const rows = await ledger
    .selectFrom('job_claims')
    .innerJoin('runs', 'runs.id', 'job_claims.run_id')
    .select('runs.id')
    .distinct()
    .where('job_claims.label', '=', label)
    .where('runs.ended_at', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * Lets go of a job. Where another run waits for it, it goes on; else it is to be cancelled from now on, and no other
 * run takes it any more.
 *
 * @returns The job, if it is to be cancelled.
 */
export async function letGo(ledger: Ledger, jobKey: string): Promise<RemoteJobRecord | undefined> {
  return ledger.transaction().execute(async (tx) => {
    const job = await findClaimed(tx, jobKey);
    if (!job || hasEnded(job)) return undefined;
    const others = (await waitersOf(tx, job.label)).filter((run) => run !== job.claimedBy);
    if (others.length > 0) {
      await tx.deleteFrom('job_claims').where('job_key', '=', jobKey).execute();
      return undefined;
    }
    if (job.state !== 'cancelling') await updateJob(tx, job.label, { state: 'cancelling', state_at: now() });
    return jobAt(tx, job.label);
  });
}

/**
 * Whether a run pays for a job that it has taken: one run does, and that is who ordered it, unless that run came to no
 * result; then the first that has use for it.
 */
export async function pays(ledger: Ledger, job: ClaimedJob): Promise<boolean> {
  return ledger.transaction().execute(async (tx) => {
    const { label, claimedBy } = job;
    const { run_id, instance } = await jobAt(tx, label);
    if (run_id === claimedBy) return true;
    const claim = await tx
      .selectFrom('job_claims')
      .select('job_key')
      .where('label', '=', label)
      .where('run_id', '=', run_id)
      .executeTakeFirst();
    const run = await tx.selectFrom('runs').select('ended_at').where('id', '=', run_id).executeTakeFirst();
    const used = await tx
      .selectFrom('executions')
      .select('id')
      .where('run_id', '=', run_id)
      .where('instance', '=', instance)
      .where('status', '=', 'completed')
      .executeTakeFirst();
    const isOwned = used !== undefined || (claim !== undefined && (run?.ended_at ?? null) === null);
    if (isOwned) return false;
    await updateJob(tx, label, { run_id: claimedBy });
    return true;
  });
}

/**
 * What the job costs that an execution of a run has ordered, in US dollars and tokens, whatever has become of it:
 * vendors do not say what an ended one has cost, so the estimate stays. Undefined: nothing was ordered, or another run
 * has it now. Null tokens: nobody has said them.
 */
export async function orderedCost(
  ledger: Ledger,
  runId: string,
  instance: string,
): Promise<{ usd: number; tokens: number | null } | undefined> {
  const job = await ledger
    .selectFrom('remote_jobs')
    .innerJoin('job_claims', 'job_claims.label', 'remote_jobs.label')
    .select(['remote_jobs.cost_usd', 'remote_jobs.estimate_usd', 'remote_jobs.tokens'])
    .where('remote_jobs.run_id', '=', runId)
    .where('remote_jobs.instance', '=', instance)
    .where('job_claims.run_id', '=', runId)
    .where((eb) => eb.or([eb('remote_jobs.name', 'is not', null), eb('remote_jobs.sent_at', 'is not', null)]))
    .executeTakeFirst();
  return job && { usd: job.cost_usd ?? job.estimate_usd ?? 0, tokens: job.tokens };
}
