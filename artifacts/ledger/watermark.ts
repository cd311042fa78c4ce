import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { terminal } from '../../configs/failure.ts';
import type { Ledger } from './open.ts';
import { now } from './runs.ts';
import type { ConsumedRow, LineRow, WatermarkRow } from './schema.ts';

/** Numbers of rows, by what became of them. */
export interface Counts {
  /** Never seen before. */
  new: number;
  /** Another content under the key of a row used before. */
  edited: number;
  /** Of the new ones, those dated before the newest row used so far. */
  late: number;
  /** Tried before, without a verdict that used them up. */
  kept: number;
  /** Used before, and no longer in a source that holds all valid rows. */
  withdrawn: number;
}

/** Where a line stands. */
export interface LineState {
  /** Verdicts so far; 0: none. */
  generation: number;
  /** Newest date among the rows used so far, where rows have one. */
  until: string | null;
  /** Rows that count as used or kept. */
  total: number;
  suite: string | null;
  depth: number;
  /** Training rows of the periods that were accepted, oldest first. */
  accepted: { period: string; train: string }[];
  pendingSince: string | null;
  skips: number;
  reanchor: string | null;
}

/** A row as the watermark knows it. */
export interface KnownRow {
  state: ConsumedRow['state'];
  generation: number;
}

/** Ids asked at once; SQLite takes some thirty thousand parameters. */
const ASKED_AT_ONCE = 1000;

/** The 8 bytes that a row is known by: its id, which has 16 hex digits. */
export const rowBytes = (id: string): Uint8Array => Buffer.from(id, 'hex');

/** The 8 bytes of the value that names a row for good. */
export const keyBytes = (value: string): Uint8Array => createHash('sha256').update(value).digest().subarray(0, 8);

