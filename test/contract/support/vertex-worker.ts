import { join } from 'node:path';
import type { TuneOrder, Tuner, TuneSettings } from '../../../adapters/contracts.ts';
import { writeRemoteModel } from '../../../adapters/remote/model-file.ts';
import { createRemoteTuner } from '../../../adapters/remote/tuner.ts';
import { vertexKind } from '../../../adapters/vertex/kind.ts';
import { openLedger, type Ledger } from '../../../artifacts/ledger/open.ts';
import { RecipeSchema } from '../../../configs/recipe.ts';
import { writeRows } from './trainer.ts';

/** Epochs of a job that never ends at the test server. */
export const FOREVER = 99;

const ledgers: Record<string, Promise<Ledger>> = {};

/** The tuner `vertex` against test servers, on a ledger in a folder; a second one is as another worker has it. */
export async function vertexTuner(folder: string): Promise<{ tuner: Tuner; close(): Promise<void> }> {
  const path = join(folder, 'ledger.db');
  // One connection a process, as a worker has it: two would wait for each other's transactions without an end.
  const ledger = await (ledgers[path] ??= openLedger(path));
  const options = { ledger, jobs: join(folder, 'jobs'), pollEveryMs: 10, settleMs: 200 };
  return { tuner: createRemoteTuner(vertexKind, options), close: () => ledger.destroy() };
}

/** An order of a few rows. */
export async function vertexOrder(
  folder: string,
  vertex: Record<string, unknown> = {},
  tune: Record<string, unknown> = {},
): Promise<TuneOrder> {
  const base = join(folder, 'base');
  await writeRemoteModel(base, vertexKind.baseOf('gemini-2.5-flash-lite', settingsOf({}, {})));
  return {
    base,
    train: writeRows(join(folder, 'train.jsonl'), 30, true),
    settings: settingsOf({ epochs: 2, ...vertex }, tune),
  };
}

const settingsOf = (vertex: Record<string, unknown>, tune: Record<string, unknown>): TuneSettings => ({
  ...RecipeSchema.shape.tune.parse({ provider: 'vertex', vertex, ...tune }),
  store: 'gs://anneal-test/artifacts',
});

/** For test/support/tuner-worker.ts. */
export const openTuner = async (
  folder: string,
): Promise<{ tuner: Tuner; order: TuneOrder; close(): Promise<void> }> => ({
  ...(await vertexTuner(folder)),
  order: await vertexOrder(folder),
});
