import { expect, test } from 'vitest';
import type { TuningService } from '../../../../adapters/contracts.ts';
import { fileName } from '../../../../adapters/openai/labels.ts';
import { createOpenAiService } from '../../../../adapters/openai/service.ts';
import { pretend, settingsAt, type Answer, type Seen } from './support.ts';

const key = 'abcdef012345'.padEnd(40, '6');
const signal = new AbortController().signal;
const PRICE = { price: { training: 5 } };

/** A server that lists these jobs, by the query that it is asked with, and files. */
async function serverWith(
  jobs: (seen: Seen) => Answer,
  files: Answer = { status: 404, body: {} },
  tune: object = {},
): Promise<{ service: TuningService; asked: () => string[] }> {
  const { baseUrl, seen } = await pretend((route, one) => {
    if (route === 'GET /v1/files') return files;
    return route === 'GET /v1/fine_tuning/jobs' ? jobs(one) : undefined;
  });
  return {
    service: createOpenAiService(settingsAt(baseUrl, {}, tune)),
    asked: () => seen.map(({ method, url }) => `${method} ${url}`),
  };
}

const list = (...data: object[]): Answer => ({ body: { object: 'list', data, has_more: false } });
const mine = { anneal_key: key, anneal_try: '1' };
const names = async (service: TuningService, wanted: string | undefined = key): Promise<string[]> =>
  (await service.find(wanted, signal)).map(({ name }) => name);

test('a job is found by the server’s filter, with one call', async () => {
  const { service, asked } = await serverWith(() => list({ id: 'j1', status: 'running', metadata: mine }));
  expect(await service.find(key, signal)).toMatchObject([
    { name: 'j1', state: 'running', vendorState: 'running', labels: mine },
  ]);
  expect(asked()).toEqual([`GET /v1/fine_tuning/jobs?limit=100&metadata[anneal_key]=${key}`]);
});

test('a server that ignores the filter shows others’ jobs, which are not taken', async () => {
  const other = { ...mine, anneal_key: 'b'.repeat(40) };
  const { service } = await serverWith(() =>
    list(
      { id: 'j1', status: 'running', metadata: other },
      { id: 'j2', metadata: mine },
      { id: 'j3', training_file: 'f' },
    ),
  );
  expect(await names(service)).toEqual(['j2']);
  expect((await service.find(undefined, signal)).map(({ name }) => name)).toEqual(['j1', 'j2']);
});

test('a server that refuses the filter is asked without it', async () => {
  const { service } = await serverWith(({ url }) =>
    url.includes('metadata')
      ? { status: 422, body: { detail: 'extra query parameter: metadata' } }
      : list({ id: 'j1', suffix: `triage-an-${key.slice(0, 12)}-3` }),
  );
  expect(await service.find(key, signal)).toMatchObject([{ name: 'j1', labels: { anneal_key: key, anneal_try: '3' } }]);
});

test('all pages are looked through', async () => {
  const { service, asked } = await serverWith(({ url }) => {
    if (url.includes('metadata')) return list();
    const page = /after=p(\d)/.exec(url)?.[1];
    if (page === '2') return list({ id: 'j1', metadata: mine });
    const next = `p${Number(page ?? '0') + 1}`;
    return { body: { data: [{ id: next, training_file: 'f' }], has_more: true } };
  });
  expect(await names(service)).toEqual(['j1']);
  expect(asked().filter((url) => url.includes('jobs'))).toHaveLength(4);
});

test('where there is neither metadata nor suffix, a job is known by the name of its training file', async () => {
  const { service } = await serverWith(
    () => list({ id: 'j1', status: 'queued', training_file: 'file-1' }, { id: 'j2', training_file: 'file-2' }),
    list({ id: 'file-1', filename: fileName(key, 'f'.repeat(64)) }, { id: 'file-2', filename: 'rows.jsonl' }),
  );
  expect(await service.find(key, signal)).toMatchObject([{ name: 'j1', labels: { anneal_key: key } }]);
});

test('a server that bills and shows nothing to know a job by is not ordered from', async () => {
  const bare = list({ id: 'j1', status: 'running' });
  expect(await names((await serverWith(() => bare)).service)).toEqual([]);
  const { service } = await serverWith(() => bare, undefined, PRICE);
  await expect(service.find(key, signal)).rejects.toMatchObject({ type: 'CannotLook' });
  await expect(service.find(key, signal)).rejects.toThrow(
    /lists jobs with nothing to know them by, so that after a lost reply a job could be paid twice: take a server/,
  );
});

test('a server that bills and has no list of jobs is not ordered from', async () => {
  const missing: Answer = { status: 405, body: { detail: 'Method Not Allowed' } };
  expect(await names((await serverWith(() => missing)).service)).toEqual([]);
  const { service } = await serverWith(() => missing, undefined, PRICE);
  await expect(service.find(key, signal)).rejects.toThrow(/has no list of jobs, so that after a lost reply/);
});

test('a list that cannot be read now is no empty list', async () => {
  const { service } = await serverWith(() => ({ status: 503, body: {} }));
  await expect(service.find(key, signal)).rejects.toMatchObject({ name: 'RemoteFailure', kind: 'away' });
});
