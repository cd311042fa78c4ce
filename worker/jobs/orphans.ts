import type { RemoteJob, TuneSettings } from '../../adapters/contracts.ts';
import { labelValue } from '../../adapters/remote/labels.ts';
import { limiterOf } from '../../adapters/remote/limiter.ts';
import { quit } from '../../adapters/remote/quit.ts';
import { waitersOf } from '../../artifacts/ledger/job-claims.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { findJob, hasEnded, listJobs, updateJob, type RemoteJobRecord } from '../../artifacts/ledger/remote-jobs.ts';
import { messageOf } from '../../configs/failure.ts';
import { serviceOf, settingsOf } from './services.ts';

/**
 * - `ended`: its runs have ended, and it still goes on.
 * - `double`: a second job of an order of this ledger.
 * - `unknown`: not of this ledger. A run of another state folder may wait for it.
 */
export type OrphanKind = 'ended' | 'double' | 'unknown';

/** A job at a vendor that no unfinished run of this ledger owns. */
export interface Orphan {
  kind: OrphanKind;
  scope: string;
  provider: string;
  /** The settings that its service is found by. */
  settings: TuneSettings;
  job: RemoteJob;
  row: RemoteJobRecord | undefined;
}

/** A vendor's project and region, or server. */
export interface Scope {
  provider: string;
  settings: TuneSettings;
}

/** What was found, and which scopes could not be asked. */
export interface Found {
  scopes: string[];
  orphans: Orphan[];
  problems: { scope: string; message: string }[];
}

const never = new AbortController().signal;
/** Whether it still goes on, and may cost money. */
export const goesOn = ({ job }: Orphan): boolean => !hasEnded(job);

/** Asks every scope that the ledger knows, and further ones, for jobs that carry `anneal_key`. */
export async function findOrphans(ledger: Ledger, further: readonly Scope[]): Promise<Found> {
  const found: Found = { scopes: [], orphans: [], problems: [] };
  // At Google a project by its name and by its number are two scopes, with the same jobs.
  const seen = new Set<string>();
  for (const { provider, settings, scope: known } of [...(await scopesOf(ledger)), ...further.map(named)]) {
    try {
      const service = await serviceOf(provider, settings);
      if (found.scopes.includes(service.scope)) continue;
      found.scopes.push(service.scope);
      for (const job of await limiterOf(ledger, service, never)('call', () => service.find(undefined, never))) {
        if (isGlobal(job.name) && seen.has(job.name)) continue;
        seen.add(job.name);
        const orphan = await judge(ledger, { provider, settings, scope: service.scope, job });
        if (orphan) found.orphans.push(orphan);
      }
    } catch (error) {
      found.problems.push({ scope: known, message: messageOf(error) });
    }
  }
  found.orphans.sort((a, b) => Number(hasEnded(a.job)) - Number(hasEnded(b.job)));
  return found;
}

/** Other servers may give a name again that stands for another job elsewhere. */
const isGlobal = (name: string): boolean => name.startsWith('projects/');

const named = (scope: Scope): Scope & { scope: string } => ({ ...scope, scope: scope.provider });

/** Each scope once, with the settings of its newest job. */
async function scopesOf(ledger: Ledger): Promise<(Scope & { scope: string })[]> {
  const scopes = new Map<string, Scope & { scope: string }>();
  for (const row of await listJobs(ledger))
    if (!scopes.has(row.scope))
      scopes.set(row.scope, { scope: row.scope, provider: row.provider, settings: settingsOf(row) });
  return [...scopes.values()];
}

/** What a job is; undefined: it is owned, or it has ended and everybody knows. */
async function judge(ledger: Ledger, at: Omit<Orphan, 'kind' | 'row'>): Promise<Orphan | undefined> {
  const { provider, job } = at;
  const row = await rowOf(ledger, provider, job.name);
  if (row) {
    // Cancelled a while ago: the vendor has come to it meanwhile.
    if (row.state === 'cancelling' && hasEnded(job)) await noteEnd(ledger, row, job);
    const isOwned = !hasEnded(row) && (await waitersOf(ledger, row.label)).length > 0;
    return hasEnded(job) || isOwned ? undefined : { ...at, kind: 'ended', row };
  }
  const label = `${job.labels['anneal_key']}-${job.labels['anneal_try'] ?? 1}`;
  const ordered = await findJob(ledger, label);
  const isOurs = ordered !== undefined && job.labels['anneal_run'] === labelValue(ordered.run_id);
  // Just being ordered: its answer is under way.
  if (isOurs && ordered.name === null && (await waitersOf(ledger, label)).length > 0) return undefined;
  return { ...at, kind: isOurs ? (ordered.name === null ? 'ended' : 'double') : 'unknown', row: undefined };
}

async function rowOf(ledger: Ledger, provider: string, name: string): Promise<RemoteJobRecord | undefined> {
  const rows = await ledger
    .selectFrom('remote_jobs')
    .selectAll()
    .where('provider', '=', provider)
    .where('name', '=', name)
    .orderBy('try', 'desc')
    .execute();
  // An open one speaks for them all: a job of an earlier try may have been taken again.
  return rows.find((row) => !hasEnded(row)) ?? rows[0];
}

const noteEnd = (ledger: Ledger, { label }: RemoteJobRecord, job: RemoteJob): Promise<void> =>
  updateJob(ledger, label, {
    state: job.state,
    vendor_state: job.vendorState,
    ended_at: job.endedAt ?? new Date().toISOString(),
  });

/**
 * Cancels an orphan, unless an open run has taken it since it was found.
 *
 * @returns Why it was not; undefined: it was.
 */
export async function cancelOrphan(ledger: Ledger, orphan: Orphan): Promise<string | undefined> {
  const { provider, settings, job } = orphan;
  try {
    const service = await serviceOf(provider, settings);
    const row = await unowned(ledger, provider, job.name);
    if (row === 'owned') return 'a run has taken it meanwhile';
    if (row) await quit({ ledger, service, signal: never }, row);
    else await limiterOf(ledger, service, never)('call', () => service.cancel(job.name, never));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** From here on no run takes it any more. Undefined: its row has ended, or there is none. */
async function unowned(ledger: Ledger, provider: string, name: string): Promise<RemoteJobRecord | 'owned' | undefined> {
  return ledger.transaction().execute(async (tx) => {
    const row = await rowOf(tx, provider, name);
    if (!row || hasEnded(row)) return undefined;
    if ((await waitersOf(tx, row.label)).length > 0) return 'owned';
    await updateJob(tx, row.label, { state: 'cancelling', state_at: new Date().toISOString() });
    return row;
  });
}
