import { messageOf } from '../configs/failure.ts';
import type { Ledger } from './ledger/open.ts';
import type { Store } from './store.ts';

/**
 * Notes beside the artifacts, where they lie elsewhere, where an alias points by the ledger. The ledger is what counts:
 * what cannot be noted fails nothing and is given back as a sentence; doing it again mends it.
 */
export async function noteAlias(
  { ledger, store }: { ledger: Ledger; store: Store },
  name: string,
  alias: string,
): Promise<string | undefined> {
  const row = await ledger
    .selectFrom('aliases')
    .innerJoin('versions', (join) =>
      join.onRef('versions.name', '=', 'aliases.name').onRef('versions.version', '=', 'aliases.version'),
    )
    .select(['versions.version', 'versions.digest', 'aliases.updated_at as at'])
    .where('aliases.name', '=', name)
    .where('aliases.alias', '=', alias)
    .executeTakeFirst();
  if (!row) return undefined;
  try {
    await store.noteAlias?.({ model: name, alias, ...row });
    return undefined;
  } catch (error) {
    return `${name}@${alias} is moved, but not noted beside its artifacts: ${messageOf(error)}`;
  }
}

/** Notes every alias of the ledger; gives what could not be noted. */
export async function noteAliases(shelf: { ledger: Ledger; store: Store }): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, alias } of await shelf.ledger.selectFrom('aliases').select(['name', 'alias']).execute()) {
    const problem = await noteAlias(shelf, name, alias);
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}
