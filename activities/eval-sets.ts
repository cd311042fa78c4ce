import { hexOf } from '../artifacts/canonical.ts';
import { datasetNamesOf, listEvalSets } from '../artifacts/ledger/datasets.ts';
import type { DatasetRow } from '../artifacts/ledger/schema.ts';
import { rowsIn } from '../data/lines.ts';
import type { EvalSet } from '../data/policies/policy.ts';
import type { TestRow } from '../data/row.ts';
import type { Deps } from './step/deps.ts';

type Shelf = Pick<Deps, 'ledger' | 'store'>;

const PART = 'evalSet.';

/**
 * Registered test and evaluation sets as named parts of a cache key. Parts and no inputs: what is held against a set
 * does not come from it. By content: one more name for the same rows changes nothing.
 */
export async function evalSetParts(
  { ledger }: Pick<Deps, 'ledger'>,
  wanted: (set: DatasetRow) => boolean,
): Promise<Record<string, string>> {
  const sets = (await listEvalSets(ledger)).filter(wanted);
  return Object.fromEntries(sets.map(({ digest }) => [`${PART}${hexOf(digest).slice(0, 16)}`, digest]));
}

/** The sets that the parts of a key name, so that exactly those are used that the key was made of. */
export async function evalSetsOf({ ledger, store }: Shelf, parts: ReadonlyMap<string, string>): Promise<EvalSet[]> {
  const sets: EvalSet[] = [];
  for (const [part, digest] of parts) {
    if (!part.startsWith(PART)) continue;
    const [named] = await datasetNamesOf(ledger, digest);
    const name = named ? `${named.name}@v${named.version}` : digest;
    sets.push({ digest, name, rows: rowsIn<TestRow>(await store.path(digest)) });
  }
  return sets;
}

/** Registered sets for a look before a run or beside one. */
export async function registeredSets(
  { ledger, store }: Shelf,
  wanted: (set: DatasetRow) => boolean = () => true,
): Promise<EvalSet[]> {
  return evalSetsOf({ ledger, store }, new Map(Object.entries(await evalSetParts({ ledger }, wanted))));
}
