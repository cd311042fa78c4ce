import { join } from 'node:path';
import type { TuneOrder, Tuner, TuneSettings } from '../../../adapters/contracts.ts';
import { openAiKind } from '../../../adapters/openai/kind.ts';
import { writeRemoteModel } from '../../../adapters/remote/model-file.ts';
import { createRemoteTuner } from '../../../adapters/remote/tuner.ts';
import { openLedger } from '../../../artifacts/ledger/open.ts';
import { RecipeSchema } from '../../../configs/recipe.ts';
import { writeRows } from './trainer.ts';

/** Where the test server listens. */
export interface Place {
  folder: string;
  baseUrl: string;
}

/** The tuner `openai` on a ledger in a folder, and another one as a second worker has it. */
export async function openAiTuner({
  folder,
}: Place): Promise<{ tuner: Tuner; another: Tuner; close(): Promise<void> }> {
  // One for both: two connections to SQLite in one process would wait for each other in vain.
  const ledger = await openLedger(join(folder, 'ledger.db'));
  const options = { ledger, jobs: join(folder, 'jobs'), pollEveryMs: 10, settleMs: 200 };
  const tuner = (): Tuner => createRemoteTuner(openAiKind, options);
  return { tuner: tuner(), another: tuner(), close: () => ledger.destroy() };
}

/** Settings of a job at the test server, which the recipe gives a price. */
export const openAiSettings = (
  baseUrl: string,
  openai: Record<string, unknown> = {},
  tune: Record<string, unknown> = {},
): TuneSettings =>
  RecipeSchema.shape.tune.parse({
    provider: 'openai',
    openai: { baseUrl, ...openai },
    price: { training: 5 },
    ...tune,
  });

/** An order of a few rows. */
export async function openAiOrder(
  { folder, baseUrl }: Place,
  openai: Record<string, unknown> = {},
  tune: Record<string, unknown> = {},
): Promise<TuneOrder> {
  const base = join(folder, 'base');
  const settings = openAiSettings(baseUrl, { epochs: 2, ...openai }, tune);
  await writeRemoteModel(base, openAiKind.baseOf('gpt-4.1-mini', settings));
  return { base, train: writeRows(join(folder, 'train.jsonl'), 30, true), settings };
}

/** For test/support/tuner-worker.ts; the argument is a `Place` in JSON. */
export async function openTuner(args: string): Promise<{ tuner: Tuner; order: TuneOrder; close(): Promise<void> }> {
  const place = JSON.parse(args) as Place;
  return { ...(await openAiTuner(place)), order: await openAiOrder(place) };
}
