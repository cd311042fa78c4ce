import { join } from 'node:path';
import { z } from 'zod';
import type { Generator } from '../contracts.ts';
import { awaitJob } from '../local/await.ts';
import { submitJob } from '../local/job.ts';
import { readResult } from '../local/job-output.ts';
import { pythonIdentity, pythonProgram } from './python.ts';

const Result = z.object({
  rows: z.int(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  seconds: z.number(),
  chatTemplateSha256: z.string(),
  tokenizerSha256: z.string(),
});

/** Answers prompts with mlx-lm in batches, in one process; what is answered is kept, whatever happens. */
export function createMlxGenerator({ jobs }: { jobs: string }): Generator {
  return {
    identity: async () => ({ generator: 'mlx', ...(await pythonIdentity()) }),

    generate: async (key, { base, adapter, prompts, decoding, batchSize }, run, watch) => {
      const folder = join(jobs, key);
      const program = pythonProgram('generate.py');
      await submitJob(
        folder,
        run,
        { kind: 'generate', base, adapter: adapter ?? null, prompts, decoding, batchSize },
        program,
      );
      await awaitJob(folder, program, watch);
      const output = (name: string): string => join(folder, 'output', name);
      return {
        predictions: output('predictions.jsonl'),
        timings: output('timings.jsonl'),
        ...(await readResult(folder, Result)),
      };
    },
  };
}
