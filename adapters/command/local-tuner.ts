import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { writeAtomic } from '../../artifacts/files.ts';
import { submitJob, type JobProgram } from '../local/job.ts';
import { curveOf } from '../local/job-output.ts';
import { tunerJobs } from '../local/tuner-jobs.ts';
import type { Tuner } from '../contracts.ts';
import { checkStart } from '../start-mismatch.ts';
import { checkVariables } from './environment.ts';
import { commandIdentity } from './identity.ts';
import { writeOrder } from './order.ts';
import { readCommandResult } from './result.ts';
import { checkProgram, commandOf, keyedSettings, servedBase } from './settings.ts';

/** Wait after a trainer's "try again later", in ms; doubled each time up to five minutes. */
const LATER_MS = 10_000;

const Model = z.union([z.object({ folder: z.string() }), z.object({ name: z.string() })]).nullable();
const Spec = z.object({ start: Model });

const program: JobProgram = {
  command: process.execPath,
  args: [fileURLToPath(new URL('./supervisor.ts', import.meta.url))],
  env: {},
};

/** Trains on this machine with a program of one's own, by the contract in `docs/tuners.md`; jobs are kept in `jobs/`. */
export function createLocalCommandTuner({ jobs, laterMs = LATER_MS }: { jobs: string; laterMs?: number }): Tuner {
  const folderOf = (key: string): string => join(jobs, key);
  return {
    ...tunerJobs(folderOf, () => program),

    identity: (settings) => commandIdentity(commandOf(settings)),
    keyed: keyedSettings,

    baseOf: servedBase,

    submit: async (key, order, run) => {
      const { run: words = [], env } = commandOf(order.settings);
      const folder = folderOf(key);
      await checkProgram(words[0] ?? '');
      checkVariables(env);
      const spec = await writeOrder(folder, key, order);
      if (!(await readdir(folder)).includes('command.json'))
        await writeAtomic(join(folder, 'command.json'), JSON.stringify({ words, env, label: key, laterMs }));
      await submitJob(folder, run, spec, program);
      const ordered = Spec.parse(JSON.parse(await readFile(join(folder, 'spec.json'), 'utf8'))).start;
      checkStart(key, nameOf(ordered), nameOf(Model.parse(spec['start'])));
    },

    collect: async (key) => {
      const folder = folderOf(key);
      const [ordered, ended] = await Promise.all(
        ['job.json', 'result.json'].map(async (name) => (await stat(join(folder, name))).mtimeMs),
      );
      const seconds = Math.max(0, ((ended ?? 0) - (ordered ?? 0)) / 1000);
      return readCommandResult(folder, { curve: await curveOf(folder), seconds });
    },
  };
}

const nameOf = (model: z.infer<typeof Model>): string | null =>
  model === null ? null : 'folder' in model ? model.folder : model.name;
