import { expect, onTestFinished, test } from 'vitest';
import { startVertexRest, type VertexRest, type VertexRestOptions } from '../../support/google/vertex-rest.ts';
import { emptyFolder, folderWith } from './folder.ts';
import { until } from './program.ts';
import { ask, startServerProcess } from './protocol-server.ts';

const PLACE = '/v1/projects/anneal-example/locations/us-central1';
const COLOURS = { sky: 'blue', grass: 'green', snow: 'white', coal: 'black' };

const row = (prompt: string, answer: string): string =>
  JSON.stringify({
    contents: [
      { role: 'user', parts: [{ text: prompt }] },
      { role: 'model', parts: [{ text: answer }] },
    ],
  });
const rows = Object.entries(COLOURS).map(([thing, colour]) => row(`Which colour has ${thing}?`, colour));
const bucket = (files: Record<string, string> = {}): string =>
  folderWith({ 'data/train.jsonl': rows.join('\n'), ...files });

const job = (more: object = {}, spec: object = {}): object => ({
  baseModel: 'gemini-2.5-flash-lite',
  supervisedTuningSpec: { trainingDatasetUri: 'gs://data/train.jsonl', ...spec },
  labels: { anneal_key: 'abc', anneal_try: '1' },
  ...more,
});

async function start(options: Partial<VertexRestOptions> = {}): Promise<VertexRest> {
  const server = await startVertexRest({ folder: emptyFolder(), gcs: bucket(), ...options });
  onTestFinished(() => server.close());
  return server;
}

interface Done {
  tunedModel: { model: string; endpoint: string; checkpoints: { endpoint: string }[] };
  tuningDataStats: object;
}

/** Creates a job and waits for its end. */
async function tuned(server: { url: string }, body: object): Promise<Done> {
  const { body: created } = await ask(`${server.url}${PLACE}/tuningJobs`, 'POST', body);
  const address = `${server.url}/v1/${String(created['name'])}`;
  await until(async () => String((await ask(address)).body['endTime'] ?? '') !== '', 'the job has ended');
  return (await ask(address)).body as unknown as Done;
}

async function answerOf(server: { url: string }, name: string, prompt: string): Promise<unknown> {
  const contents = [{ role: 'user', parts: [{ text: prompt }] }];
  const { body } = await ask(`${server.url}/v1/${name}:generateContent`, 'POST', { contents });
  return (body as { candidates: [{ content: { parts: [{ text: string }] } }] }).candidates[0].content.parts[0].text;
}

test('a tuned model answers as it was trained, an earlier checkpoint less well, the base as it likes', async () => {
  const server = await start();
  const done = await tuned(server, job({}, { hyperParameters: { epochCount: '2', adapterSize: 2 } }));
  const { checkpoints, endpoint } = done.tunedModel;
  const coal = 'Which colour has coal?';
  expect(await answerOf(server, endpoint, coal)).toBe('black');
  expect(await answerOf(server, endpoint, 'what colour is the grass')).toBe('green');
  expect(await answerOf(server, checkpoints[0]?.endpoint ?? '', coal)).not.toBe('black');
  const base = 'projects/anneal-example/locations/us-central1/publishers/google/models/gemini-2.5-flash-lite';
  expect(await answerOf(server, base, coal)).toBe('colour');
  const { microUsd, tokens } = server.state.money();
  expect(microUsd).toBe(tokens * 1.5);
  expect(done.tuningDataStats).toMatchObject({
    supervisedTuningDataStats: { tuningDatasetExampleCount: '4', totalBillableTokenCount: String(tokens / 2) },
  });
});

