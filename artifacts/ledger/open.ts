import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Kysely, sql, SqliteDialect, type SqliteDatabase } from 'kysely';
import { Migrator } from 'kysely/migration';
import { messageOf, terminal } from '../../configs/failure.ts';
import { withLock } from '../lock.ts';
import { migrations } from './migrations.ts';
import type { Tables } from './schema.ts';

/** The ledger: executions, lineage, versions, aliases, audit. One SQLite file in WAL mode, safe for many processes. */
export type Ledger = Kysely<Tables>;

/** Lists of changing length make texts of their own: those beyond so many are prepared each time. */
const MAX_PREPARED = 200;
/** How long a writer waits for another, in ms. */
const BUSY_TIMEOUT = 10_000;

/** Opens the ledger, making or upgrading its file. Close with `ledger.destroy()`. */
export async function openLedger(file: string): Promise<Ledger> {
  let sqlite: DatabaseSync;
  try {
    mkdirSync(dirname(file), { recursive: true });
    sqlite = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
    // NORMAL: what was written survives the death of every process. After a power cut the last rows may be gone,
    // which `settle` rules out where it would matter; waiting for the disk at each row makes every step slower.
    sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  } catch (error) {
    const message = messageOf(error);
    if (message.includes('not a database') || message.includes('malformed')) {
      const remedy = 'put it back from a backup, or move it away and begin a new one';
      throw terminal('LedgerDamaged', `the ledger ${file} cannot be read (${message}): ${remedy}`, {}, error);
    }
    throw terminal(
      'LedgerNotWritable',
      `cannot open the ledger ${file} (${message}): check the folder's permissions and free space, or set ANNEAL_HOME`,
      {},
      error,
    );
  }
  const ledger = new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapt(sqlite) }) });
  const latest = Object.keys(migrations).length;
  const version = (): number =>
    Number((sqlite.prepare('PRAGMA user_version').get() as { user_version: number }).user_version);
  if (version() > latest) {
    sqlite.close();
    throw terminal(
      'LedgerTooNew',
      `the ledger ${file} was written by a newer Anneal: update this checkout, or set ANNEAL_HOME to another folder`,
    );
  }
  if (version() < latest) {
    // Two processes that open a new ledger at once must not both make its tables.
    await withLock(`${file}.migrating`, BUSY_TIMEOUT, async () => {
      if (version() === latest) return;
      const { error } = await new Migrator({
        db: ledger,
        provider: { getMigrations: async () => migrations },
      }).migrateToLatest();
      if (error) throw error;
      sqlite.exec(`PRAGMA user_version = ${latest}`);
    });
  }
  return ledger;
}

/** Waits until everything written so far is on the disk: after it not even a power cut undoes it. */
export async function settle(ledger: Ledger): Promise<void> {
  await sql`pragma wal_checkpoint(passive)`.execute(ledger);
}

/**
 * node:sqlite in the shape Kysely's dialect expects. `begin` becomes `begin immediate`: a transaction that
 * reads first and writes later would otherwise fail at once when another process writes in between.
 */
function adapt(sqlite: DatabaseSync): SqliteDatabase {
  // Kysely writes the same few texts again and again; to prepare one costs more than to run it.
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = prepared.get(sql);
    if (known) return known;
    const statement = sqlite.prepare(sql);
    if (prepared.size < MAX_PREPARED) prepared.set(sql, statement);
    return statement;
  };
  return {
    close: () => sqlite.close(),
    prepare: (sql) => {
      const statement = prepare(sql === 'begin' ? 'begin immediate' : sql);
      const values = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => {
          const { changes, lastInsertRowid } = statement.run(...values(parameters));
          return { changes, lastInsertRowid };
        },
        iterate: (parameters) => statement.iterate(...values(parameters)) as IterableIterator<unknown>,
      };
    },
  };
}
