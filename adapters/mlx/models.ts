import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { digestOf, hexOf } from '../../artifacts/canonical.ts';
import { terminal } from '../../configs/failure.ts';
import type { Models } from '../contracts.ts';
import { awaitJob } from '../local/await.ts';
import { submitJob, clearJob } from '../local/job.ts';
import { readResult } from '../local/job-output.ts';
import { modelFiles, modelFolderProblem } from './model-folder.ts';
import { pythonProgram } from './python.ts';

const Result = z.object({ folder: z.string(), revision: z.string() });

/** Base models from a folder, or by Hugging Face name from the hub cache, downloaded when they are not there. */
export function createModels({ jobs }: { jobs: string }): Models {
  return {
    resolve: async (base, revision, run, watch) => {
      const found = isAbsolute(base) ? { folder: base } : await fromHub(jobs, base, revision, run, watch);
      const problem = await modelFolderProblem(found.folder);
      if (problem) throw terminal('BadModel', problem);
      return { ...found, files: await modelFiles(found.folder) };
    },
  };
}

async function fromHub(
  jobs: string,
  name: string,
  revision: string | undefined,
  run: string,
  watch: { signal: AbortSignal },
): Promise<{ folder: string; revision: string }> {
  const folder = join(jobs, `${run}.resolve-${hexOf(digestOf(`${name}@${revision ?? ''}`)).slice(0, 8)}`);
  const program = pythonProgram('resolve.py');
  await submitJob(folder, run, { kind: 'resolve', name, revision: revision ?? null }, program);
  await awaitJob(folder, program, watch);
  const result = await readResult(folder, Result);
  await clearJob(folder, 'all');
  return result;
}
