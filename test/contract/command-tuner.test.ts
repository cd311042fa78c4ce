import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { localCommand } from './support/command-worker.ts';
import { sharedFolder } from './support/trainer.ts';
import { tunerContract } from './tuner.ts';

const folder = sharedFolder();
const { tuner, order, fault } = localCommand(folder);
const trainings = (key: string): number => {
  const path = join(folder, 'jobs', key, 'trainings');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').length : 0;
};

tunerContract('command', async () => ({
  tuner: tuner(),
  another: tuner(),
  quick: order(12),
  endless: order(1_000_000),
  hopeless: { order: order(12, 1), type: 'BadData' },
  begun: async (key) => trainings(key),
  can: { count: true, start: true, misfit: true },
  faults: {
    failure: async (key) => fault(key, { exits: [1, 1, 1, 1, 1] }),
    slowStart: async (key) => fault(key, { slowStart: 300 }),
    stuck: async (key) => fault(key, { stuck: true }),
    lostReply: 'a program on this machine is started from its folder: there is no answer to lose',
    quota: async (key) => fault(key, { exits: [75, 75] }),
    malformed: async (key) =>
      fault(key, { result: '{"kind":"adapter","steps":"many"}', garbage: '{"event":\n[]\nnonsense\n' }),
  },
  worker: {
    module: fileURLToPath(new URL('./support/command-worker.ts', import.meta.url)),
    args: folder,
    points: ['job.spec', 'job.ordered', 'job.started'],
  },
}));
