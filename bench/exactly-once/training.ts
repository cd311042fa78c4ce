import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PaidOrder, TuneOrder, TuneSettings } from '../../adapters/contracts.ts';
import { writeRemoteModel } from '../../adapters/remote/model-file.ts';
import { vertexKind } from '../../adapters/vertex/kind.ts';
import { RecipeSchema } from '../../configs/recipe.ts';
import { writeRows } from '../../test/contract/support/trainer.ts';
import { paidFor } from '../../test/support/paid.ts';

/** Bucket of the rows. */
export const BUCKET = 'anneal-once';
/** Projects, so that 60 submissions and 600 calls a minute in each are enough. */
const PROJECTS = 25;
/** Each so many-th run wants what the run before it wants. */
const TWIN_EVERY = 10;

/** A run of the measurement. */
export interface BenchRun {
  id: string;
  jobKey: string;
  order: TuneOrder;
  paid: PaidOrder;
}

/** Writes what all runs read. */
export async function prepare(folder: string): Promise<void> {
  await writeRemoteModel(join(folder, 'base'), vertexKind.baseOf('gemini-2.5-flash-lite', settingsOf('x', 1)));
  writeRows(join(folder, 'train.jsonl'), 40, true);
}

/** Runs that are done; what a killed worker had half written is none. */
export const doneIn = (folder: string): string[] =>
  existsSync(join(folder, 'done')) ? readdirSync(join(folder, 'done')).filter((name) => /^run-\d+$/.test(name)) : [];

/** How many different trainings so many runs want. */
export const trainingsOf = (runs: number): number => runs - Math.floor(runs / TWIN_EVERY);

export function runAt(folder: string, index: number): BenchRun {
  const wanted = index % TWIN_EVERY === TWIN_EVERY - 1 ? index - 1 : index;
  const id = `run-${index}`;
  const project = `once-project-${(wanted % PROJECTS) + 1}`;
  return {
    id,
    jobKey: `${id}.tune`,
    order: {
      base: join(folder, 'base'),
      train: join(folder, 'train.jsonl'),
      settings: settingsOf(project, 1 + (wanted % 4)),
    },
    paid: { ...paidFor(`training ${wanted}`), line: 'once' },
  };
}

const parsed: Record<number, TuneSettings> = {};

const settingsOf = (project: string, epochs: number): TuneSettings => ({
  ...(parsed[epochs] ??= RecipeSchema.shape.tune.parse({ provider: 'vertex', vertex: { epochs } })),
  store: `gs://${BUCKET}/rows`,
  google: { project },
});
