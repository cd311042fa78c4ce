import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { jobKeyOf } from '../../artifacts/ledger/job-intents.ts';
import type { FaultRule } from '../support/google/faults.ts';
import { paidFor } from '../support/paid.ts';
import { openAiOrder, openAiTuner, type Place } from './support/openai-worker.ts';
import { sharedFolder } from './support/trainer.ts';
import { tunerContract } from './tuner.ts';

const place: Place = { folder: sharedFolder(), baseUrl: '' };
let server: ChildProcess | undefined;

beforeAll(async () => {
  // A process of its own: the suite blocks this one while it waits for a worker that it kills.
  const program = fileURLToPath(new URL('../support/openai-server.ts', import.meta.url));
  const options = JSON.stringify({ runningMs: 50, foreverEpochs: FOREVER });
  const args = [program, '--folder', join(place.folder, 'server'), '--options', options];
  server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: server.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  place.baseUrl = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}/v1`;
});
afterAll(() => void server?.kill('SIGKILL'));

/** Epochs of a job that never ends at the test server. */
const FOREVER = 50;

const admin = async <T>(page: string, body?: unknown): Promise<T> => {
  const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const ask = (): Promise<Response> => fetch(new URL(`/_admin/${page}`, place.baseUrl), post);
  // A connection that was kept open has been closed while a worker was waited for.
  return (await ask().catch(ask)).json() as Promise<T>;
};
const faulty =
  (...rules: FaultRule[]) =>
  async (): Promise<void> => {
    await admin('faults', rules);
  };

tunerContract('openai', async () => ({
  ...(await openAiTuner(place)),
  quick: await openAiOrder(place),
  endless: await openAiOrder(place, { epochs: FOREVER }),
  hopeless: { order: await openAiOrder(place, {}, { objective: 'preference' }), type: 'BadData' },
  begun: async (key) => {
    const wanted = jobKeyOf(paidFor(key).cacheKey);
    const creates = await admin<Record<string, number>>('creates');
    return Object.entries(creates).reduce((sum, [label, count]) => sum + (label.startsWith(wanted) ? count : 0), 0);
  },
  can: {
    count: 'the protocol does not say how rows become tokens, and steps are the server’s to choose',
    start: 'how many steps a job makes is the server’s to choose',
    misfit: 'the protocol has no adapters: whatever the server tuned it goes on from',
  },
  faults: {
    failure: faulty({ on: 'jobs.create', fate: 'failed-empty' }),
    slowStart: async () => {
      await admin('options', { pendingMs: 300 });
      setTimeout(() => void admin('options', { pendingMs: 0 }), 250);
    },
    stuck: faulty({ on: 'jobs.create', fate: 'pending-for-ever' }),
    lostReply: faulty({ on: 'jobs.create', lostAnswer: true }),
    quota: faulty({ on: 'jobs.create', error: 'RESOURCE_EXHAUSTED', times: 2 }),
    malformed: faulty({ on: 'jobs.create', malformed: true }),
  },
  worker: {
    module: fileURLToPath(new URL('./support/openai-worker.ts', import.meta.url)),
    args: JSON.stringify(place),
    points: ['remote.intended', 'remote.staged', 'remote.sending', 'remote.created', 'remote.adopted'],
  },
}));
