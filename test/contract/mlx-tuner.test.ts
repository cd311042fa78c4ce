import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TuneOrder } from '../../adapters/contracts.ts';
import { runningJobs } from '../../adapters/local/job.ts';
import { readProgress } from '../../adapters/local/job-output.ts';
import { processOf } from '../../adapters/local/processes.ts';
import { createMlxTuner } from '../../adapters/mlx/tuner.ts';
import { RecipeSchema, type Recipe } from '../../configs/recipe.ts';
import { digestFile } from '../../artifacts/files.ts';
import { buildBase, noTrainer, sharedFolder, writeRows } from './support/trainer.ts';
import { tunerContract } from './tuner.ts';

const folder = sharedFolder();
const jobs = join(folder, 'jobs');
const settings = (changed: Partial<Recipe['tune']>): Recipe['tune'] => ({
  ...RecipeSchema.shape.tune.parse({ batchSize: 4, maxTokens: 64, checkpointEvery: 5, lora: { rank: 4, layers: 2 } }),
  ...changed,
});
let order: (changed: Partial<Recipe['tune']>) => TuneOrder;
beforeAll(() => {
  if (noTrainer) return;
  const [base, train] = [buildBase(join(folder, 'base')), writeRows(join(folder, 'train.jsonl'), 30, true)];
  order = (changed) => ({ base, train, settings: settings(changed) });
});

tunerContract(
  'mlx',
  async () => ({
    tuner: createMlxTuner({ jobs }),
    another: createMlxTuner({ jobs }),
    quick: order({ iterations: 12 }),
    endless: order({ iterations: 1_000_000 }),
    hopeless: { order: { ...order({ iterations: 2 }), base: join(folder, 'nowhere') }, type: 'BadModel' },
    begun: async (key) => (await readProgress(join(jobs, key))).filter(({ event }) => event === 'start').length,
    can: { count: true, start: true, misfit: true },
    faults: {
      failure: 'it fails by orders alone, see what cannot be trained; what kills it is below',
      slowStart: 'nothing but the turn of the machine holds it up',
      stuck: 'nothing but the turn of the machine holds it up',
      lostReply: 'a program on this machine is started from its folder: there is no answer to lose',
      quota: 'this machine sends nobody away',
      malformed: async (key) => {
        mkdirSync(join(jobs, key), { recursive: true });
        writeFileSync(join(jobs, key, 'progress.jsonl'), '[]\nnonsense\n{"event":"step","step":');
      },
    },
    worker: {
      module: fileURLToPath(new URL('./support/mlx-worker.ts', import.meta.url)),
      args: JSON.stringify({ jobs, order: order({ iterations: 12 }) }),
      points: ['job.spec', 'job.ordered', 'job.started'],
    },
  }),
  noTrainer,
);

describe('mlx', () => {
  beforeEach((context) => context.skip(noTrainer !== undefined, noTrainer));
  const tuner = createMlxTuner({ jobs });

  /** Polls until a step is reached or the job has ended. */
  async function until(key: string, step: number): Promise<string> {
    for (;;) {
      const found = await tuner.poll(key);
      if (found.state !== 'running' || (found.progress?.step ?? 0) >= step) return found.state;
      await sleep(10);
    }
  }

  test('killed in the middle ends with the same bytes as if it had not been', async () => {
    const steps = order({ iterations: 100, seed: 7 });
    await tuner.submit('whole', steps, 'r1');
    await tuner.submit('killed', steps, 'r1');
    expect(await until('killed', 10)).toBe('running');
    const [running] = await runningJobs(jobs);
    process.kill(running?.pid as number, 'SIGKILL');
    expect(await until('killed', Number.POSITIVE_INFINITY)).toBe('succeeded');
    expect(await until('whole', Number.POSITIVE_INFINITY)).toBe('succeeded');
    const [killed, whole] = [await tuner.collect('killed'), await tuner.collect('whole')];
    const weights = 'adapters.safetensors';
    expect(await digestFile(join(killed.folder, weights))).toBe(await digestFile(join(whole.folder, weights)));
    expect(killed.curve).toEqual(whole.curve);
    expect(killed.curve[0]?.loss).toBeGreaterThan(killed.finalLoss as number);
  });

  test('a warm start that is killed goes on from its checkpoint, not from the start again', async () => {
    await tuner.submit('earlier', order({ iterations: 40, seed: 3 }), 'r1');
    expect(await until('earlier', Number.POSITIVE_INFINITY)).toBe('succeeded');
    const start = join(folder, 'earlier');
    cpSync((await tuner.collect('earlier')).folder, start, { recursive: true });
    const later = { ...order({ iterations: 100, seed: 4 }), start };
    await tuner.submit('whole-warm', later, 'r1');
    expect(await until('whole-warm', Number.POSITIVE_INFINITY)).toBe('succeeded');
    await tuner.submit('killed-warm', later, 'r1');
    expect(await until('killed-warm', 20)).toBe('running');
    const [running] = await runningJobs(jobs);
    process.kill(running?.pid as number, 'SIGKILL');
    rmSync(start, { recursive: true });
    expect(await until('killed-warm', Number.POSITIVE_INFINITY)).toBe('succeeded');
    const [killed, whole] = [await tuner.collect('killed-warm'), await tuner.collect('whole-warm')];
    const weights = 'adapters.safetensors';
    expect(await digestFile(join(killed.folder, weights))).toBe(await digestFile(join(whole.folder, weights)));
    expect(killed.curve).toEqual(whole.curve);
  });

  test('cancelled leaves no process behind', async () => {
    await tuner.submit('stopped', order({ iterations: 1_000_000 }), 'r1');
    expect(await until('stopped', 1)).toBe('running');
    const [running] = await runningJobs(jobs);
    await tuner.cancel('stopped');
    expect(processOf(running?.pid as number)).toBeUndefined();
    expect(await runningJobs(jobs)).toEqual([]);
  });

  test('rows over maxTokens are left out and counted; none left is an error that says so', async () => {
    await tuner.submit('short', order({ iterations: 2, maxTokens: 8 }), 'r1');
    const found = await until('short', Number.POSITIVE_INFINITY);
    expect(found).toBe('failed');
    expect(await tuner.poll('short')).toMatchObject({
      error: {
        type: 'BadData',
        message: expect.stringMatching(/^All 30 rows are over maxTokens 8; the shortest has \d+\.$/),
      },
    });
  });

  test('a whole model is trained as well as an adapter', async () => {
    await tuner.submit('full', order({ iterations: 3, method: 'full' }), 'r1');
    expect(await until('full', Number.POSITIVE_INFINITY)).toBe('succeeded');
    const result = await tuner.collect('full');
    expect(result.kind).toBe('full');
    expect(existsSync(join(result.folder, 'config.json'))).toBe(true);
  });
});
