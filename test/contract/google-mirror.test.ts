import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createGoogleMirror } from '../../adapters/google/mirror.ts';
import { publishFolder } from '../../adapters/google/publish.ts';
import { createGcsStore } from '../../adapters/google/storage/gcs-store.ts';
import { writeRemoteModel } from '../../adapters/remote/model-file.ts';
import type { MirrorResult } from '../../adapters/mirror.ts';
import type { Mirroring } from '../../activities/mirroring/deps.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { enterArtifact } from '../../artifacts/ledger/artifacts.ts';
import { beginExecution, completeExecution } from '../../artifacts/ledger/executions.ts';
import { traceLineage } from '../../artifacts/ledger/lineage.ts';
import { moveAlias, registerVersion } from '../../artifacts/ledger/models.ts';
import { openLedger, type Ledger } from '../../artifacts/ledger/open.ts';
import { closeRun, findRun, openRun } from '../../artifacts/ledger/runs.ts';
import { toMermaid } from '../../artifacts/export/mermaid.ts';
import { toTree } from '../../artifacts/export/tree.ts';
import { GoogleMirror } from '../../configs/google-mirror.ts';
import { googleMirroring } from '../../worker/mirroring.ts';
import { syncRuns } from '../../worker/sync.ts';
import type { StoredRun } from '../support/google/data-lineage.ts';
import { noGcs, startGcs } from '../support/google/gcs.ts';
import type { ModelRow } from '../support/google/grpc/models.ts';
import type { EndpointRow } from '../support/google/grpc/endpoints.ts';
import { canonical } from '../support/google/state.ts';
import { askVertex, startVertexGrpc, type VertexGrpc } from '../support/google/vertex-grpc.ts';
import { startVertexRest, type VertexRest } from '../support/google/vertex-rest.ts';
import { emptyFolder, folderWith } from '../unit/support/folder.ts';
import { artifact, beginning, newRun, recipe } from '../unit/support/ledger.ts';

const PLACE = 'projects/anneal-example/locations/us-central1';
const LINE = 'support-triage';

let server: VertexGrpc;
let rest: VertexRest;
let deps: Mirroring & ReturnType<typeof googleMirroring>;
let ledger: Ledger;
let root: string;
let settings = GoogleMirror.parse({});

beforeAll(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'anneal-mirror-')));
  const folder = join(root, 'project');
  server = await startVertexGrpc({ folder });
  rest = await startVertexRest({ folder });
  process.env['ANNEAL_VERTEX_GRPC'] = server.address;
  process.env['ANNEAL_VERTEX_URL'] = rest.url;
  process.env['ANNEAL_VERTEX_TIMEOUT_MS'] = '1000';
  process.env['GOOGLE_CLOUD_PROJECT'] = 'anneal-example';
  process.env['GOOGLE_CLOUD_LOCATION'] = 'us-central1';
  ledger = await openLedger(join(root, 'ledger.db'));
  const mirroring = googleMirroring({ root });
  deps = {
    ...mirroring,
    ledger,
    store: createFileStore(join(root, 'store')),
    publish: async (store, digest) => `${store}/models/${digest.slice(7)}/`,
  };
});

afterAll(async () => {
  await deps.mirror.close();
  await ledger.destroy();
  await Promise.all([server.stop(), rest.close()]);
  rmSync(root, { recursive: true, force: true });
});

beforeEach(() => {
  server.faults.clear();
  rest.plan.clear();
});

