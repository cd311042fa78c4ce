import type { Selectable } from 'kysely';
import { now } from './clock.ts';
import type { Ledger } from './open.ts';
import {
  findClaimed,
  hasEnded,
  isOrdered,
  jobAt,
  updateJob,
  type ClaimedJob,
  type RemoteJobRecord,
} from './remote-jobs.ts';
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
    const [heir] = (await waitersOf(tx, job.label)).filter((run) => run !== job.claimedBy);
    if (heir !== undefined) {
      await unbook(tx, job.claimedBy, await instanceOf(tx, job.claimedBy, jobKey));
      await tx.deleteFrom('job_claims').where('job_key', '=', jobKey).execute();
      if (job.run_id === job.claimedBy) await passOn(tx, job, heir);
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
    // What was booked when that run ended is booked by this one now.
    await unbook(tx, run_id, instance);
    await passOn(tx, job, claimedBy);
    return true;
  });
}

/** From here on a job is what another run has ordered that waits for it. */
async function passOn(tx: Ledger, { label, instance }: RemoteJobRecord, run: string): Promise<void> {
  const claim = (await claimsOf(tx, label)).find(({ run_id }) => run_id === run);
  const its = claim && (await instanceOf(tx, run, claim.job_key));
  await updateJob(tx, label, { run_id: run, instance: its ?? instance });
}

/** The step instance that claims as `jobKey`; undefined: none does by this name alone. */
async function instanceOf(tx: Ledger, run: string, jobKey: string): Promise<string | undefined> {
  const rows = await tx.selectFrom('executions').select('instance').where('run_id', '=', run).execute();
  return rows.find(({ instance }) => claimKeyOf(run, instance) === jobKey)?.instance;
}

/** Run and step instance as one word, by which its job is claimed; also the name of a folder. The same for every attempt. */
export const claimKeyOf = (run: string, instance: string): string => `${run}.${instance.replaceAll('#', '-')}`;

/** A job that another run pays for leaves nothing set aside or booked for this one. */
async function unbook(tx: Ledger, run: string, instance = ''): Promise<void> {
  await tx
    .updateTable('reservations')
    .set({ status: 'settled', usd: 0, tokens: 0, trainer_seconds: 0, at: now() })
    .where('id', '=', `${run}/${instance}`)
    .execute();
}

/**
 * What the job costs that an execution of a run has ordered, in US dollars and tokens, whatever has become of it:
 * vendors do not say what an ended one has cost, so the estimate stays. Nothing where another run pays for it.
 * Undefined: nothing was ordered. Null tokens: nobody has said them.
 */
export async function orderedCost(
  ledger: Ledger,
  runId: string,
  instance: string,
): Promise<{ usd: number; tokens: number | null } | undefined> {
  const job = await findClaimed(ledger, claimKeyOf(runId, instance));
  if (!job || !isOrdered(job)) return undefined;
  return job.run_id === runId ? costOf(job) : { usd: 0, tokens: 0 };
}

/** What the jobs cost that a run has given up for a later try, by their labels. */
export async function givenUpCosts(
  ledger: Ledger,
  runId: string,
): Promise<{ label: string; usd: number; tokens: number | null }[]> {
  const jobs = await ledger
    .selectFrom('remote_jobs')
    .selectAll()
    .where('run_id', '=', runId)
    // The next try has taken all of them along.
    .where('label', 'not in', ledger.selectFrom('job_claims').select('label'))
    .execute();
  return jobs.filter(isOrdered).map((job) => ({ label: job.label, ...costOf(job) }));
}

const costOf = ({ cost_usd, estimate_usd, tokens }: RemoteJobRecord): { usd: number; tokens: number | null } => ({
  usd: cost_usd ?? estimate_usd ?? 0,
  tokens,
});
