import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runningJobs } from '../../adapters/local/job.ts';
import { createMlxGenerator } from '../../adapters/mlx/generator.ts';
import { RecipeSchema } from '../../configs/recipe.ts';
import { generatorContract } from './generator.ts';
import { buildBase, noTrainer, sharedFolder, writeRows } from './support/trainer.ts';

const folder = sharedFolder();
const jobs = join(folder, 'jobs');
const ROWS = 24;

generatorContract(
  'mlx',
  async () => {
    const base = buildBase(join(folder, 'base'));
    const prompts = writeRows(join(folder, 'test.jsonl'), ROWS, false);
    const decoding = { ...RecipeSchema.shape.evaluate.parse({}).decoding, maxTokens: 120 };
    const order = { base, prompts, decoding, batchSize: 4 };
    return {
      generator: createMlxGenerator({ jobs }),
      another: createMlxGenerator({ jobs }),
      order,
      ids: Array.from({ length: ROWS }, (_, i) => `row-${i}`),
      hopeless: { order: { ...order, adapter: join(folder, 'nowhere') }, type: 'BadModel' },
    };
  },
  noTrainer,
);

test('nothing runs any more at the end', async (context) => {
  context.skip(noTrainer !== undefined, noTrainer);
  expect(await runningJobs(jobs)).toEqual([]);
});
