import type { Selectable } from 'kysely';
import { now } from './clock.ts';
import type { Ledger } from './open.ts';
import type { LeaseRow, RunRow } from './schema.ts';

/** A waiter that has not asked for so long, in ms, is passed over: its worker is down, or its run is gone. */
export const WAITER_FRESH_MS = 15_000;
/** Clocks of machines differ; a time further ahead than so many ms is wrong. */
const AHEAD_MS = 1000;

/** Who has what, with the kind of its run (`tune`, `backfill`, …) where it is one of the ledger. */
export type Holder = Selectable<LeaseRow> & { kind: string | null };

export interface LeaseAsk {
  /** `line:NAME`, or what a tuner calls its slots. */
  resource: string;
  /** How many may hold it at the same time; default 1. */
  slots?: number | undefined;
  /** The run that asks. */
  run: string;
  /** Who is to hold it; default: the run. A backfill holds a line for its periods. */
  holder?: string | undefined;
  /** Workflow of the holder: once it has closed, the lease is free. */
  workflowId: string;
  /** What it is for, in a few words. */
  what: string;
  /** 0 to 9: the higher goes first. */
  priority: number;
  /** Free after so many seconds without a sign of life; null: as long as the workflow is open. */
  ttlSeconds: number | null;
  /** In words, what the run waits for; entered as such. Left out: it does not wait. */
  waiting?: ((holder: Holder | undefined) => string) | undefined;
}

export type LeaseAnswer =
  | {
      held: true;
      /** The slot that is held: the resource itself, or with a number behind it. */
      resource: string;
    }
  | {
      held: false;
      /** Who has it longest; undefined: it is free, and others go first. */
      holder: Holder | undefined;
      /** Waiters that go first. */
      ahead: number;
    };

/**
 * Takes a lease. It is had at once by whoever holds it already; otherwise when it is free, or was left by a run that
 * has ended or gives no sign of life, and no other waiter goes first: one of higher priority, or of the same that
 * waits longer.
 */
export async function takeLease(ledger: Ledger, ask: LeaseAsk): Promise<LeaseAnswer> {
  return ledger.transaction().execute(async (tx): Promise<LeaseAnswer> => {
    const at = now();
    const holder = ask.holder ?? ask.run;
    const slots = slotsOf(ask.resource, ask.slots);
    const holders = await holdersOf(tx, slots, at);
    const own = holders.find((row) => row.holder === holder);
    if (own) {
      await beatLease(tx, { resource: own.resource, holder, ttlSeconds: own.ttl_seconds });
      await stopWaiting(tx, ask);
      return { held: true, resource: own.resource };
    }
    const free = slots.filter((slot) => !holders.some(({ resource }) => resource === slot));
    const ahead = await waitersAhead(tx, ask, at);
    if (ahead < free.length) {
      const lease = { resource: free[0] as string, holder, workflow_id: ask.workflowId, what: ask.what };
      const row = { ...lease, since: at, beat_at: at, ttl_seconds: ask.ttlSeconds };
      await tx
        .insertInto('leases')
        .values(row)
        .onConflict((conflict) => conflict.column('resource').doUpdateSet(row))
        .execute();
      await stopWaiting(tx, ask);
      return { held: true, resource: row.resource };
    }
    const longest = free.length > 0 ? undefined : holders.toSorted((a, b) => (a.since < b.since ? -1 : 1))[0];
    if (ask.waiting) await goOnWaiting(tx, ask, ask.waiting(longest), at);
    return { held: false, holder: longest, ahead };
  });
}

/**
 * Gives a sign of life of a holder; from the first on, the lease is free when none came for `ttlSeconds`.
 * @returns whether it still holds the lease.
 */
