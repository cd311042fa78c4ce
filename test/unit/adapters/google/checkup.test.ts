import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { checkup } from '../../../../adapters/google/checkup/checkup.ts';
import { startVertexRest, type VertexRest } from '../../../support/google/vertex-rest.ts';
import { GoogleMirror } from '../../../../configs/google-mirror.ts';
import type { StateOptions } from '../../../support/google/state.ts';

const folder = await mkdtemp(join(tmpdir(), 'cloud-'));
const servers: VertexRest[] = [];

beforeEach(() => {
  for (const name of ['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_LOCATION'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('CLOUDSDK_CONFIG', folder);
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none');
  vi.stubEnv('ANNEAL_VERTEX_URL', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A server of everything that is asked, the buckets included. */
async function google(options: Omit<StateOptions, 'folder'>): Promise<void> {
  const server = await startVertexRest({ folder: await mkdtemp(join(folder, 'state-')), ...options });
  servers.push(server);
  vi.stubEnv('ANNEAL_VERTEX_URL', `http://127.0.0.1:${server.port}`);
  vi.stubEnv('STORAGE_EMULATOR_HOST', `http://127.0.0.1:${server.port}`);
}

const recipe = {
  google: { project: 'acme-project', location: 'us-central1' },
  store: 'gs://acme-models/anneal',
  data: { train: { uri: 'gs://acme-rows/train.jsonl' } },
};
const lines = async (): Promise<string[]> => {
  const { checks } = await checkup(recipe);
  return checks.map(({ name, ok, found, remedy, note }) =>
    [ok ? 'ok' : note === undefined ? 'MISSING' : 'unsure', name, found, note, remedy]
      .filter((part) => part !== undefined)
      .join(' | ')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST'),
  );
};

it('names identity, project and location with where they came from, and finds everything well', async () => {
  await google({ bucketRegions: { 'acme-models': 'us', 'acme-rows': 'us-central1' } });
  expect(await lines()).toMatchInlineSnapshot(`
    [
      "ok | identity | nobody (ANNEAL_VERTEX_URL names a test server)",
      "ok | project | acme-project (google.project in the recipe)",
      "ok | location | us-central1 (google.location in the recipe)",
      "ok | Vertex AI | answers in us-central1",
      "ok | permissions | all 7 on the project",
      "ok | API aiplatform | enabled",
      "ok | API storage | enabled",
      "ok | API datalineage | enabled",
      "ok | bucket acme-models | lies in US, where jobs of us-central1 find it",
      "ok | bucket acme-models | all 4 permissions that store needs",
      "ok | bucket acme-rows | lies in US-CENTRAL1, where jobs of us-central1 find it",
      "ok | bucket acme-rows | all 2 permissions that data.train.uri needs",
    ]
  `);
});

it('says for each thing that is missing what to do', async () => {
  await google({
    bucketRegions: { 'acme-models': 'europe-west4' },
    denied: ['aiplatform.tuningJobs.create', 'aiplatform.tuningJobs.cancel', 'storage.objects.delete'],
    disabledServices: ['aiplatform.googleapis.com', 'datalineage.googleapis.com'],
  });
  expect((await lines()).filter((line) => !line.startsWith('ok'))).toMatchInlineSnapshot(`
    [
      "MISSING | Vertex AI | Vertex AI at HOST refuses (403 PERMISSION_DENIED: Vertex AI API has not been used in project acme-project before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/aiplatform.googleapis.com/overview?project=acme-project then retry): enable the API, then wait a few minutes: gcloud services enable aiplatform.googleapis.com --project=acme-project",
      "MISSING | permissions | the identity lacks aiplatform.tuningJobs.create, aiplatform.tuningJobs.cancel on the project acme-project | gcloud projects add-iam-policy-binding acme-project --member=MEMBER --role=roles/aiplatform.user",
      "MISSING | API aiplatform | not enabled in acme-project | gcloud services enable aiplatform.googleapis.com --project=acme-project",
      "unsure | API datalineage | not enabled in acme-project | it is optional: runs are not shown in Data Lineage | gcloud services enable datalineage.googleapis.com --project=acme-project",
      "MISSING | bucket acme-models | lies in EUROPE-WEST4, and jobs run in us-central1: slow, dearer, and refused for some pairs | take a bucket in us-central1, or set google.location to a region of EUROPE-WEST4",
      "MISSING | bucket acme-models | the identity lacks storage.objects.delete on it | gcloud storage buckets add-iam-policy-binding gs://acme-models --member=MEMBER --role=roles/storage.objectUser",
      "MISSING | bucket acme-rows | there is no such bucket (data.train.uri in the recipe) | gcloud storage buckets create gs://acme-rows --location=us-central1, or correct the recipe",
    ]
  `);
});

it('takes no longer than its bound where nobody answers', async () => {
  vi.stubEnv('ANNEAL_VERTEX_URL', 'http://127.0.0.1:9');
  vi.stubEnv('STORAGE_EMULATOR_HOST', 'http://127.0.0.1:9');
  const began = performance.now();
  const found = await lines();
  expect(performance.now() - began).toBeLessThan(3000);
  expect(found.find((line) => line.includes('| Vertex AI |'))).toMatch(/^MISSING.*nothing listens/);
});

it('without credentials and project it says so at once', async () => {
  const { checks, identity } = await checkup();
  expect(identity).toBeUndefined();
  expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
    ['identity', false],
    ['project', false],
  ]);
});

it('copies at Google need more permissions, and their APIs', async () => {
  await google({
    bucketRegions: {},
    denied: ['aiplatform.models.upload'],
    disabledServices: ['datalineage.googleapis.com'],
  });
  const mirror = GoogleMirror.parse({ registry: true, openLineage: true });
  const { checks } = await checkup({ google: { ...recipe.google, mirror } });
  expect(checks.flatMap(({ ok, found, note }) => (ok ? [] : [[found, note]]))).toEqual([
    ['the identity lacks aiplatform.models.upload on the project acme-project', undefined],
    ['not enabled in acme-project', undefined],
  ]);
});

it('has a project that pays for buckets asked of buckets alone, as in a run', async () => {
  const asked: [string, unknown][] = [];
  const server = createServer(({ url = '', headers }, reply) => {
    asked.push([url, headers['x-goog-user-project']]);
    reply.end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('ANNEAL_VERTEX_URL', url);
  vi.stubEnv('STORAGE_EMULATOR_HOST', url);
  await checkup({ ...recipe, google: { ...recipe.google, userProject: 'payer' } });
  server.close();
  expect(asked.length).toBeGreaterThan(6);
  for (const [path, payer] of asked)
    expect([path, payer]).toEqual([path, path.startsWith('/storage') ? 'payer' : undefined]);
});
