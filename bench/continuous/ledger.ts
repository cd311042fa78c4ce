import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { losses } from '../../activities/continuous/losses.ts';
import { openLedger, type Ledger } from '../../artifacts/ledger/open.ts';
import { ancestors, keptMeans, keptScores, listSlices } from '../../artifacts/ledger/suite.ts';
import {
  droppedRows,
  keyBytes,
  knownRows,
  lineState,
  notePending,
  rowsUnderKeys,
} from '../../artifacts/ledger/watermark.ts';

/** How large the ledger is made. */
export interface LedgerSize {
  rows: number;
  slices: number;
  models: number;
  /** Rows of a slice. */
  items: number;
}

export const FULL_LEDGER: LedgerSize = { rows: 10_000_000, slices: 500, models: 100, items: 30 };
export const QUICK_LEDGER: LedgerSize = { rows: 100_000, slices: 50, models: 10, items: 30 };

/** One query, asked again and again. */
export interface QueryFigure {
  name: string;
  p50: number;
  max: number;
  found: number;
}

/** What filling it took, and what asking it takes. */
export interface LedgerFigures {
  size: LedgerSize;
  fillSeconds: number;
  bytes: number;
  queries: QueryFigure[];
}

const LINE = 'line';
const METRIC = 'exactMatch';
const ROUNDS = 15;
/** Rows whose key is known to the bench, so that it can be asked for. */
const KEYED = 20_000;

/** Fills a ledger with a long life and times what a period asks it, in ms. */
export async function measureLedger(size: LedgerSize): Promise<LedgerFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'));
  const file = join(folder, 'ledger.db');
  try {
    await (await openLedger(file)).destroy();
    const started = performance.now();
    fill(file, size);
    const fillSeconds = (performance.now() - started) / 1000;
    const ledger = await openLedger(file);
    const queries = await ask(ledger, size);
    await ledger.destroy();
    return { size, fillSeconds, bytes: statSync(file).size, queries };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ids lie evenly over the whole range, in their order, so that filling is quick; as numbers below 2⁶³. */
const stepOf = ({ rows }: LedgerSize): bigint => (2n ** 63n - 1n) / BigInt(rows);
const idOf = (i: number, size: LedgerSize): string => (BigInt(i) * stepOf(size)).toString(16).padStart(16, '0');

function fill(file: string, size: LedgerSize): void {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA cache_size = -400000; PRAGMA synchronous = OFF; BEGIN; DROP INDEX consumed_by_key;');
  const { rows, slices, models, items } = size;
  // One in a thousand is withdrawn, and one in a thousand is kept.
  db.exec(`
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows - 1})
    INSERT INTO consumed (line, row, key, generation, state)
    SELECT '${LINE}', unhex(printf('%016x', i * ${stepOf(size)})), randomblob(8), 1 + i % 520,
      CASE i % 1000 WHEN 1 THEN 'w' WHEN 2 THEN 'k' ELSE 'c' END
    FROM n`);
  const keyed = db.prepare('UPDATE consumed SET key = ? WHERE line = ? AND row = ?');
  for (let i = 0; i < KEYED; i += 1)
    keyed.run(keyBytes(`key ${i}`), LINE, Buffer.from(idOf(Math.floor((i * rows) / KEYED), size), 'hex'));
  db.exec('CREATE INDEX consumed_by_key ON consumed (line, key) WHERE key IS NOT NULL');
  const mark = db.prepare(
    'INSERT INTO watermarks (line, generation, run_id, period, verdict, outcome, counts_json, train, suite, model, depth, at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)',
  );
  const slice = db.prepare('INSERT INTO slices (line, slice, generation, digest, n, at) VALUES (?,?,?,?,?,?)');
  const counts = JSON.stringify({ new: 0, edited: 0, late: 0, kept: 0, withdrawn: 0, total: rows });
  const digest = (name: string, i: number): string => `sha256:${name}${String(i).padStart(64 - name.length, '0')}`;
  const modelOf = (i: number): string => digest('model', i % models);
  const at = '2026-11-25T00:00:00.000Z';
  for (let i = 1; i <= slices; i += 1) {
    const model = modelOf(i);
    mark.run(LINE, i, `run ${i}`, `p${i}`, 'promote', 'accepted', counts, digest('e', i), digest('f', i), model, 1, at);
    slice.run(LINE, `p${i}`, i, digest('a', i), items, at);
  }
  const cell = db.prepare(
    'INSERT INTO matrix (line, model, slice, metric, n, mean, scores, run_id, at) VALUES (?,?,?,?,?,?,?,?,?)',
  );
  const scores = new Float64Array(items).map((_, i) => i % 2);
  const blob = new Uint8Array(scores.buffer);
  for (let m = 0; m < models; m += 1)
    for (let s = 1; s <= slices; s += 1)
      cell.run(LINE, modelOf(m), `p${s}`, METRIC, items, 0.5 + ((m * s) % 97) / 1000, blob, `run ${s}`, at);
  db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}

async function ask(ledger: Ledger, size: LedgerSize): Promise<QueryFigure[]> {
  const { rows } = size;
  // Half of them known, scattered.
  const ids = (count: number, round: number): string[] =>
    Array.from({ length: count }, (_, i) => {
      const place = Math.floor((((i * 0.618_033_988 + round * 0.37) % 1) + 1) * rows) % rows;
      const known = idOf(place, size);
      return i % 2 === 0 ? known : `${known.slice(0, 15)}${known.endsWith('0') ? '1' : '0'}`;
    });
  const keys = (count: number, round: number): string[] =>
    Array.from({ length: count }, (_, i) => `key ${(i * 7 + round * 1009) % (2 * KEYED)}`);
  const models = [...new Set((await ancestors(ledger, LINE)).map(({ model }) => model))];
  const asked: [string, (round: number) => Promise<number>][] = [
    ['where the line stands (lineState)', async () => (await lineState(ledger, LINE)).accepted.length],
    ['which of 1,000 rows are known', async (round) => (await knownRows(ledger, LINE, ids(1000, round))).size],
    ['which of 10,000 rows are known', async (round) => (await knownRows(ledger, LINE, ids(10_000, round))).size],
    ['rows under 1,000 keys', async (round) => (await rowsUnderKeys(ledger, LINE, keys(1000, round))).size],
    ['rows that were withdrawn', async () => (await droppedRows(ledger, LINE)).size],
    ['what the champion has lost on each slice', async () => (await losses(ledger, LINE, METRIC)).length],
    ['means of all models on all slices', async () => (await keptMeans(ledger, LINE, METRIC)).length],
    [
      'scores of all champions on a slice',
      async (round) =>
        (await keptScores(ledger, { line: LINE, metric: METRIC, models, slice: `p${round + 1}` })).length,
    ],
    ['the slices', async () => (await listSlices(ledger, LINE)).length],
    ['that rows wait (a write)', async (round) => ((await notePending(ledger, LINE, round + 1)) === null ? 0 : 1)],
  ];
  const figures: QueryFigure[] = [];
  for (const [name, query] of asked) {
    const times: number[] = [];
    let found = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const started = performance.now();
      found = await query(round);
      times.push(performance.now() - started);
    }
    const sorted = times.toSorted((a, b) => a - b);
    figures.push({ name, p50: sorted[Math.floor(ROUNDS / 2)] as number, max: sorted.at(-1) as number, found });
  }
  return figures;
}