/** A run that tuned and registered a model, with its own version. */
async function ran(id: string, model: { digest: string }, alias?: string): Promise<string> {
  await openRun(ledger, newRun(id, { recipe: { ...recipe, google: { mirror: settings } } }));
  const train = await artifact(ledger, 'Dataset', 'train', { rows: 40 });
  const tune = await beginExecution(ledger, beginning(id, 'tune', { inputs: { train } }));
  await completeExecution(ledger, tune.id, {
    outputs: { model: { digest: model.digest, type: 'Model' } },
    metrics: {},
    facts: { steps: 10 },
    cost: { usd: 1.5 },
  });
  const evaluate = await beginExecution(
    ledger,
    beginning(id, 'evaluate', { inputs: { model: { digest: model.digest, type: 'Model' } } }),
  );
  await completeExecution(ledger, evaluate.id, {
    outputs: { report: await artifact(ledger, 'EvalReport', `report of ${id}`) },
    metrics: { exactMatch: { value: 0.75, n: 40, ci: [0.6, 0.87] } },
    facts: {},
    cost: {},
  });
  const { version } = await registerVersion(
    ledger,
    {
      name: LINE,
      digest: model.digest,
      runId: id,
      executionId: evaluate.id,
      verdict: 'promote',
      card: (await artifact(ledger, 'ModelCard', id)).digest,
      actor: 'someone',
    },
    undefined,
  );
  const ref = `${LINE}@v${version.version}`;
  if (alias) await point(alias, version.version);
  await closeRun(ledger, { id, status: 'completed', verdict: 'promote', modelRef: ref });
  return ref;
}

const point = (alias: string, to: number): Promise<unknown> =>
  moveAlias(ledger, { name: LINE, alias, to, actor: 'a', action: 'promote', why: 'better' });

/** A model that a tuning job left at Vertex AI. */
async function remote(id: string, names: { registered?: string; job?: string } = {}): Promise<{ digest: string }> {
  const folder = emptyFolder();
  await writeRemoteModel(folder, {
    provider: 'vertex',
    model: `${PLACE}/endpoints/of-${id}`,
    base: 'gemini-2.5-flash-lite',
    ...names,
  });
  const stored = await deps.store.putFolder(folder);
  return enterArtifact(ledger, 'Model', stored, {
    kind: 'remote',
    job: `${PLACE}/tuningJobs/${id}`,
    adopted: true,
    remote: { provider: 'vertex', model: `${PLACE}/endpoints/of-${id}` },
  });
}

/** Brings the copies of a run up to date; gives what was done, by kind and key. */
async function sync(
  id: string,
  options: { dryRun?: boolean } = {},
  by: Mirroring = deps,
): Promise<Record<string, MirrorResult>> {
  const run = await findRun(ledger, id);
  if (!run) throw new Error(`no run ${id}`);
  const changed = { ...run, recipe_json: JSON.stringify({ ...recipe, google: { mirror: settings } }) };
  const results = await syncRuns(by, [changed], { dryRun: options.dryRun ?? false }, () => undefined);
  return Object.fromEntries(results.map((result) => [`${result.kind} ${result.key}`, result]));
}

const states = (results: Record<string, MirrorResult>): Record<string, string> =>
  Object.fromEntries(Object.entries(results).map(([key, { state }]) => [key, state]));
const whys = (results: Record<string, MirrorResult>): string[] =>
  Object.values(results).flatMap(({ why }) => (why === undefined ? [] : [why]));

const modelRow = (id: string): ModelRow => server.journal.get<ModelRow>('model', canonical(`${PLACE}/models/${id}`))!;
const endpointRow = (id: string): EndpointRow =>
  server.journal.get<EndpointRow>('endpoint', canonical(`${PLACE}/endpoints/${id}`))!;

const GONE: unknown = expect.stringContaining('the process that talks to Vertex AI is gone');

/** Kills the process once it has ordered an operation, which does not end; gives what was said about it. */
async function killedDuring(kind: string, call: string, work: () => ReturnType<typeof sync>): Promise<string[]> {
  const before = server.count(call);
  server.operations.held = kind;
  const ended = work();
  while (server.count(call) === before) await sleep(5);
  process.kill((deps.mirror as unknown as { pid: number }).pid, 'SIGKILL');
  return whys(await ended);
}

/** Does the work; the operation that is held goes on once it is waited for. */
async function released(work: () => ReturnType<typeof sync>): ReturnType<typeof sync> {
  const before = server.asked('GetOperation');
  const ended = work();
  while (server.asked('GetOperation') === before) await sleep(5);
  server.operations.held = undefined;
  return ended;
}

