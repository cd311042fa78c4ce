import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLedger } from '../../artifacts/ledger/open.ts';
import { listJobs } from '../../artifacts/ledger/remote-jobs.ts';
import { findOrphans } from '../../worker/jobs/orphans.ts';
import type { Place } from './place.ts';
import { doneIn, trainingsOf } from './training.ts';

/** What was counted at the vendor and in the ledger. Money in US dollars, to a millionth. */
export interface Figures {
  runs: number;
  trainings: number;
  kills: number;
  seconds: number;
  /** Jobs that the vendor created. */
  jobs: number;
  /** Creates under the label that has most. */
  mostCreates: number;
  /** Jobs at the vendor that no row of the ledger knows. */
  orphans: number;
  spentUsd: number;
  ledgerUsd: number;
  runsUsd: number;
  /** Jobs whose cost in the ledger is not what the vendor booked for them. */
  miscounted: number;
  /** Jobs that were found by their label. */
  found: number;
  /** Runs that took another one's job. */
  shared: number;
}

/** Compares the vendor's books with ours. */
export async function figuresOf(place: Place, of: { runs: number; kills: number; seconds: number }): Promise<Figures> {
  const { folder, admin, env } = place;
  const creates = Object.values(await admin<Record<string, number>>('creates'));
  const spent = await admin<{ usd: number; jobs: Record<string, number> }>('money');
  const jobs = await admin<{ name: string }[]>('jobs');
  const done = doneIn(folder).map(
    (id) => JSON.parse(readFileSync(join(folder, 'done', id), 'utf8')) as { name: string; usd?: number },
  );
  const ledger = await openLedger(join(folder, 'ledger.db'));
  try {
    const rows = await listJobs(ledger);
    const claims = await ledger.selectFrom('job_claims').selectAll().where('adopted', '=', 1).execute();
    const known = new Set(rows.map(({ name }) => name));
    Object.assign(process.env, env);
    return {
      ...of,
      trainings: trainingsOf(of.runs),
      jobs: creates.reduce((sum, count) => sum + count, 0),
      mostCreates: Math.max(...creates),
      orphans: jobs.filter(({ name }) => !known.has(name)).length + (await asked(ledger)),
      spentUsd: micro(spent.usd),
      miscounted: rows.filter(({ name, cost_usd }) => Math.round((cost_usd ?? 0) * 1e6) !== spent.jobs[name ?? ''])
        .length,
      ledgerUsd: micro(rows.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0)),
      runsUsd: micro(done.reduce((sum, { usd: cost = 0 }) => sum + cost, 0)),
      found: rows.filter(({ adopted }) => adopted === 1).length,
      shared: claims.length,
    };
  } finally {
    await ledger.destroy();
  }
}

/** Orphans by `anneal jobs orphans`, asked until the faults let every project answer. */
async function asked(ledger: Parameters<typeof findOrphans>[0]): Promise<number> {
  for (;;) {
    const { orphans, problems } = await findOrphans(ledger, []);
    if (problems.length === 0) return orphans.length;
  }
}

const micro = (usd: number): number => Math.round(usd * 1e6) / 1e6;
