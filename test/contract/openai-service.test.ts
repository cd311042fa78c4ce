import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RemoteJob, TuneOrder, TuningService } from '../../adapters/contracts.ts';
import { openAiKind } from '../../adapters/openai/kind.ts';
import { writeRemoteModel } from '../../adapters/remote/model-file.ts';
import { identify, type Content } from '../../data/row.ts';
import { startOpenAiServer, type OpenAiServer, type OpenAiServerOptions } from '../support/openai-server.ts';
import { paidFor } from '../support/paid.ts';
import { openAiOrder, openAiSettings, openAiTuner } from './support/openai-worker.ts';
import { sharedFolder } from './support/trainer.ts';

const root = sharedFolder();
const signal = new AbortController().signal;
const labelled = (key: string, number = '1'): Record<string, string> => ({
  anneal_key: key.padEnd(40, '0'),
  anneal_try: number,
  anneal_run: 'r1',
  anneal_line: 'triage',
});
let number = 0;

interface Tried {
  server: OpenAiServer;
  service: TuningService;
  order: TuneOrder;
}

/** A service against a server that is like a known one; it sends no bill. */
async function tried(options: Partial<OpenAiServerOptions>, openai: object = {}, tune: object = {}): Promise<Tried> {
  const folder = join(root, `server-${(number += 1)}`);
  const server = await startOpenAiServer({ folder, ...options });
  onTestFinished(() => server.close());
  const order = await openAiOrder({ folder, baseUrl: server.baseUrl }, openai as Record<string, unknown>, {
    price: undefined,
    ...tune,
  });
  return { server, service: await openAiKind.open(order.settings), order };
}

async function endOf(service: TuningService, name: string): Promise<RemoteJob> {
  for (;;) {
    const job = await service.get(name, signal);
    if (!['pending', 'running', 'cancelling'].includes(job.state)) return job;
    await sleep(20);
  }
}

const ordered = async (
  { service, order }: Tried,
  labels: Record<string, string>,
): Promise<{ job: RemoteJob; request: unknown }> => {
  const request = await service.stage(order, `${labels['anneal_key']}-${labels['anneal_try']}`, signal);
  return { request, job: await service.create(request, labels, signal) };
};
const filesOf = ({ server }: Tried): string[] =>
  server.state.journal.all<{ filename: string }>('files').map(([, { filename }]) => filename);
const key = (text: string): string => Buffer.from(text).toString('hex').slice(0, 12);

describe.each(['full', 'llamastack', 'arbor'] as const)('a server like %s', (tolerance) => {
  test('tunes, and tells the name of the model', async () => {
    const at = await tried({ tolerance, runningMs: 30 });
    await at.service.check(at.order);
    const { job, request } = await ordered(at, labelled(key('tunes')));
    expect(['pending', 'running', 'succeeded']).toContain(job.state);
    const end = await endOf(at.service, job.name);
    expect(end.state).toBe('succeeded');
    const folder = join(root, `output-${tolerance}`);
    const result = await at.service.collect(end, { request, folder, kept: folder }, signal);
    expect(result).toMatchObject({ kind: 'remote', droppedCount: 0, rows: 30 });
    expect(result.trainedTokens).toBeGreaterThan(0);
    const model = JSON.parse(readFileSync(join(folder, 'remote.json'), 'utf8')) as object;
    expect(model).toMatchObject({
      provider: 'openai',
      base: 'gpt-4.1-mini',
      job: job.name,
      baseUrl: at.server.baseUrl,
    });
    expect(model).toHaveProperty('model', expect.stringMatching(/^ft:gpt-4\.1-mini:/));
    expect(result.steps).toBe(tolerance === 'arbor' ? undefined : 4);
    expect(result.curve).toHaveLength(tolerance === 'arbor' ? 0 : 2);
  });

  test('is sent each file once, however often an order is staged', async () => {
    const at = await tried({ tolerance }, { validation: 0.3 });
    const label = `${key('stages').padEnd(40, '0')}-1`;
    const first = await at.service.stage(at.order, label, signal);
    expect(await at.service.stage(at.order, label, signal)).toEqual(first);
    expect(filesOf(at)).toHaveLength(2);
    expect(filesOf(at).every((name) => /^anneal-[0-9a-f]{12}-[0-9a-f]{64}\.jsonl$/.test(name))).toBe(true);
    const { rows, devRows } = first as { rows: number; devRows: number };
    expect([rows + devRows, devRows > 0]).toEqual([30, true]);
  });

  test('shows our jobs among many others, as far as it shows whose they are', async () => {
    const at = await tried({ tolerance, runningMs: 20 });
    const mine = labelled(key('finds'), '2');
    const { job, request } = await ordered(at, mine);
    let last = job;
    for (let other = 0; other < 120; other += 1)
      last = await at.service.create(request, labelled(`${other}`.padStart(12, 'b')), signal);
    // Arbor shows no more than a name, and that at the end.
    for (const { name } of [job, last]) await endOf(at.service, name);
    const found = async (): Promise<string[]> =>
      (await at.service.find(mine['anneal_key'], signal)).map(({ name }) => name);
    expect(await found()).toEqual([job.name]);
    expect((await at.service.find(mine['anneal_key'], signal))[0]?.labels).toMatchObject({
      anneal_key: mine['anneal_key'],
      anneal_try: '2',
    });
    expect(await at.service.find('c'.repeat(40), signal)).toEqual([]);
    expect((await at.service.find(undefined, signal)).length).toBe(121);
  });
});

