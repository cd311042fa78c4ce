import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { jobKeyOf } from '../../artifacts/ledger/remote-jobs.ts';
import { noGcs, startGcs, type GcsServer } from '../support/google/gcs.ts';
import type { FaultRule } from '../support/google/faults.ts';
import { paidFor } from '../support/paid.ts';
import { sharedFolder } from './support/trainer.ts';
import { FOREVER, vertexOrder, vertexTuner } from './support/vertex-worker.ts';
import { tunerContract } from './tuner.ts';

const folder = sharedFolder();
let gcs: GcsServer | undefined;
let server: ChildProcess | undefined;
let url = '';
const env = (): Record<string, string> => ({
  STORAGE_EMULATOR_HOST: gcs?.url ?? '',
  ANNEAL_VERTEX_URL: url,
  GOOGLE_CLOUD_PROJECT: 'anneal-test',
});

beforeAll(async () => {
  if (noGcs !== undefined) return;
  gcs = await startGcs(join(folder, 'gcs'), ['anneal-test']);
  // A process of its own: the suite blocks this one while it waits for a worker that it kills.
  const program = fileURLToPath(new URL('../support/google/vertex-rest.ts', import.meta.url));
  const options = JSON.stringify({ runningMs: 50, foreverEpochs: FOREVER, ignoreFilter: true });
  server = spawn(
    process.execPath,
    [program, '--folder', join(folder, 'vertex'), '--gcs', gcs.url, '--options', options],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: server.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  url = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`;
  Object.assign(process.env, env());
}, 180_000);

afterAll(async () => {
  server?.kill('SIGKILL');
  await gcs?.stop();
});

const admin = async <T>(page: string, body?: unknown): Promise<T> => {
  const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  return (await fetch(`${url}/_admin/${page}`, post)).json() as Promise<T>;
};
const faulty =
  (...rules: FaultRule[]) =>
  async (): Promise<void> => {
    await admin('faults', rules);
  };

tunerContract(
  'vertex',
  async () => ({
    tuner: (await vertexTuner(folder)).tuner,
    another: (await vertexTuner(folder)).tuner,
    quick: await vertexOrder(folder),
    endless: await vertexOrder(folder, { epochs: FOREVER }),
    hopeless: { order: await vertexOrder(folder, { adapterSize: 32 }), type: 'BadRecipe' },
    begun: async (key) => {
      const wanted = jobKeyOf(paidFor(key).cacheKey);
      const creates = await admin<Record<string, number>>('creates');
      return Object.entries(creates).reduce((sum, [label, count]) => sum + (label.startsWith(wanted) ? count : 0), 0);
    },
    can: {
      count: 'Vertex AI tells neither losses nor how rows become tokens',
      start: 'Vertex AI tells no losses that could be compared',
      misfit: 'an adapter of another size is for the service to refuse',
    },
    faults: {
      failure: faulty({ on: 'tuningJobs.create', fate: 'failed-empty' }),
      slowStart: async () => {
        await admin('options', { pendingMs: 300 });
        setTimeout(() => void admin('options', { pendingMs: 0 }), 250);
      },
      stuck: faulty({ on: 'tuningJobs.create', fate: 'pending-for-ever' }),
      lostReply: faulty({ on: 'tuningJobs.create', lostAnswer: true }),
      quota: faulty({ on: 'tuningJobs.create', error: 'RESOURCE_EXHAUSTED', times: 2 }),
      malformed: faulty({ on: 'tuningJobs.create', malformed: true }),
    },
    worker: {
      module: fileURLToPath(new URL('./support/vertex-worker.ts', import.meta.url)),
      args: folder,
      env: env(),
      // Not `remote.recorded`: a job that was adopted after the death before it was not created in this call.
      points: ['remote.intended', 'remote.staged', 'remote.sending', 'remote.created', 'remote.adopted'],
    },
  }),
  noGcs,
);
