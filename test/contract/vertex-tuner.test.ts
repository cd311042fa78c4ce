import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { jobKeyOf } from '../../artifacts/ledger/job-intents.ts';
import { startCloud, type Cloud } from '../support/google/cloud.ts';
import type { FaultRule } from '../support/google/faults.ts';
import { noGcs } from '../support/google/gcs.ts';
import { paidFor } from '../support/paid.ts';
import { sharedFolder } from './support/trainer.ts';
import { FOREVER, vertexOrder, vertexTuner } from './support/vertex-worker.ts';
import { tunerContract } from './tuner.ts';

const folder = sharedFolder();
let cloud: Cloud | undefined;
beforeAll(async () => {
  if (noGcs !== undefined) return;
  cloud = await startCloud(folder, { runningMs: 50, foreverEpochs: FOREVER, ignoreFilter: true });
  Object.assign(process.env, cloud.env);
}, 180_000);
afterAll(() => cloud?.stop());

const faulty =
  (...rules: FaultRule[]) =>
  async (): Promise<void> =>
    cloud?.faults(...rules);

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
      const creates = (await cloud?.admin<Record<string, number>>('creates')) ?? {};
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
        await cloud?.admin('options', { pendingMs: 300 });
        setTimeout(() => void cloud?.admin('options', { pendingMs: 0 }), 250);
      },
      stuck: faulty({ on: 'tuningJobs.create', fate: 'pending-for-ever' }),
      lostReply: faulty({ on: 'tuningJobs.create', lostAnswer: true }),
      quota: faulty({ on: 'tuningJobs.create', error: 'RESOURCE_EXHAUSTED', times: 2 }),
      malformed: faulty({ on: 'tuningJobs.create', malformed: true }),
    },
    worker: {
      module: fileURLToPath(new URL('./support/vertex-worker.ts', import.meta.url)),
      args: folder,
      env: cloud?.env ?? {},
      // Not `remote.recorded`: a job that was adopted after the death before it was not created in this call.
      points: ['remote.intended', 'remote.staged', 'remote.sending', 'remote.created', 'remote.adopted'],
    },
  }),
  noGcs,
);