/** Where a line stands; a line that nobody has tuned stands at generation 0. */
export async function lineState(ledger: Ledger, line: string): Promise<LineState> {
  const last = await lastWatermark(ledger, line);
  const own = await ledger.selectFrom('lines').selectAll().where('line', '=', line).executeTakeFirst();
  const accepted = await ledger
    .selectFrom('watermarks')
    .select(['period', 'train'])
    .where('line', '=', line)
    .where('outcome', '=', 'accepted')
    .orderBy('generation')
    .execute();
  const promoted = await ledger
    .selectFrom('watermarks')
    .select('depth')
    .where('line', '=', line)
    .where('outcome', '=', 'accepted')
    .orderBy('generation', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { until = null, total = 0 } = JSON.parse(last?.counts_json ?? '{}') as { until?: string; total?: number };
  return {
    generation: last?.generation ?? 0,
    until,
    total,
    suite: last?.suite ?? null,
    depth: promoted?.depth ?? 0,
    accepted: accepted.flatMap(({ period, train }) => (train === null ? [] : [{ period, train }])),
    pendingSince: own?.pending_since ?? null,
    skips: own?.skips ?? 0,
    reanchor: own?.reanchor ?? null,
  };
}

/** The newest watermark of a line. */
export async function lastWatermark(
  ledger: Pick<Ledger, 'selectFrom'>,
  line: string,
): Promise<WatermarkRow | undefined> {
  return ledger
    .selectFrom('watermarks')
    .selectAll()
    .where('line', '=', line)
    .orderBy('generation', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/**
 * The last training from the base model since the newest period that was accepted, none of which was; and how many
 * verdicts have come after it.
 */
export async function lastFromBase(
  ledger: Ledger,
  line: string,
): Promise<{ period: string; verdictsAgo: number } | undefined> {
  const accepted = ledger
    .selectFrom('watermarks')
    .select((eb) => eb.fn.max('generation').as('generation'))
    .where('line', '=', line)
    .where('outcome', '=', 'accepted');
  const found = await ledger
    .selectFrom('watermarks')
    .select(['period', 'generation'])
    .where('line', '=', line)
    .where('generation', '>', accepted)
    .where('depth', '=', 0)
    .orderBy('generation', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!found) return undefined;
  const last = await lastWatermark(ledger, line);
  return { period: found.period, verdictsAgo: (last?.generation ?? found.generation) - found.generation };
}

/** Every verdict of a line, oldest first. */
export async function listWatermarks(ledger: Ledger, line: string): Promise<WatermarkRow[]> {
  return ledger.selectFrom('watermarks').selectAll().where('line', '=', line).orderBy('generation').execute();
}

/** What is known of rows, by id; those that no verdict has used are absent. */
export async function knownRows(ledger: Ledger, line: string, ids: readonly string[]): Promise<Map<string, KnownRow>> {
  const known = new Map<string, KnownRow>();
  for (let from = 0; from < ids.length; from += ASKED_AT_ONCE) {
    const asked = ids.slice(from, from + ASKED_AT_ONCE).map(rowBytes);
    const found = await ledger
      .selectFrom('consumed')
      .select(['row', 'state', 'generation'])
      .where('line', '=', line)
      .where('row', 'in', asked)
      .execute();
    for (const { row, state, generation } of found) known.set(Buffer.from(row).toString('hex'), { state, generation });
  }
  return known;
}

/** Rows in use under keys, by key; a key that no row in use has is absent. */
export async function rowsUnderKeys(
  ledger: Ledger,
  line: string,
  keys: readonly string[],
): Promise<Map<string, string[]>> {
  const names = new Map(keys.map((key) => [Buffer.from(keyBytes(key)).toString('hex'), key]));
  const found = new Map<string, string[]>();
  const hashes = [...names.keys()];
  for (let from = 0; from < hashes.length; from += ASKED_AT_ONCE) {
    const asked = hashes.slice(from, from + ASKED_AT_ONCE).map((hash) => Buffer.from(hash, 'hex'));
    // By name: left to itself, SQLite reads through all rows of the line.
    const { rows } = await sql<Pick<ConsumedRow, 'row' | 'key'>>`
      SELECT row, key FROM consumed INDEXED BY consumed_by_key
      WHERE line = ${line} AND key IN (${sql.join(asked)}) AND state != 'w'`.execute(ledger);
    for (const { row, key } of rows) {
      const name = names.get(Buffer.from(key as Uint8Array).toString('hex')) as string;
      found.set(name, [...(found.get(name) ?? []), Buffer.from(row).toString('hex')]);
    }
  }
  return found;
}

/** Ids of rows in use that are not among those of a source that holds all valid rows. */
export async function withdrawnRows(ledger: Ledger, line: string, present: ReadonlySet<string>): Promise<string[]> {
  const gone: string[] = [];
  let after: Uint8Array = new Uint8Array(0);
  for (;;) {
    const rows = await ledger
      .selectFrom('consumed')
      .select(['row', 'state'])
      .where('line', '=', line)
      .where('row', '>', after)
      .orderBy('row')
      .limit(50_000)
      .execute();
    for (const { row, state } of rows) {
      const id = Buffer.from(row).toString('hex');
      if (state !== 'w' && !present.has(id)) gone.push(id);
    }
    const last = rows.at(-1);
    if (!last || rows.length < 50_000) return gone;
    after = last.row;
  }
}

/** Ids of rows that were withdrawn or replaced: they are never learned again. */
export async function droppedRows(ledger: Ledger, line: string): Promise<Set<string>> {
  const rows = await ledger
    .selectFrom('consumed')
    .select('row')
    .where('line', '=', line)
    // As a literal: SQLite takes no partial index for a parameter.
    .where(sql<boolean>`state = 'w'`)
    .execute();
  return new Set(rows.map(({ row }) => Buffer.from(row).toString('hex')));
}

/** Notes that rows wait, since when, or that none does; and gives the time since which they have waited. */
export async function notePending(ledger: Ledger, line: string, waiting: number): Promise<string | null> {
  return ledger.transaction().execute(async (tx) => {
    const own = await enterLine(tx, line);
    const since = waiting === 0 ? null : (own.pending_since ?? now());
    await tx
      .updateTable('lines')
      .set({ pending_since: since, pending_rows: waiting })
      .where('line', '=', line)
      .execute();
    return since;
  });
}

/** Ends a run as skipped, and gives how many of its line were skipped in a row. Ending it again changes nothing. */
export async function skipRun(
  ledger: Ledger,
  { line, runId, reason }: { line: string; runId: string; reason: string },
): Promise<number> {
  return ledger.transaction().execute(async (tx) => {
    const { skips } = await enterLine(tx, line);
    const { numUpdatedRows } = await tx
      .updateTable('runs')
      .set({ status: 'skipped', reason, ended_at: now(), waiting: null })
      .where('id', '=', runId)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return skips;
    await tx
      .updateTable('lines')
      .set({ skips: skips + 1 })
      .where('line', '=', line)
      .execute();
    return skips + 1;
  });
}

/** Has the next training of a line begin at the base model; null: not any more. */
export async function setReanchor(ledger: Ledger, line: string, why: string | null): Promise<void> {
  await ledger.transaction().execute(async (tx) => {
    await enterLine(tx, line);
    await tx.updateTable('lines').set({ reanchor: why }).where('line', '=', line).execute();
  });
}

async function enterLine(tx: Ledger, line: string): Promise<LineRow> {
  await tx
    .insertInto('lines')
    .values({ line, pending_since: null, pending_rows: 0, skips: 0, reanchor: null })
    .onConflict((conflict) => conflict.column('line').doNothing())
    .execute();
  return tx.selectFrom('lines').selectAll().where('line', '=', line).executeTakeFirstOrThrow();
}

/** A row that a verdict moves the watermark over. */
export interface ArrivedRow {
  id: string;
  /** Value of the column that names it for good. */
  key?: string | undefined;
  state: 'new' | 'edited' | 'kept' | 'withdrawn';
  /** Of an edited row: the ids that it replaces. */
  replaces?: string[] | undefined;
}

export interface Advance {
  line: string;
  /** The generation that the run began at. */
  expect: number;
  runId: string;
  period: string;
  verdict: string | null;
  outcome: WatermarkRow['outcome'];
  counts: Counts;
  /** Newest date among the rows, where they have one. */
  until: string | null;
  rows: readonly ArrivedRow[];
  train: string | null;
  suite: string | null;
  model: string | null;
  depth: number | null;
  /** The test rows that an accepted period adds. */
  slice?: { digest: string; n: number } | undefined;
}

/**
 * Moves the watermark of a line by one verdict, by compare-and-set: rows are used up or kept, and an accepted period
 * adds its slice to the suite. Has to be called in a transaction. A run that has moved it already changes nothing.
 *
 * @throws TerminalError `WatermarkMoved` when another run moved it meanwhile.
 */
export async function advance(tx: Ledger, a: Advance): Promise<{ generation: number; isNew: boolean }> {
  const done = await tx
    .selectFrom('watermarks')
    .select('generation')
    .where('line', '=', a.line)
    .where('run_id', '=', a.runId)
    .executeTakeFirst();
  if (done) return { generation: done.generation, isNew: false };
  const last = await lastWatermark(tx, a.line);
  const at = last?.generation ?? 0;
  if (at !== a.expect) {
    throw terminal(
      'WatermarkMoved',
      `the watermark of ${a.line} stands at ${at}, moved by run ${last?.run_id ?? 'unknown'}, not at ${a.expect} where this run began: nothing was used up; run it again`,
      { expected: a.expect, found: at },
    );
  }
  const generation = at + 1;
  const before = JSON.parse(last?.counts_json ?? '{}') as { until?: string; total?: number };
  const total = (before.total ?? 0) + (await useRows(tx, a, generation));
  const until = [before.until, a.until]
    .filter((one) => one != null)
    .toSorted()
    .at(-1);
  const isAccepted = a.outcome === 'accepted';
  await tx
    .insertInto('watermarks')
    .values({
      line: a.line,
      generation,
      run_id: a.runId,
      period: a.period,
      verdict: a.verdict,
      outcome: a.outcome,
      counts_json: JSON.stringify({ ...a.counts, total, ...(until === undefined ? {} : { until }) }),
      train: a.train,
      suite: isAccepted ? a.suite : (last?.suite ?? null),
      model: isAccepted ? a.model : null,
      depth: a.depth,
      at: now(),
    })
    .execute();
  if (isAccepted && a.slice) {
    const { digest, n } = a.slice;
    await tx.insertInto('slices').values({ line: a.line, slice: a.period, generation, digest, n, at: now() }).execute();
  }
  await enterLine(tx, a.line);
  await tx
    .updateTable('lines')
    .set({
      pending_since: null,
      pending_rows: 0,
      skips: 0,
      // What a person asked for is done once a training from the base model was accepted.
      ...(isAccepted && a.depth === 0 ? { reanchor: null } : {}),
    })
    .where('line', '=', a.line)
    .execute();
  return { generation, isNew: true };
}

/** Writes what became of the rows; gives by how many the rows in use have grown. */
async function useRows(tx: Ledger, { line, rows, outcome }: Advance, generation: number): Promise<number> {
  const state = outcome === 'kept' ? 'k' : 'c';
  let grown = 0;
  const drop = async (id: string): Promise<void> => {
    const { numUpdatedRows } = await tx
      .updateTable('consumed')
      .set({ state: 'w', generation })
      .where('line', '=', line)
      .where('row', '=', rowBytes(id))
      .where('state', '!=', 'w')
      .executeTakeFirst();
    grown -= Number(numUpdatedRows);
  };
  for (const row of rows) {
    if (row.state === 'withdrawn') {
      await drop(row.id);
      continue;
    }
    if (row.state !== 'kept') grown += 1;
    await sql`
      INSERT INTO consumed (line, row, key, generation, state)
      VALUES (${line}, ${rowBytes(row.id)}, ${row.key === undefined ? null : keyBytes(row.key)}, ${generation}, ${state})
      ON CONFLICT (line, row) DO UPDATE SET generation = excluded.generation, state = excluded.state`.execute(tx);
    // While its successor is only tried, an edited row stays in use.
    if (state === 'c') for (const old of row.replaces ?? []) await drop(old);
  }
  return grown;
}
