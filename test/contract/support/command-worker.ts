import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TuneOrder, Tuner } from '../../../adapters/contracts.ts';
import { createLocalCommandTuner } from '../../../adapters/command/local-tuner.ts';
import { RecipeSchema } from '../../../configs/recipe.ts';
import type { TrainerFaults } from '../../support/fake-trainer.ts';
import { writeRows } from './trainer.ts';

const trainer = fileURLToPath(new URL('../../support/fake-trainer.ts', import.meta.url));

/** The tuner `command` with a trainer that takes milliseconds, in a folder of its own. */
export function localCommand(folder: string): {
  tuner(): Tuner;
  order(iterations: number, rows?: number): TuneOrder;
  fault(key: string, faults: TrainerFaults): void;
} {
  const jobs = join(folder, 'jobs');
  const faults = join(folder, 'faults');
  process.env['FAKE_TRAINER_FAULTS'] = faults;
  mkdirSync(faults, { recursive: true });
  return {
    tuner: () => createLocalCommandTuner({ jobs, laterMs: 20 }),
    order: (iterations, rows = 30) => ({
      base: folder,
      train: writeRows(join(folder, `train-${rows}.jsonl`), rows, true),
      settings: RecipeSchema.shape.tune.parse({
        provider: 'command',
        iterations,
        checkpointEvery: 5,
        command: { run: [process.execPath, trainer], env: ['FAKE_TRAINER_FAULTS'] },
      }),
    }),
    fault: (key, what) => writeFileSync(join(faults, `${key}.json`), JSON.stringify(what)),
  };
}

/** For test/support/tuner-worker.ts. */
export const openTuner = async (folder: string): Promise<{ tuner: Tuner; order: TuneOrder }> => {
  const { tuner, order } = localCommand(folder);
  return { tuner: tuner(), order: order(12) };
};
