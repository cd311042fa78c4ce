import { statSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Replayed } from '../../workflows/backfill.ts';
import type { Place } from './place.ts';

/** What a replay cost. */
export interface Costs {
  /** Seconds of each period, oldest first. */
  seconds: number[];
  /** Seconds of each step in each period that did it: name, and sums over the last tenth of the periods. */
  lastSteps: Record<string, number>;
  /** Events in the history of the longest period, and of the longest run of the replay itself. */
  mostEvents: number;
  replayEvents: number;
  /** Bytes in the history of the longest period. */
  mostBytes: number;
  /** Bytes of the ledger, and of the database of the server. */
  ledgerBytes: number;
  serverBytes: number;
  slices: number;
  champions: number;
}

export async function costsOf(place: Place, replayed: readonly Replayed[], id: string): Promise<Costs> {
  const { ledger, client, folder } = place;
  const runs = await ledger.selectFrom('runs').select(['id', 'started_at', 'ended_at']).execute();
  const took = new Map(
    runs.map((run) => [run.id, (Date.parse(run.ended_at ?? '') - Date.parse(run.started_at)) / 1000]),
  );
  const ids = replayed.map(({ run }) => run);
  let [mostEvents, mostBytes] = [0, 0];
  for (const run of ids) {
    const { historyLength, historySize } = await client.workflow.getHandle(run).describe();
    mostEvents = Math.max(mostEvents, historyLength);
    mostBytes = Math.max(mostBytes, historySize ?? 0);
  }
  const replay = await client.workflow.getHandle(id).describe();
  await sql`pragma wal_checkpoint(truncate)`.execute(ledger);
  const last = new Set(ids.slice(-Math.ceil(ids.length / 10)));
  const steps = await ledger.selectFrom('executions').select(['run_id', 'step', 'started_at', 'ended_at']).execute();
  const lastSteps: Record<string, number> = {};
  for (const { run_id, step, started_at, ended_at } of steps) {
    if (!last.has(run_id)) continue;
    const seconds = (Date.parse(ended_at ?? started_at) - Date.parse(started_at)) / 1000;
    lastSteps[step] = (lastSteps[step] ?? 0) + seconds / last.size;
  }
  const count = async (table: 'slices' | 'watermarks'): Promise<number> => {
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)} ${
      table === 'slices' ? sql`` : sql`where outcome = 'accepted'`
    }`.execute(ledger);
    return rows[0]?.n ?? 0;
  };
  return {
    seconds: ids.map((run) => took.get(run) ?? Number.NaN),
    lastSteps,
    mostEvents,
    replayEvents: replay.historyLength,
    mostBytes,
    ledgerBytes: statSync(join(folder, 'ledger.db')).size,
    serverBytes: statSync(join(folder, 'temporal.db')).size,
    slices: await count('slices'),
    champions: await count('watermarks'),
  };
}
