import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { submitJob } from '../local/job.ts';
import { curveOf, readResult } from '../local/job-output.ts';
import { tunerJobs } from '../local/tuner-jobs.ts';
import type { Tuner } from '../contracts.ts';
import { checkStart } from '../start-mismatch.ts';
import { misfit } from './misfit.ts';
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

const Spec = z.object({ method: z.string(), warmStart: z.string().nullable() });

/** The order as it was first written down. */
const readSpec = async (folder: string): Promise<z.infer<typeof Spec>> =>
  Spec.parse(JSON.parse(await readFile(join(folder, 'spec.json'), 'utf8')));

/** Trains on this machine with mlx-lm (Metal, CUDA or CPU), as a job of its own in `jobs/`. */
export function createMlxTuner({ jobs }: { jobs: string }): Tuner {
  const folderOf = (key: string): string => join(jobs, key);
  return {
    ...tunerJobs(folderOf, () => pythonProgram('train.py')),

    identity: async () => ({ tuner: 'mlx', ...(await pythonIdentity()) }),

    submit: async (key, { base, train, start = null, settings }, run) => {
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
        warmStart: start,
      };
      await submitJob(folderOf(key), run, spec, pythonProgram('train.py'));
      const { warmStart } = await readSpec(folderOf(key));
      checkStart(key, warmStart, start);
    },

    misfit,

    collect: async (key) => {
      const folder = folderOf(key);
      const result = await readResult(folder, Result);
      const { method } = await readSpec(folder);
      const curve = await curveOf(folder);
      return { ...result, folder: join(folder, 'output'), kind: method === 'full' ? 'full' : 'adapter', curve };
    },
  };
}
