import type { StoreAddress } from '../../artifacts/store-router.ts';
import { findRun } from '../../artifacts/ledger/runs.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import type { Recipe } from '../../configs/recipe.ts';

/** Runs whose store is remembered; a recipe never changes while its run is under way. */
const MOST_KEPT = 500;
const kept = new WeakMap<Ledger, Map<string, StoreAddress | undefined>>();

/** Where the artifacts of a run go, as its recipe says; undefined: to the state folder. */
export async function storeOfRun(ledger: Ledger, runId: string): Promise<StoreAddress | undefined> {
  const known = kept.get(ledger) ?? new Map<string, StoreAddress | undefined>();
  kept.set(ledger, known);
  if (known.has(runId)) return known.get(runId);
  const row = await findRun(ledger, runId);
  if (!row) return undefined;
  const { store: uri, google = {} } = JSON.parse(row.recipe_json) as Pick<Recipe, 'store' | 'google'>;
  const { project, userProject, kmsKey } = google;
  const address = uri === undefined ? undefined : { uri, project, userProject, kmsKey };
  if (known.size >= MOST_KEPT) known.clear();
  known.set(runId, address);
  return address;
}