export async function beatLease(
  ledger: Ledger,
  { resource, holder, ttlSeconds }: { resource: string; holder: string; ttlSeconds: number | null },
): Promise<boolean> {
  const { numUpdatedRows } = await ledger
    .updateTable('leases')
    .set({ beat_at: now(), ttl_seconds: ttlSeconds })
    .where('resource', '=', resource)
    .where('holder', '=', holder)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Lets go of a lease, and of the wish for it. Of one that somebody else holds nothing changes. */
export async function releaseLease(
  ledger: Ledger,
  { resource, holder, run = holder }: { resource: string; holder: string; run?: string },
): Promise<void> {
  await ledger.transaction().execute(async (tx) => {
    await tx.deleteFrom('leases').where('resource', '=', resource).where('holder', '=', holder).execute();
    await stopWaiting(tx, { resource: baseOf(resource), run });
  });
}

/** Lets go of everything that a run holds or waits for. */
export async function releaseAll(tx: Ledger, run: string): Promise<void> {
  await tx.deleteFrom('leases').where('holder', '=', run).execute();
  await tx.deleteFrom('lease_waits').where('run_id', '=', run).execute();
}

/** Something that runs take turns at. */
export interface LeaseState {
  resource: string;
  holders: { run: string; what: string; since: string; beatAt: string; kind: string | null }[];
  /** In the order in which they go on. */
  waiting: { run: string; priority: number; since: string }[];
}

/** Every lease that is held or waited for, by resource. */
export async function listLeases(ledger: Ledger): Promise<LeaseState[]> {
  const held = await leasesWithRuns(ledger).where('runs.ended_at', 'is', null).orderBy('resource').execute();
  const waits = await ledger
    .selectFrom('lease_waits')
    .innerJoin('runs', 'runs.id', 'lease_waits.run_id')
    .selectAll('lease_waits')
    .where('runs.ended_at', 'is', null)
    .orderBy('priority', 'desc')
    .orderBy('since')
    .orderBy('run_id')
    .execute();
  const resources = [...new Set([...held, ...waits].map(({ resource }) => baseOf(resource)))].toSorted();
  return resources.map((resource) => ({
    resource,
    holders: held
      .filter((row) => baseOf(row.resource) === resource)
      .map(({ holder, what, since, beat_at, kind }) => ({ run: holder, what, since, beatAt: beat_at, kind })),
    waiting: waits
      .filter((row) => row.resource === resource)
      .map(({ run_id, priority, since }) => ({ run: run_id, priority, since })),
  }));
}

/** A run, and whether what it waits for is its turn, which comes by itself; both as of the same moment. */
export async function findRunInQueue(
  ledger: Ledger,
  id: string,
): Promise<{ run: RunRow; isQueued: boolean } | undefined> {
  const found = await ledger
    .selectFrom('runs')
    .selectAll()
    .select((eb) => eb.exists(eb.selectFrom('lease_waits').select('run_id').where('run_id', '=', id)).as('queued'))
    .where('id', '=', id)
    .executeTakeFirst();
  if (!found) return undefined;
  const { queued, ...run } = found;
  return { run, isQueued: Number(queued) === 1 };
}

/** The run and step that keep the machine busy, for a run that waits for a worker to have time. */
export async function busyWith(ledger: Ledger, forRun: string): Promise<{ run: string; step: string } | undefined> {
  const rows = await ledger
    .selectFrom('executions')
    .innerJoin('runs', 'runs.id', 'executions.run_id')
    .select(['executions.run_id', 'executions.instance', 'executions.step', 'executions.job_json'])
    .where('executions.status', '=', 'running')
    .where('runs.ended_at', 'is', null)
    .where('executions.run_id', '!=', forRun)
    .where('executions.step', 'in', BUSY_STEPS)
    .orderBy('executions.started_at')
    .execute();
  const found = rows.find(({ step, job_json }) => step !== 'tune' || job_json?.includes('running'));
  return found && { run: found.run_id, step: found.instance };
}

/** Steps that take the whole machine, one at a time. */
const BUSY_STEPS = ['tune', 'evaluate', 'probe', 'trial', 'examine'];

/** Leases that are not free, after times that lie ahead (a clock was moved back) are set to now. */
async function holdersOf(tx: Ledger, slots: readonly string[], at: string): Promise<Holder[]> {
  await tx
    .updateTable('leases')
    .set({ beat_at: at })
    .where('resource', 'in', slots)
    .where('beat_at', '>', after(at, AHEAD_MS))
    .execute();
  const rows = await leasesWithRuns(tx).where('resource', 'in', slots).execute();
  return rows.filter(
    ({ ended_at, beat_at, ttl_seconds }) =>
      ended_at === null && (ttl_seconds === null || after(beat_at, ttl_seconds * 1000) > at),
  );
}

const leasesWithRuns = (ledger: Ledger) =>
  ledger
    .selectFrom('leases')
    .leftJoin('runs', 'runs.id', 'leases.holder')
    .selectAll('leases')
    .select(['runs.kind', 'runs.ended_at']);

async function waitersAhead(tx: Ledger, { resource, run, priority }: LeaseAsk, at: string): Promise<number> {
  const own = await tx
    .selectFrom('lease_waits')
    .select('since')
    .where('resource', '=', resource)
    .where('run_id', '=', run)
    .executeTakeFirst();
  const since = own?.since ?? at;
  const { count } = await tx
    .selectFrom('lease_waits')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('resource', '=', resource)
    .where('run_id', '!=', run)
    .where('asked_at', '>', after(at, -WAITER_FRESH_MS))
    .where('asked_at', '<', after(at, AHEAD_MS))
    .where((eb) =>
      eb.or([
        eb('priority', '>', priority),
        eb.and([
          eb('priority', '=', priority),
          eb.or([eb('since', '<', since), eb.and([eb('since', '=', since), eb('run_id', '<', run)])]),
        ]),
      ]),
    )
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function goOnWaiting(tx: Ledger, { resource, run, priority }: LeaseAsk, why: string, at: string): Promise<void> {
  await tx
    .insertInto('lease_waits')
    .values({ resource, run_id: run, priority, since: at, asked_at: at })
    .onConflict((conflict) => conflict.columns(['resource', 'run_id']).doUpdateSet({ priority, asked_at: at }))
    .execute();
  await tx
    .updateTable('runs')
    .set({ waiting: why })
    .where('id', '=', run)
    .where('ended_at', 'is', null)
    .where((eb) => eb.or([eb('waiting', 'is', null), eb('waiting', '!=', why)]))
    .execute();
}

/** Ends the wait of a run; in the same step it no longer says what it waits for. */
async function stopWaiting(tx: Ledger, { resource, run }: Pick<LeaseAsk, 'resource' | 'run'>): Promise<void> {
  const { numDeletedRows } = await tx
    .deleteFrom('lease_waits')
    .where('resource', '=', resource)
    .where('run_id', '=', run)
    .executeTakeFirst();
  if (numDeletedRows > 0n) await tx.updateTable('runs').set({ waiting: null }).where('id', '=', run).execute();
}

const slotsOf = (resource: string, slots = 1): string[] =>
  Array.from({ length: slots }, (_, number) => (number === 0 ? resource : `${resource}#${number + 1}`));

const baseOf = (slot: string): string => slot.replace(/#\d+$/, '');

const after = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();
