import { canonicalJson } from '../../configs/canonical-json.ts';
import { digestOf } from '../canonical.ts';
import type { Ledger } from './open.ts';
import { now } from './runs.ts';
import type { LookRow } from './schema.ts';

/** A comparison that looks at a test set. */
export interface Look {
  /** Digest of the test set. */
  test: string;
  rows: 'main' | 'confirm';
  /** Metrics that decide. */
  metrics: readonly string[];
  candidate: string;
  champion: string;
}

/**
 * Enters a look at a test set and gives its number, 1 for the first. The same comparison on the same metrics keeps
 * the number it has: looking again at what was seen is no new look.
 *
 * @param by The execution or the command that looks.
 */
export async function enterLook(ledger: Ledger, look: Look, by: string): Promise<number> {
  const { test, rows, metrics, candidate, champion } = look;
  const id = idOf(look);
  return ledger.transaction().execute(async (tx) => {
    const known = await tx.selectFrom('looks').select('number').where('id', '=', id).executeTakeFirst();
    if (known) return known.number;
    const number = 1 + (await lookedAt(tx, test, rows));
    const row = { id, number, test, rows, metrics: metrics.join(' '), candidate, champion, looked_by: by, at: now() };
    await tx.insertInto('looks').values(row).execute();
    return number;
  });
}

/** The number that a comparison has, or would have; nothing is entered. */
export async function numberOfLook(ledger: Ledger, look: Look): Promise<number> {
  const known = await ledger.selectFrom('looks').select('number').where('id', '=', idOf(look)).executeTakeFirst();
  return known?.number ?? 1 + (await lookedAt(ledger, look.test, look.rows));
}

/** How often a test set was looked at. */
export async function lookedAt(
  ledger: Pick<Ledger, 'selectFrom'>,
  test: string,
  rows: Look['rows'] = 'main',
): Promise<number> {
  const { last } = await ledger
    .selectFrom('looks')
    .select((eb) => eb.fn.max('number').as('last'))
    .where('test', '=', test)
    .where('rows', '=', rows)
    .executeTakeFirstOrThrow();
  return Number(last ?? 0);
}

/** Every look at a test set, oldest first. */
export async function listLooks(ledger: Ledger, test: string): Promise<LookRow[]> {
  return ledger.selectFrom('looks').selectAll().where('test', '=', test).orderBy('at').orderBy('number').execute();
}

const idOf = ({ test, rows, metrics, candidate, champion }: Look): string =>
  digestOf(canonicalJson({ test, rows, metrics: metrics.toSorted(), candidate, champion }));