test('a tuned model gets its labels and aliases, and a second time nothing is written', async () => {
  settings = GoogleMirror.parse({ registry: true });
  const model = await remote('1', { registered: server.putTuned(PLACE, '1') });
  await ran('run-1', model, 'champion');
  expect(states(await sync('run-1', { dryRun: true }))).toEqual({ 'model support-triage@v1': 'differs' });
  expect(server.writes()).toBe(0);

  expect(states(await sync('run-1'))).toEqual({ 'model support-triage@v1': 'changed' });
  const [version] = modelRow('1').versions;
  expect(version?.versionAliases).toEqual(['default', 'v1', 'champion']);
  expect(version?.labels).toEqual({
    anneal_digest: model.digest.slice(7, 47),
    anneal_version: 'v1',
    anneal_verdict: 'promote',
    anneal_registered_by: 'run-1',
  });
  const writes = server.writes();
  expect(states(await sync('run-1'))).toEqual({ 'model support-triage@v1': 'equal' });
  expect(server.writes()).toBe(writes);
});

test('what a tuning job over REST left is found by the name of the job', async () => {
  settings = GoogleMirror.parse({ registry: true });
  const url = `${rest.url}/v1/${PLACE}/tuningJobs`;
  const body = JSON.stringify({
    baseModel: 'gemini-2.5-flash-lite',
    supervisedTuningSpec: { trainingDatasetUri: 'gs://data/train.jsonl' },
    labels: { anneal_key: 'abc', anneal_try: '1' },
  });
  const created = (await (await fetch(url, { method: 'POST', body })).json()) as { name: string };
  await sleep(20);
  await fetch(`${rest.url}/v1/${created.name}`);
  await ran('run-2', await remote('2', { job: created.name }));
  const result = (await sync('run-2'))['model support-triage@v2'];
  expect(result).toMatchObject({ state: 'changed', what: [expect.any(String), 'description', 'alias v2'] });
  expect(result?.name).toMatch(/\/models\/\d+@1$/);
});

test('an alias that moved is given to the other model and taken off this one; what people added stays', async () => {
  settings = GoogleMirror.parse({ registry: true });
  const key = canonical(`${PLACE}/models/1`);
  const before = modelRow('1');
  server.journal.put('model', key, {
    ...before,
    versions: before.versions.map((one) => ({ ...one, versionAliases: [...one.versionAliases, 'golden'] })),
  });
  await point('champion', 2);
  const results = await sync('run-2');
  expect(results['model support-triage@v1']).toMatchObject({ state: 'changed', what: ['alias champion taken off'] });
  expect(results['model support-triage@v2']).toMatchObject({ state: 'changed', what: ['alias champion'] });
  expect(modelRow('1').versions[0]?.versionAliases).toEqual(['default', 'v1', 'golden']);
});

/** A model of our own that lies in a bucket. */
async function own(text: string): Promise<{ digest: string }> {
  const stored = await deps.store.putFolder(folderWith({ 'weights.bin': text, 'config.json': '{}' }));
  return enterArtifact(ledger, 'Model', { ...stored, store: 'gs://bucket/store' }, { kind: 'full' });
}

test('a model of our own is uploaded once, though the answer is lost', async () => {
  settings = GoogleMirror.parse({ registry: true, container: { image: 'europe-docker.pkg.dev/p/r/serve:1' } });
  const { digest } = await own('one');
  await ran('run-3', { digest });
  server.faults.add({ on: 'UploadModel', lostAnswer: true });
  const results = await sync('run-3');
  expect(results['model support-triage@v3']).toMatchObject({
    state: 'created',
    name: canonical(`${PLACE}/models/anneal-support-triage@1`),
  });
  expect(server.count('UploadModel')).toBe(1);
  expect(modelRow('anneal-support-triage').versions).toMatchObject([
    { versionAliases: ['default', 'v3'], rest: { artifactUri: `gs://bucket/store/models/${digest.slice(7)}/` } },
  ]);
});

