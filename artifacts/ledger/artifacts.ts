import type { ArtifactRef, ArtifactType } from '../../configs/refs.ts';
import type { Stored } from '../store.ts';
import type { Ledger } from './open.ts';
import { now } from './runs.ts';
import type { ArtifactRow } from './schema.ts';

/** Enters an artifact. The same content found again keeps its first entry, but for where it was stored elsewhere last. */
export async function enterArtifact(
  ledger: Ledger,
  type: ArtifactType,
  stored: Stored,
  meta: Record<string, unknown> = {},
): Promise<ArtifactRef> {
  const { digest, bytes, files, store = null } = stored;
  await ledger
    .insertInto('artifacts')
    .values({ digest, type, bytes, files, meta_json: JSON.stringify(meta), created_at: now(), store })
    .onConflict((conflict) =>
      store === null ? conflict.column('digest').doNothing() : conflict.column('digest').doUpdateSet({ store }),
    )
    .execute();
  return { digest, type };
}

export async function findArtifact(ledger: Ledger, digest: string): Promise<ArtifactRow | undefined> {
  return ledger.selectFrom('artifacts').selectAll().where('digest', '=', digest).executeTakeFirst();
}

/** Artifacts whose digest begins with some hex digits (with or without `sha256:`), at most `limit`. */
export async function findByPrefix(ledger: Ledger, prefix: string, limit = 3): Promise<ArtifactRow[]> {
  const start = prefix.startsWith('sha256:') ? prefix : `sha256:${prefix}`;
  return ledger
    .selectFrom('artifacts')
    .selectAll()
    .where('digest', '>=', start)
    .where('digest', '<', `${start}g`)
    .limit(limit)
    .execute();
}

export async function listArtifacts(ledger: Ledger): Promise<{ digest: string; type: string; store: string | null }[]> {
  return ledger.selectFrom('artifacts').select(['digest', 'type', 'store']).orderBy('digest').execute();
}

/** Addresses of the stores elsewhere that hold artifacts. */
export async function listStores(ledger: Ledger): Promise<string[]> {
  const rows = await ledger.selectFrom('artifacts').select('store').distinct().where('store', 'is not', null).execute();
  return rows.flatMap(({ store }) => store ?? []).toSorted();
}

/** Everything that lineage, a registered version, a named dataset or a calibration names, and what people said. */
export async function neededDigests(ledger: Ledger): Promise<Set<string>> {
  const edges = await ledger.selectFrom('edges').select('digest').distinct().execute();
  const versions = await ledger.selectFrom('versions').select(['digest', 'card']).execute();
  const datasets = await ledger.selectFrom('datasets').select('digest').distinct().execute();
  const calibrations = await ledger.selectFrom('calibrations').select(['digest', 'judge']).execute();
  const retired = await ledger.selectFrom('retired_judges').select('judge').execute();
  // Ratings may stand by themselves, and nothing makes them again.
  const ratings = await ledger
    .selectFrom('artifacts')
    .select('digest')
    .where('type', 'in', ['Ratings', 'RatingTask'])
    .execute();
  return new Set([
    ...ratings.map(({ digest }) => digest),
    ...calibrations.flatMap(({ digest, judge }) => [digest, judge]),
    ...retired.map(({ judge }) => judge),
    ...[...edges, ...datasets].map(({ digest }) => digest),
    ...versions.flatMap(({ digest, card }) => [digest, card]),
  ]);
}

/** Forgets an artifact; one that is not there is no error. */
export async function dropArtifact(ledger: Ledger, digest: string): Promise<void> {
  await ledger.deleteFrom('artifacts').where('digest', '=', digest).execute();
}
