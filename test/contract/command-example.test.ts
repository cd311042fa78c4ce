import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import type { TuneOrder } from '../../adapters/contracts.ts';
import { createLocalCommandTuner } from '../../adapters/command/local-tuner.ts';
import { runningJobs } from '../../adapters/local/job.ts';
import { readProgress } from '../../adapters/local/job-output.ts';
import { createMlxGenerator } from '../../adapters/mlx/generator.ts';
import { readRecipe } from '../../configs/recipe-file.ts';
import { findTrainer, root } from '../../scripts/toolchain.js';
import { buildBase, noTrainer, sharedFolder, writeRows } from './support/trainer.ts';

const folder = sharedFolder();
const jobs = join(folder, 'jobs');
const example = join(root, 'examples', 'command-tuner');
const tuner = createLocalCommandTuner({ jobs });

beforeEach((context) => context.skip(noTrainer !== undefined, noTrainer));

/** The shipped recipe, with a base of 31,000 parameters. */
function order(base: string): TuneOrder {
  // `python3` of the recipe is then the one that has mlx-lm.
  process.env['PATH'] = `${dirname(findTrainer()?.python ?? '')}:${process.env['PATH']}`;
  const sets = ['tune.iterations=40', 'tune.checkpointEvery=10', 'tune.batchSize=4', 'tune.maxTokens=64'];
  const { recipe, problems } = readRecipe(join(example, 'recipe.yaml'), sets);
  if (!recipe) throw new Error(JSON.stringify(problems));
  return { base, train: writeRows(join(folder, 'train.jsonl'), 30, true), settings: recipe.tune };
}

test('the shipped trainer keeps to the contract, goes on after a kill, and its adapter answers', async () => {
  const base = buildBase(join(folder, 'base'));
  await tuner.submit('example', order(base), 'r1');
  const until = async (step: number): Promise<string> => {
    for (;;) {
      const found = await tuner.poll('example');
      if (found.state === 'failed') throw new Error(found.error.message);
      if (found.state !== 'running' || (found.progress?.step ?? 0) >= step) return found.state;
      await sleep(10);
    }
  };
  expect(await until(12)).toBe('running');
  const [running] = await runningJobs(jobs);
  process.kill(-(running?.pid as number), 'SIGKILL');
  expect(await until(Number.POSITIVE_INFINITY)).toBe('succeeded');
  const starts = (await readProgress(join(jobs, 'example'))).filter(({ event }) => event === 'start');
  expect(starts.map(({ step }) => step)).toEqual([0, expect.toBeOneOf([10, 20, 30])]);
  const result = await tuner.collect('example');
  expect(result).toMatchObject({ kind: 'adapter', steps: 40, device: 'mlx' });
  expect(result.finalLoss).toBeLessThan(result.curve[0]?.loss as number);
  expect(result.trainedTokens).toBeGreaterThan(0);

  const prompts = writeRows(join(folder, 'prompts.jsonl'), 4, false);
  const decoding = { maxTokens: 4, temperature: 0, topP: 1, seed: 1, stop: [] };
  const answers = await createMlxGenerator({ jobs }).generate(
    'answers',
    { base, adapter: result.folder, prompts, decoding, batchSize: 4 },
    'r1',
    { signal: new AbortController().signal, progress: () => undefined },
  );
  expect(readFileSync(answers.predictions, 'utf8').trim().split('\n')).toHaveLength(4);
});