test('the next one becomes the next version, once, though the process is killed while it is uploaded', async () => {
  await ran('run-4', await own('two'));
  expect(await killedDuring('upload', 'UploadModel', () => sync('run-4'))).toEqual([GONE]);

  const here = await deps.store.putFolder(folderWith({ 'weights.bin': 'three', 'config.json': '{}' }));
  await ran('run-5', await enterArtifact(ledger, 'Model', here, { kind: 'full' }));
  const results = await released(() => sync('run-5'));
  expect(results['model support-triage@v4']).toMatchObject({ state: 'changed', what: ['upload under way has ended'] });
  expect(results['model support-triage@v5']?.state).toBe('left');
  expect(whys(results)).toEqual([
    'it lies in the state folder of this machine: set store to a gs:// address and tune it again',
  ]);
  expect(server.count('UploadModel')).toBe(2);
  expect(modelRow('anneal-support-triage').versions.map(({ versionAliases }) => versionAliases)).toEqual([
    ['default', 'v3'],
    ['v4'],
  ]);
});

test('two syncs at once upload a version once, also when nobody answers about the upload', async () => {
  await ran('run-6', await own('four'));
  const again = googleMirroring({ root });
  onTestFinished(() => again.mirror.close());
  const uploads = server.count('UploadModel');
  server.faults.add({ on: 'GetOperation', hang: true });
  const both = await Promise.all([sync('run-6'), sync('run-6', {}, { ...deps, mirror: again.mirror })]);
  const said = new Set(both.map((results) => results['model support-triage@v6']?.state));
  expect(said).toEqual(new Set(['created', 'equal']));
  expect(server.count('UploadModel')).toBe(uploads + 1);
});

test('a version whose labels somebody took off is known by its files, and gets them again', async () => {
  const before = modelRow('anneal-support-triage');
  const versions = before.versions.map((one) => ({ ...one, labels: {} }));
  server.journal.put('model', before.name, { ...before, labels: {}, versions });
  const uploads = server.count('UploadModel');
  expect((await sync('run-6'))['model support-triage@v4']?.what).toEqual([expect.stringContaining('anneal_digest')]);
  expect(server.count('UploadModel')).toBe(uploads);
});

test('an endpoint follows the aliases: created, deployed, traffic moved in shares, and the old one taken off', async () => {
  const at = (traffic: Record<string, number>): void => {
    settings = GoogleMirror.parse({ registry: true, endpoint: { name: 'triage', traffic } });
  };
  at({ champion: 100 });
  await point('champion', 1);
  expect((await sync('run-1'))['endpoint triage']).toMatchObject({
    state: 'created',
    what: ['created', 'deploy support-triage@v1', 'traffic support-triage@v1 100 %'],
  });
  const [old] = endpointRow('triage').deployedModels;
  expect(old?.['id']).toMatch(/^\d{10}$/);

  await point('challenger', 2);
  at({ champion: 90, challenger: 10 });
  server.faults.add({ on: 'DeployModel', lostAnswer: true }, { on: 'UpdateEndpoint', error: 'ABORTED' });
  expect((await sync('run-1'))['endpoint triage']?.state).toBe('changed');
  expect(Object.values(endpointRow('triage').trafficSplit).toSorted((a, b) => a - b)).toEqual([10, 90]);
  expect(server.count('DeployModel')).toBe(2);

  await point('champion', 2);
  at({ champion: 100 });
  const writes = server.writes();
  expect((await sync('run-1'))['endpoint triage']).toMatchObject({
    what: ['labels anneal_version', 'traffic support-triage@v2 100 %', 'undeploy support-triage@v1'],
  });
  expect(endpointRow('triage').deployedModels).toHaveLength(1);
  expect(server.count('UndeployModel')).toBe(1);
  const after = server.writes();
  expect(after).toBeGreaterThan(writes);
  expect((await sync('run-1'))['endpoint triage']?.state).toBe('equal');
  expect(server.writes()).toBe(after);
});

