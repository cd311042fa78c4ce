import type { Ledger } from './open.ts';
import { now } from './runs.ts';
import type { DatasetRow } from './schema.ts';

/** Kinds that are judged on and never learned from. */
const EVAL_KINDS = ['eval', 'adversarial'];

export interface NewDataset {
  name: string;
  digest: string;
  /** One of `DATASET_KINDS`. */
  kind: string;
  rows: number;
  actor: string;
  /** The run that made it; absent when a person brought it. */
  runId?: string | undefined;
}

/** Enters a dataset under the next version of its name; the same content again keeps the version it has. */
export async function registerDataset(
  ledger: Ledger,
  { name, digest, kind, rows, actor, runId }: NewDataset,
): Promise<{ version: number; isNew: boolean }> {
  return ledger.transaction().execute(async (tx) => {
    const known = await tx
      .selectFrom('datasets')
      .select('version')
      .where('name', '=', name)
      .where('digest', '=', digest)
      .executeTakeFirst();
    if (known) return { version: known.version, isNew: false };
    const { latest } = await tx
      .selectFrom('datasets')
      .select((eb) => eb.fn.max<number | null>('version').as('latest'))
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    const version = (latest ?? 0) + 1;
    await tx
      .insertInto('datasets')
      .values({ name, version, digest, kind, rows, created_at: now(), actor, run_id: runId ?? null })
      .execute();
    return { version, isNew: true };
  });
}

/** All of them, by name, the newest version of each first. */
export async function listDatasets(ledger: Ledger): Promise<DatasetRow[]> {
  return ledger.selectFrom('datasets').selectAll().orderBy('name').orderBy('version', 'desc').execute();
}

/** One version of a dataset, or its newest. */
export async function datasetAt(
  ledger: Ledger,
  name: string,
  version: number | 'latest',
): Promise<DatasetRow | undefined> {
  const versions = ledger.selectFrom('datasets').selectAll().where('name', '=', name);
  return version === 'latest'
    ? versions.orderBy('version', 'desc').limit(1).executeTakeFirst()
    : versions.where('version', '=', version).executeTakeFirst();
}

/** Every name and version that some content goes by. */
export async function datasetNamesOf(ledger: Ledger, digest: string): Promise<{ name: string; version: number }[]> {
  return ledger
    .selectFrom('datasets')
    .select(['name', 'version'])
    .where('digest', '=', digest)
    .orderBy('name')
    .orderBy('version')
    .execute();
}

/** Sets that nothing may be trained on, newest version of a name first. */
export async function listEvalSets(ledger: Ledger): Promise<DatasetRow[]> {
  return ledger
    .selectFrom('datasets')
    .selectAll()
    .where('kind', 'in', EVAL_KINDS)
    .orderBy('name')
    .orderBy('version', 'desc')
    .execute();
}