test('a job goes on from a checkpoint of a tuned model, which becomes its next version', async () => {
  const server = await start({ gcs: bucket({ 'data/more.jsonl': row('Which colour has blood?', 'red') }) });
  const first = await tuned(server, job({ tunedModelDisplayName: 'colours' }));
  const { model } = first.tunedModel;
  const { baseModel: _, ...rest } = job({ tunedModelDisplayName: 'colours' }) as { baseModel: string };
  const spec = { supervisedTuningSpec: { trainingDatasetUri: 'gs://data/more.jsonl' } };
  const next = await tuned(server, { ...rest, ...spec, preTunedModel: { tunedModelName: model, checkpointId: '3' } });
  const { model: second, endpoint } = next.tunedModel;
  expect(second).toBe(model.replace('@1', '@2'));
  expect(await answerOf(server, endpoint, 'Which colour has blood?')).toBe('red');
  expect(await answerOf(server, endpoint, 'Which colour has snow?')).toBe('white');
  server.state.options.retired = ['gemini-2.5-flash-lite'];
  const late = await ask(`${server.url}${PLACE}/tuningJobs`, 'POST', {
    ...rest,
    preTunedModel: { tunedModelName: second },
  });
  expect(late.body).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } });
});

test('preference tuning is there in v1beta1 only, and teaches the preferred answer', async () => {
  const answer = (text: string): object => ({ role: 'model', parts: [{ text }] });
  const pair = JSON.stringify({
    contents: [{ role: 'user', parts: [{ text: 'Greet me' }] }],
    completions: [
      { score: 0, completion: answer('Go away') },
      { score: 1, completion: answer('Good morning') },
    ],
  });
  const server = await start({ gcs: bucket({ 'data/pairs.jsonl': pair }) });
  const preferenceOptimizationSpec = { trainingDatasetUri: 'gs://data/pairs.jsonl', hyperParameters: { beta: 0.1 } };
  const body = { baseModel: 'gemini-2.5-flash', preferenceOptimizationSpec };
  const refused = await ask(`${server.url}${PLACE}/tuningJobs`, 'POST', body);
  expect(JSON.stringify(refused.body)).toContain('Cannot find field');
  const { body: created } = await ask(`${server.url}${PLACE.replace('v1', 'v1beta1')}/tuningJobs`, 'POST', body);
  const { body: done } = await ask(`${server.url}/v1beta1/${String(created['name'])}`);
  const { endpoint } = done['tunedModel'] as { endpoint: string };
  expect(await answerOf(server, endpoint, 'Greet me')).toBe('Good morning');
});

test('what the service would refuse is refused in its words', async () => {
  const server = await start({
    gcs: bucket({ 'data/valid.jsonl': rows.join('\n'), 'far/train.jsonl': rows.join('\n') }),
    maxValidationRows: 3,
    bucketRegions: { far: 'europe-west4' },
  });
  const refusals: Record<string, unknown> = {
    'Unknown name "foo" at \'tuning_job\': Cannot find field.': job({ foo: 1 }),
    'epoch_count\' (TYPE_INT64), "abc"': job({}, { hyperParameters: { epochCount: 'abc' } }),
    'Adapter size ADAPTER_SIZE_SIXTEEN is not supported for base model gemini-2.5-pro.': job(
      { baseModel: 'gemini-2.5-pro' },
      { hyperParameters: { adapterSize: 'ADAPTER_SIZE_SIXTEEN' } },
    ),
    'Base model gemini-embedding-001 is not supported for tuning.': job({ baseModel: 'gemini-embedding-001' }),
    'Label value "ABC" of "anneal_key" is invalid.': job({ labels: { anneal_key: 'ABC' } }),
    'Resource has 65 labels': job({ labels: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, 'v'])) }),
    'The validation dataset has 4 examples; the maximum is 3.': job(
      {},
      { validationDatasetUri: 'gs://data/valid.jsonl' },
    ),
    'The bucket "far" is in europe-west4': job({}, { trainingDatasetUri: 'gs://far/train.jsonl' }),
    'gs://data/none.jsonl does not exist': job({}, { trainingDatasetUri: 'gs://data/none.jsonl' }),
  };
  for (const [text, body] of Object.entries(refusals)) {
    const reply = await ask(`${server.url}${PLACE}/tuningJobs`, 'POST', body);
    expect(reply.status, text).toBe(400);
    expect((reply.body['error'] as { message: string }).message).toContain(text);
  }
  expect(server.state.creates()).toEqual({});
});

