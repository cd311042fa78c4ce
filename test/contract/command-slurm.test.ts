import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { labelOf } from '../../adapters/command/replies.ts';
import { jobKeyOf } from '../../artifacts/ledger/job-intents.ts';
import type { TrainerFaults } from '../support/fake-trainer.ts';
import { paidFor } from '../support/paid.ts';
import { root } from '../../scripts/toolchain.js';
import { emptyFolder } from '../unit/support/folder.ts';
import { slurm } from './support/slurm-worker.ts';
import { sharedFolder } from './support/trainer.ts';
import { tunerContract } from './tuner.ts';
import { expect, test } from 'vitest';

const folder = sharedFolder();
const noPython = spawnSync('python3', ['--version']).status === 0 ? undefined : 'there is no python3 on this machine';
const nameOf = (key: string): string => labelOf({ anneal_key: jobKeyOf(paidFor(key).cacheKey), anneal_try: '1' });
const fault = (key: string, what: object): void =>
  writeFileSync(join(folder, 'slurm', `${nameOf(key)}.faults`), JSON.stringify(what));

/** The trainer looks for its faults beside its order. */
function trainerFault(key: string, what: TrainerFaults): void {
  mkdirSync(join(folder, 'jobs', nameOf(key)), { recursive: true });
  writeFileSync(join(folder, 'jobs', nameOf(key), `${nameOf(key)}.json`), JSON.stringify(what));
}

tunerContract(
  'command on Slurm',
  async () => {
    const { tuner, order } = await slurm(folder);
    return {
      tuner: tuner(),
      another: tuner(),
      quick: order(12),
      endless: order(1_000_000),
      hopeless: { order: order(12, 1), type: 'BadData' },
      begun: async (key) =>
        readdirSync(join(folder, 'slurm')).filter(
          (name) =>
            name.endsWith('.job') && readFileSync(join(folder, 'slurm', name), 'utf8').includes(`"${nameOf(key)}"`),
        ).length,
      can: { count: true, start: true, misfit: true },
      faults: {
        failure: async (key) => trainerFault(key, { exits: [1] }),
        slowStart: async (key) => fault(key, { slowStart: 1.2 }),
        stuck: async (key) => fault(key, { stuck: true }),
        lostReply: async (key) => fault(key, { lostReply: 1 }),
        quota: async (key) => fault(key, { quota: 2 }),
        malformed: async (key) => fault(key, { malformed: 1 }),
      },
      worker: {
        module: fileURLToPath(new URL('./support/slurm-worker.ts', import.meta.url)),
        args: folder,
        points: [
          ['remote.intended', 'remote.staged', 'remote.sending', 'command.noted', 'command.sent', 'remote.adopted'],
          ['command.submitted'],
          ['remote.created'],
          ['remote.recorded'],
        ],
      },
    };
  },
  noPython,
);

test.skipIf(noPython)('what Slurm refuses for good is final, in its own words', async () => {
  const { tuner, order } = await slurm(folder);
  const wrong = order(12);
  wrong.settings.command?.submit?.splice(3, 1, '--partition=nowhere');
  await expect(tuner().submit('nowhere', wrong, 'r1', paidFor('nowhere'))).rejects.toMatchObject({
    name: 'TerminalError',
    type: 'BadSpec',
    message: expect.stringContaining('sbatch: error: invalid partition specified: nowhere') as string,
  });
});

/** What slurm.py answers where squeue and sacct fail with these words. */
function asked(command: 'poll' | 'find', squeue: string, sacct: string): { status: number | null; stdout: string } {
  const bin = emptyFolder();
  for (const [name, words] of Object.entries({ squeue, sacct }))
    writeFileSync(join(bin, name), `#!/bin/sh\necho '${words}' >&2\nexit 1\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, ANNEAL_JOB_NAME: '100', ANNEAL_JOB_LABEL: '' };
  const { status, stdout } = spawnSync('python3', [join(root, 'examples/command-tuner/slurm.py'), command], {
    env,
    encoding: 'utf8',
  });
  return { status, stdout };
}

test.skipIf(noPython)('a job is not gone because Slurm does not answer: it would be ordered twice', () => {
  const away = 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)';
  const forgotten = 'slurm_load_jobs error: Invalid job id specified';
  const down = 'sacct: error: Problem talking to the database: Connection refused';
  const none = 'Slurm accounting storage is disabled';
  for (const [squeue, sacct] of [
    [away, none],
    [forgotten, down],
  ] as const) {
    expect(asked('poll', squeue, sacct)).toEqual({ status: 1, stdout: '' });
    expect(asked('find', squeue, sacct)).toEqual({ status: 1, stdout: '' });
  }
  expect(JSON.parse(asked('poll', forgotten, none).stdout)).toMatchObject({ state: 'gone' });
});
