import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cancelJob, clearJob, pollJob, readLog, readProgress, readResult, submitJob } from '../local/job.ts';
import type { Tuner } from '../contracts.ts';
import { pythonIdentity, pythonProgram } from './python.ts';

const Result = z.object({
  steps: z.int(),
  finalLoss: z.number(),
  trainedTokens: z.number(),
  droppedCount: z.int().default(0),
  seconds: z.number(),
  chatTemplateSha256: z.string(),
  tokenizerSha256: z.string(),
  device: z.string(),
  devRows: z.int().optional(),
  bestStep: z.int().optional(),
  dev: z.array(z.object({ step: z.int(), loss: z.number() })).optional(),
});

/** Trains on this machine with mlx-lm (Metal, CUDA or CPU), as a job of its own in `jobs/`. */
export function createMlxTuner({ jobs }: { jobs: string }): Tuner {
  const folderOf = (key: string): string => join(jobs, key);
  return {
    identity: async () => ({ tuner: 'mlx', ...(await pythonIdentity()) }),

    submit: async (key, { base, train, settings }, run) => {
      const { tuner: _tuner, price: _price, gradientClip, lora, choose, ...rest } = settings;
      const spec = {
        kind: 'train',
        base,
        train,
        ...rest,
        gradientClip: gradientClip ?? null,
        choose: choose ? { checkpoint: choose.checkpoint, dev: choose.dev } : null,
        lora: { ...lora, keys: lora.keys ?? null },
        reportEvery: Math.max(1, Math.min(10, Math.floor(settings.iterations / 20))),
        warmStart: null,
      };
      await submitJob(folderOf(key), run, spec, pythonProgram('train.py'));
    },

    poll: (key) => pollJob(folderOf(key), pythonProgram('train.py')),

    collect: async (key) => {
      const folder = folderOf(key);
      const result = await readResult(folder, Result);
      const curve = (await readProgress(folder)).flatMap(({ event, step, loss }) =>
        event === 'step' && step !== undefined && loss != null ? [{ step, loss }] : [],
      );
      const { method } = z
        .object({ method: z.string() })
        .parse(JSON.parse(await readFile(join(folder, 'spec.json'), 'utf8')));
      // After a crash the steps since the last checkpoint were done again; the later report counts.
      const latest = [...new Map(curve.map((point) => [point.step, point])).values()].toSorted(
        (x, y) => x.step - y.step,
      );
      return { ...result, folder: join(folder, 'output'), kind: method === 'full' ? 'full' : 'adapter', curve: latest };
    },

    cancel: (key) => cancelJob(folderOf(key)),
    release: (key) => clearJob(folderOf(key), 'checkpoints'),
    log: (key) => readLog(folderOf(key)),
  };
}