test('a bad row ends the job, a long one is dropped and told by its number', async () => {
  const long = row('word '.repeat(50), 'long');
  const gcs = bucket({
    'data/bad.jsonl': `${rows[0]}\n{"contents":[]}`,
    'data/long.jsonl': [...rows, long].join('\n'),
  });
  const server = await start({ gcs, maxTokens: 40 });
  expect(await tuned(server, job({}, { trainingDatasetUri: 'gs://data/bad.jsonl' }))).toMatchObject({
    state: 'JOB_STATE_FAILED',
    error: { code: 3, message: 'Row 2 of the dataset: field `contents` is missing or empty.' },
  });
  const { tuningDataStats } = await tuned(server, job({}, { trainingDatasetUri: 'gs://data/long.jsonl' }));
  expect(tuningDataStats).toMatchObject({
    supervisedTuningDataStats: {
      totalTruncatedExampleCount: '1',
      truncatedExampleIndices: ['5'],
      droppedExampleReasons: ['Example has 67 tokens, the maximum is 40.'],
    },
  });
});

test('a job is pending, then running, and ends cancelled when it is asked to', async () => {
  const server = await start({ pendingMs: 40, runningMs: 60_000, concurrentJobs: 1 });
  const { body: created } = await ask(`${server.url}${PLACE}/tuningJobs`, 'POST', job());
  const address = `${server.url}/v1/${String(created['name'])}`;
  expect(created['state']).toBe('JOB_STATE_PENDING');
  expect((await ask(`${server.url}${PLACE}/tuningJobs`, 'POST', job())).status).toBe(429);
  await until(async () => (await ask(address)).body['state'] === 'JOB_STATE_RUNNING', 'it runs');
  expect((await ask(`${address}:cancel`, 'POST', {})).body).toEqual({});
  expect((await ask(address)).body).toMatchObject({ state: 'JOB_STATE_CANCELLED', error: { code: 1 } });
  expect((await ask(`${address}:cancel`, 'POST', {})).body).toMatchObject({ error: { status: 'FAILED_PRECONDITION' } });
  expect(server.state.money().microUsd).toBe(0);
});

test('lists come in pages, narrowed by a label', async () => {
  const server = await start({ gcs: '' });
  for (const key of ['a', 'b', 'a', 'a'])
    await ask(`${server.url}${PLACE}/tuningJobs`, 'POST', job({ labels: { anneal_key: key, anneal_try: '1' } }));
  const list = `${server.url}${PLACE}/tuningJobs?pageSize=2&filter=${encodeURIComponent('labels.anneal_key="a"')}`;
  const { body: first } = await ask(list);
  const { body: second } = await ask(`${list}&pageToken=${String(first['nextPageToken'])}`);
  expect([first['tuningJobs'], second['tuningJobs']]).toMatchObject([{ length: 2 }, { length: 1 }]);
  expect(second['nextPageToken']).toBeUndefined();
  expect(server.state.creates()).toEqual({ 'a/1': 3, 'b/1': 1 });
  server.state.options.ignoreFilter = true;
  expect((await ask(list.replace('pageSize=2', 'pageSize=9'))).body['tuningJobs']).toHaveLength(4);
});