test.each(['full', 'llamastack'] as const)('a server like %s stops a job', async (tolerance) => {
  const at = await tried({ tolerance, foreverEpochs: 2 });
  const { job } = await ordered(at, labelled(key('stops')));
  await at.service.cancel(job.name, signal);
  expect((await at.service.get(job.name, signal)).state).toBe('cancelled');
  await at.service.cancel(job.name, signal);
});

test('a server like arbor is named as one that cannot stop a job', async () => {
  const at = await tried({ tolerance: 'arbor', foreverEpochs: 2 });
  const { job } = await ordered(at, labelled(key('stops')));
  await expect(at.service.cancel(job.name, signal)).rejects.toMatchObject({ type: 'CannotCancel' });
});

test('where metadata are not kept, a running job is known by its suffix', async () => {
  const at = await tried({ lacks: ['metadata', 'metadataFilter'], foreverEpochs: 2 });
  const { job } = await ordered(at, labelled(key('suffix')));
  expect(await at.service.find(labelled(key('suffix'))['anneal_key'], signal)).toMatchObject([
    { name: job.name, labels: { anneal_try: '1' } },
  ]);
});

test('a job of preference is ordered as such, from pairs', async () => {
  const at = await tried({}, { beta: 0.2, epochs: 'auto' }, { objective: 'preference' });
  const pair = (i: number): Content => ({
    messages: [{ role: 'user', content: `question ${i}` }],
    chosen: [{ role: 'assistant', content: `good ${i}` }],
    rejected: [{ role: 'assistant', content: `bad ${i}` }],
  });
  writeFileSync(
    at.order.train,
    Array.from({ length: 12 }, (_, i) => `${JSON.stringify(identify(pair(i), 0, i + 1))}\n`).join(''),
  );
  await at.service.check(at.order);
  const { request, job } = await ordered(at, labelled(key('pairs')));
  expect(request).toMatchObject({
    body: { method: { type: 'dpo', dpo: { hyperparameters: { n_epochs: 'auto', beta: 0.2 } } }, seed: 1 },
  });
  expect((await endOf(at.service, job.name)).state).toBe('succeeded');
});

test('a later job goes on from the model of an earlier one', async () => {
  const at = await tried({});
  const { request, job } = await ordered(at, labelled(key('first')));
  const start = join(root, 'earlier');
  await at.service.collect(await endOf(at.service, job.name), { request, folder: start, kept: start }, signal);
  const later = { ...at, order: { ...at.order, start } };
  await later.service.check(later.order);
  const second = await ordered(later, labelled(key('second')));
  expect(second.request).toMatchObject({
    base: 'gpt-4.1-mini',
    body: { model: expect.stringMatching(/^ft:/) as string },
  });
  const folder = join(root, 'later');
  const result = await at.service.collect(
    await endOf(at.service, second.job.name),
    { request: second.request, folder, kept: folder },
    signal,
  );
  expect(result.kind).toBe('remote');
});

test('a file that was uploaded once more after it had expired is the one that is used', async () => {
  const at = await tried({});
  const label = `${key('expires').padEnd(40, '0')}-1`;
  const first = (await at.service.stage(at.order, label, signal)) as { body: { training_file: string } };
  const { journal } = at.server.state;
  const stored = journal.get<object>('files', first.body.training_file);
  journal.put('files', first.body.training_file, { ...stored, expires_at: Date.now() / 1000 + 60 });
  const second = (await at.service.stage(at.order, label, signal)) as { body: { training_file: string } };
  expect(second.body.training_file).not.toBe(first.body.training_file);
});

test('an answer that is lost on the way leaves one job, which is found', async () => {
  const at = await tried({ faults: [{ on: 'jobs.create', lostAnswer: true }] });
  const mine = labelled(key('lost'));
  await expect(ordered(at, mine)).rejects.toMatchObject({ name: 'RemoteFailure', kind: 'ambiguous' });
  expect(await at.service.find(mine['anneal_key'], signal)).toHaveLength(1);
  expect(Object.values(at.server.state.creates())).toEqual([1]);
});

test('where metadata are not kept, an order whose answer was lost is found and not placed again', async () => {
  const at = await tried({
    lacks: ['metadata', 'metadataFilter'],
    faults: [{ on: 'jobs.create', lostAnswer: true }],
  });
  const { tuner, close } = await openAiTuner({ folder: join(root, 'lost'), baseUrl: at.server.baseUrl });
  await expect(tuner.submit('lost', at.order, 'r1', paidFor('lost'))).rejects.toMatchObject({ kind: 'ambiguous' });
  await tuner.submit('lost', at.order, 'r1', paidFor('lost'));
  expect(await tuner.describe?.('lost')).toMatchObject({ adopted: true });
  expect(Object.values(at.server.state.creates())).toEqual([1]);
  await close();
});

test('an error that comes after the work was done is asked about, not asked again', async () => {
  const at = await tried({ faults: [{ on: 'jobs.create', errorAfter: 'UNAVAILABLE' }] });
  await expect(ordered(at, labelled(key('after')))).rejects.toMatchObject({ kind: 'ambiguous' });
  expect(Object.values(at.server.state.creates())).toEqual([1]);
});

test('a server that wants a key is not sent that of OpenAI', async () => {
  const at = await tried({ key: 'right' });
  await expect(at.service.find('a'.repeat(40), signal)).rejects.toThrow(/no key was sent.*tune\.openai\.apiKeyEnv/);
});

test('a base model file of another vendor is refused', async () => {
  const at = await tried({});
  const base = join(root, 'foreign');
  await writeRemoteModel(base, { provider: 'vertex', model: 'gemini-2.5-flash', base: 'gemini-2.5-flash' });
  const settings = openAiSettings(at.server.baseUrl);
  await expect(at.service.check({ ...at.order, base, settings })).rejects.toMatchObject({ type: 'NoModel' });
});