test('a process killed while it deploys leaves an order that the next one waits for', async () => {
  settings = GoogleMirror.parse({ registry: true, endpoint: { name: 'killed' } });
  const deploys = server.count('DeployModel');
  expect(await killedDuring('deploy', 'DeployModel', () => sync('run-1'))).toContainEqual(GONE);
  const results = await released(() => sync('run-1'));
  expect(results['endpoint killed']?.state).toBe('changed');
  expect(server.count('DeployModel')).toBe(deploys + 1);
  expect(endpointRow('killed').deployedModels).toHaveLength(1);
});

test("an endpoint of somebody else's is not touched", async () => {
  const name = canonical(`${PLACE}/endpoints/theirs`);
  server.journal.put('endpoint', name, { ...endpointRow('killed'), name, labels: {}, deployedModels: [] });
  settings = GoogleMirror.parse({ registry: true, endpoint: { name: 'theirs' } });
  const { state, why } = (await sync('run-1'))['endpoint theirs'] ?? {};
  expect(state).toBe('failed');
  expect(why).toContain('does not carry the label anneal_line, so its traffic is not touched');
});

interface Graph {
  executions: { displayName: string; state: string }[];
  artifacts: { schemaTitle: string }[];
  events: { type: string }[];
}

interface Experiment {
  metadata: { fields: Record<string, { structValue: { fields: Record<string, unknown> } }> };
  parentContexts: string[];
}

test('a run shows in ML Metadata with its lineage, and in Experiments with parameters and metrics', async () => {
  settings = GoogleMirror.parse({ metadata: true, experiments: true });
  expect(states(await sync('run-1', { dryRun: true }))).toMatchObject({ 'metadata run-1': 'missing' });
  // In mid-way the service is away for longer than anybody waits; what is there by then is found again.
  server.faults.add({ on: 'AddExecutionEvents', error: 'PERMISSION_DENIED' });
  expect(states(await sync('run-1'))).toEqual({ 'metadata run-1': 'failed', 'experiment run-1': 'created' });
  const results = await sync('run-1');
  expect(results['metadata run-1']?.state).toMatch(/changed|equal/);

  const graph = await askVertex<Graph>(server, 'MetadataService', 'QueryContextLineageSubgraph', {
    context: results['metadata run-1']?.name,
  });
  expect(graph.executions.map(({ displayName, state }) => `${displayName} ${state}`)).toEqual([
    'tune COMPLETE',
    'evaluate COMPLETE',
  ]);
  expect(graph.artifacts.map(({ schemaTitle }) => schemaTitle)).toEqual([
    'system.Dataset',
    'system.Model',
    'system.Artifact',
  ]);
  expect(graph.events.map(({ type }) => type)).toEqual(['INPUT', 'OUTPUT', 'INPUT', 'OUTPUT']);
  const experiment = await askVertex<Experiment>(server, 'MetadataService', 'GetContext', {
    name: results['experiment run-1']?.name,
  });
  const { fields } = experiment.metadata;
  expect(fields['_metrics']?.structValue.fields).toMatchObject({
    exactMatch: { numberValue: 0.75 },
    'exactMatch.n': { numberValue: 40 },
    verdict: { stringValue: 'promote' },
  });
  expect(fields['_params']?.structValue.fields['tune.batchSize']).toMatchObject({ numberValue: 8 });
  expect(experiment.parentContexts[0]).toMatch(/\/contexts\/anneal-support-triage$/);

  const writes = server.writes();
  expect(states(await sync('run-1'))).toEqual({ 'metadata run-1': 'equal', 'experiment run-1': 'equal' });
  expect(server.writes()).toBe(writes);
});

test('events of a run reach Dataplex once each; one that is gone there is sent again', async () => {
  settings = GoogleMirror.parse({ openLineage: true });
  rest.plan.add({ on: 'other', lostAnswer: true });
  expect(states(await sync('run-1'))).toEqual({ 'lineage run-1/tune': 'created', 'lineage run-1/evaluate': 'created' });
  const runs = rest.state.journal.all<StoredRun>('lineageRuns');
  expect(runs.map(([, { events }]) => events.length)).toEqual([1, 1]);
  expect(runs[0]?.[1].events[0]).toMatchObject({ eventType: 'COMPLETE', inputs: [{ namespace: 'anneal' }] });

  await point('champion', 1);
  rest.state.journal.remove('lineageRuns', runs[0]?.[0] ?? '');
  expect(states(await sync('run-1'))).toEqual({ 'lineage run-1/tune': 'created', 'lineage run-1/evaluate': 'equal' });
});

