import { readFile, readdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { writeAtomic } from '../../artifacts/files.ts';
import { terminal } from '../../configs/failure.ts';
import { cancelJob, clearJob, pauseJob, pollJob, submitJob, type JobProgram } from '../local/job.ts';
import { curveOf, readLog } from '../local/job-output.ts';
import type { Tuner } from '../contracts.ts';
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
      await checkStart(folder, key, spec);
    },

    poll: (key) => pollJob(folderOf(key), program),

    collect: async (key) => {
      const folder = folderOf(key);
      const [ordered, ended] = await Promise.all(
        ['job.json', 'result.json'].map(async (name) => (await stat(join(folder, name))).mtimeMs),
      );
      const seconds = Math.max(0, ((ended ?? 0) - (ordered ?? 0)) / 1000);
      return readCommandResult(folder, { curve: await curveOf(folder), seconds });
    },

    cancel: (key) => cancelJob(folderOf(key)),
    release: (key) => clearJob(folderOf(key), 'checkpoints'),
    log: (key) => readLog(folderOf(key)),
    // The same turns as the other trainer of this machine takes: one training takes all of it.
    slots: async () => ({ resource: `trainer:mlx@${hostname()}`, slots: 1 }),
    pause: (key) => pauseJob(folderOf(key)),
    isHere: true,
  };
}

async function checkStart(folder: string, key: string, wanted: Record<string, unknown>): Promise<void> {
  const text = await readFile(join(folder, 'spec.json'), 'utf8');
  const was = nameOf(Spec.parse(JSON.parse(text)).start);
  const now = nameOf(Model.parse(wanted['start']));
  if (was === now) return;
  throw terminal(
    'StartMismatch',
    `the training ${key} was ordered to start from ${was}, and now from ${now}: it is left as it is; start a new run`,
  );
}

const nameOf = (model: z.infer<typeof Model>): string =>
  model === null ? 'the base model' : 'folder' in model ? model.folder : model.name;
