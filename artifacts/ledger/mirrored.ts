import type { Ledger } from './open.ts';
import { now } from './clock.ts';

/** A copy that was made elsewhere: whose it is, of what, and its name there. */
export interface Mirrored {
  /** `model`, `endpoint`, `metadata`, `experiment`, `lineage`. */
  kind: string;
  /** The ledger's name of it: `name@vN`, a run, an execution. */
  key: string;
  /** Digest of what it shows. */
  digest: string;
  name: string;
}

/** Notes a copy; noted again, it takes the place of what was noted before. */
export async function noteMirrored(ledger: Ledger, { kind, key, digest, name }: Mirrored): Promise<void> {
  await ledger
    .insertInto('mirrored')
    .values({ kind, key, digest, name, at: now() })
    .onConflict((conflict) => conflict.columns(['kind', 'key']).doUpdateSet({ digest, name, at: now() }))
    .execute();
}

/** The copy under a key; undefined: none was made. */
export async function mirroredAs(ledger: Ledger, kind: string, key: string): Promise<Mirrored | undefined> {
  return ledger
    .selectFrom('mirrored')
    .select(['kind', 'key', 'digest', 'name'])
    .where('kind', '=', kind)
    .where('key', '=', key)
    .executeTakeFirst();
}

/** Copies of some artifacts. */
export async function mirroredOf(ledger: Ledger, digests: readonly string[]): Promise<Mirrored[]> {
  if (digests.length === 0) return [];
  return ledger
    .selectFrom('mirrored')
    .select(['kind', 'key', 'digest', 'name'])
    .where('digest', 'in', [...digests])
    .orderBy('kind')
    .orderBy('key')
    .execute();
}

/** Forgets the copies of a kind whose keys begin so, except for some. */
export async function forgetMirrored(
  ledger: Ledger,
  kind: string,
  prefix: string,
  except: readonly string[],
): Promise<void> {
  const found = await ledger.selectFrom('mirrored').select('key').where('kind', '=', kind).execute();
  const gone = found.flatMap(({ key }) => (key.startsWith(prefix) && !except.includes(key) ? [key] : []));
  if (gone.length > 0) await ledger.deleteFrom('mirrored').where('kind', '=', kind).where('key', 'in', gone).execute();
}