test('the lineage of a model names its job, where it lies, and the endpoint that serves it', async () => {
  settings = GoogleMirror.parse({ registry: true, endpoint: { name: 'triage' } });
  await point('champion', 1);
  await sync('run-1');
  const found = await traceLineage(ledger, { run: 'run-1' }, 'down');
  const line = toTree(found, 'down')
    .split('\n')
    .find((one) => one.includes('support-triage@v1'));
  expect(line?.replace(/sha256:\w+/, 'sha256:…').trim()).toBe(
    'model: Model sha256:… support-triage@v1, support-triage@champion, vertex endpoints/of-1, vertex endpoints/triage, vertex models/1@1, job tuningJobs/1 (adopted)',
  );
  expect(toMermaid(found)).toContain('vertex endpoints/triage');
});

test('faults: what passes is waited for, what does not is one sentence with what to do', async () => {
  settings = GoogleMirror.parse({ registry: true });
  server.faults.add({ on: 'GetModel', error: 'UNAVAILABLE' }, { on: 'GetModel', error: 'RESOURCE_EXHAUSTED' });
  expect(Object.values(states(await sync('run-1')))).not.toContain('failed');
  server.faults.clear();
  server.faults.add({ on: 'GetModel', error: 'PERMISSION_DENIED', message: 'Permission denied on x.', times: 0 });
  const failed = await sync('run-1');
  expect(failed['model support-triage@v1']?.why).toBe(
    'support-triage@v1 in the Model Registry: Permission denied on x; give the identity roles/aiplatform.user in the project, and see that aiplatform.googleapis.com is enabled',
  );
  server.faults.clear();
  server.journal.remove('model', canonical(`${PLACE}/models/1`));
  expect((await sync('run-1'))['model support-triage@v1']?.why).toContain('is not in the Model Registry');
});

test('the process ends by itself when nobody asks anything, and begins again with the next', async () => {
  const mirror = createGoogleMirror({ idleMs: 20 });
  const place = { project: 'anneal-example', location: 'us-central1' };
  expect(mirror.pid).toBeUndefined();
  expect(await mirror.models(place, { models: [], ownAliases: [] }, { dryRun: true })).toEqual([]);
  expect(mirror.pid).toBeDefined();
  for (let tries = 0; mirror.pid !== undefined && tries < 200; tries += 1) await sleep(10);
  expect(mirror.pid).toBeUndefined();
});

test('a question that comes while an idle process is let go of is answered by the next one', async () => {
  const mirror = createGoogleMirror();
  const place = { project: 'anneal-example', location: 'us-central1' };
  const ask = (): Promise<MirrorResult[]> => mirror.models(place, { models: [], ownAliases: [] }, { dryRun: true });
  await ask();
  const ending = mirror.close();
  expect(await ask()).toEqual([]);
  await ending;
  await mirror.close();
});

test.skipIf(noGcs !== undefined)('the files of a model in a bucket get their names there, once', async () => {
  const gcs = await startGcs(join(root, 'buckets'), ['models']);
  onTestFinished(() => gcs.stop());
  vi.stubEnv('STORAGE_EMULATOR_HOST', gcs.url);
  const store = createGcsStore({ uri: 'gs://models/at', cache: join(root, 'cache') });
  const { digest } = await store.putFolder(folderWith({ 'config.json': '{}', 'parts/weights.bin': 'abc' }));
  const uri = await publishFolder('gs://models/at', digest);
  expect(uri).toBe(`gs://models/at/models/${digest.slice(7)}/`);
  expect(await publishFolder('gs://models/at', digest)).toBe(uri);
  const folder = join(root, 'buckets', 'models', 'at', 'models', digest.slice(7));
  expect(readFileSync(join(folder, 'parts', 'weights.bin'), 'utf8')).toBe('abc');
  expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe('{}');
});
