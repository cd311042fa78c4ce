import { mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandKind } from '../../../adapters/command/kind.ts';
import type { TuneOrder, Tuner } from '../../../adapters/contracts.ts';
import { createRemoteTuner } from '../../../adapters/remote/tuner.ts';
import { openLedger } from '../../../artifacts/ledger/open.ts';
import { RecipeSchema } from '../../../configs/recipe.ts';
import { root } from '../../../scripts/toolchain.js';
import { writeRows } from './trainer.ts';

const trainer = fileURLToPath(new URL('../../support/fake-trainer.ts', import.meta.url));
const programs = fileURLToPath(new URL('../../support/fake-slurm', import.meta.url));
const wrapper = join(root, 'examples', 'command-tuner', 'slurm.py');

/** The tuner `command` with the wrappers of examples/command-tuner around a pretended Slurm, in a folder of its own. */
export async function slurm(folder: string): Promise<{
  tuner(): Tuner;
  order(iterations: number, rows?: number): TuneOrder;
  close(): Promise<void>;
}> {
  process.env['FAKE_SLURM'] = join(folder, 'slurm');
  if (!process.env['PATH']?.startsWith(programs)) process.env['PATH'] = `${programs}${delimiter}${process.env['PATH']}`;
  mkdirSync(join(folder, 'slurm'), { recursive: true });
  const ledger = await openLedger(join(folder, 'ledger.db'));
  const jobs = join(folder, 'jobs');
  const words = (...args: string[]): string[] => ['python3', wrapper, ...args];
  return {
    tuner: () => createRemoteTuner(commandKind({ jobs }), { ledger, jobs, pollEveryMs: 50, settleMs: 100 }),
    order: (iterations, rows = 30) => ({
      base: folder,
      train: writeRows(join(folder, `train-${rows}.jsonl`), rows, true),
      settings: RecipeSchema.shape.tune.parse({
        provider: 'command',
        iterations,
        checkpointEvery: 5,
        command: {
          submit: words('submit', '--partition=gpu', '--', process.execPath, trainer),
          poll: words('poll'),
          cancel: words('cancel'),
          find: words('find'),
          env: ['FAKE_SLURM'],
        },
      }),
    }),
    close: () => ledger.destroy(),
  };
}

/** For test/support/tuner-worker.ts. */
export const openTuner = async (
  folder: string,
): Promise<{ tuner: Tuner; order: TuneOrder; close(): Promise<void> }> => {
  const { tuner, order, close } = await slurm(folder);
  return { tuner: tuner(), order: order(12), close };
};