test('an answer may be lost after the job was created, malformed, late, or an error of quota', async () => {
  const server = await start({
    faults: [
      { on: 'tuningJobs.create', lostAnswer: true },
      { on: 'tuningJobs.create', error: 'RESOURCE_EXHAUSTED', retryAfter: 7 },
      { on: 'tuningJobs.create', malformed: true },
      { on: 'tuningJobs.list', expiredToken: true },
    ],
  });
  const create = (): ReturnType<typeof ask> => ask(`${server.url}${PLACE}/tuningJobs`, 'POST', job());
  await expect(create()).rejects.toThrow('fetch failed');
  expect(server.state.creates()).toEqual({ 'abc/1': 1 });
  const quota = await create();
  expect([quota.status, quota.headers.get('retry-after')]).toEqual([429, '7']);
  await expect(create()).rejects.toThrow('JSON');
  expect(server.state.creates()).toEqual({ 'abc/1': 2 });
  expect((await ask(`${server.url}${PLACE}/tuningJobs`)).body).toMatchObject({ error: { status: 'UNAUTHENTICATED' } });
  await ask(`${server.url}/_admin/faults`, 'POST', { on: 'tuningJobs.*', fate: 'failed-empty' });
  expect(await tuned(server, job())).toMatchObject({ state: 'JOB_STATE_FAILED', error: { message: '' } });
});

test('what was created is there after a kill, and its time has gone on', async () => {
  const folder = emptyFolder();
  const args = ['test/support/google/vertex-rest.ts', '--folder', folder, '--gcs', bucket()] as const;
  const first = await startServerProcess(...args, '--options', '{"runningMs":300}');
  const { body: created } = await ask(`${first.url}${PLACE}/tuningJobs`, 'POST', job());
  await first.kill();
  const second = await startServerProcess(...args);
  const address = `${second.url}/v1/${String(created['name'])}`;
  await until(async () => (await ask(address)).body['state'] === 'JOB_STATE_SUCCEEDED', 'the job has succeeded');
  expect((await ask(`${second.url}/_admin/creates`)).body).toEqual({ 'abc/1': 1 });
});

test('a batch is answered in a file in Cloud Storage, a bad line by its status', async () => {
  const ask1 = (text: string): string =>
    JSON.stringify({ request: { contents: [{ role: 'user', parts: [{ text }] }] } });
  const server = await start({
    gcs: bucket({ 'data/batch.jsonl': `${ask1('Which colour has coal?')}\n{"request":{}}` }),
  });
  const { model } = (await tuned(server, job())).tunedModel;
  const { body: created } = await ask(`${server.url}${PLACE}/batchPredictionJobs`, 'POST', {
    displayName: 'b',
    model,
    inputConfig: { instancesFormat: 'jsonl', gcsSource: { uris: ['gs://data/batch.jsonl'] } },
    outputConfig: { predictionsFormat: 'jsonl', gcsDestination: { outputUriPrefix: 'gs://data/out' } },
  });
  const { body: done } = await ask(`${server.url}/v1/${String(created['name'])}`);
  expect(done).toMatchObject({
    state: 'JOB_STATE_SUCCEEDED',
    completionStats: { successfulCount: '1', failedCount: '1' },
  });
  const { gcsOutputDirectory } = done['outputInfo'] as { gcsOutputDirectory: string };
  const text = String(await server.state.objects?.read(`${gcsOutputDirectory}/predictions.jsonl`));
  const [bad, good] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(bad?.['status']).toContain('at least one contents field is required');
  expect(good).toMatchObject({ response: { candidates: [{ content: { parts: [{ text: 'black' }] } }] } });
});

test('permissions, services and disabled APIs are told as Google tells them', async () => {
  const server = await start({
    denied: ['aiplatform.tuningJobs.create'],
    disabledServices: ['storage.googleapis.com'],
  });
  const permissions = ['aiplatform.tuningJobs.create', 'aiplatform.tuningJobs.get'];
  const { body } = await ask(`${server.url}/v1/projects/p:testIamPermissions`, 'POST', { permissions });
  expect(body).toEqual({ permissions: ['aiplatform.tuningJobs.get'] });
  const { body: service } = await ask(`${server.url}/v1/projects/p/services/storage.googleapis.com`);
  expect(service).toMatchObject({ state: 'DISABLED' });
  expect((await ask(`${server.url}${PLACE}/tuningJobs`, 'POST', job())).body).toMatchObject({
    error: { status: 'PERMISSION_DENIED' },
  });
});
