import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RemoteJob, TuneResult, TuningService } from '../../../../adapters/contracts.ts';
import { createOpenAiService } from '../../../../adapters/openai/service.ts';
import { emptyFolder } from '../../support/folder.ts';
import { pretend, settingsAt, type Answer } from './support.ts';

const signal = new AbortController().signal;
const BEST = { choose: { checkpoint: 'best', dev: 0.2 } };
const request = {
  body: { model: 'gpt-4.1-mini', training_file: 'file-1' },
  base: 'gpt-4.1-mini',
  rows: 80,
  devRows: 20,
  leftOut: 1,
  reasons: ['row 3 has no answer'],
  tokens: 4321,
};

/** A server whose one job is this, with what else it tells. */
async function serverWith(
  job: object,
  more: Record<string, Answer> = {},
  tune: object = {},
): Promise<{ service: TuningService; asked: () => string[] }> {
  const { baseUrl, seen } = await pretend((route) => {
    if (route === 'GET /v1/fine_tuning/jobs/j1') return { body: { id: 'j1', ...job } };
    return more[route.replace('/v1/fine_tuning/jobs/j1', '')];
  });
  return {
    service: createOpenAiService(settingsAt(baseUrl, {}, tune)),
    asked: () => seen.map(({ method, url }) => `${method} ${url}`),
  };
}

const list = (...data: object[]): Answer => ({ body: { data, has_more: false } });
const seenAs = async (job: object, more: Record<string, Answer> = {}): Promise<RemoteJob> =>
  (await serverWith(job, more)).service.get('j1', signal);

test.each([
  ['validating_files', 'pending'],
  ['queued', 'pending'],
  ['paused', 'pending'],
  ['running', 'running'],
  ['something new', 'running'],
  ['pending_cancel', 'cancelling'],
  ['succeeded', 'succeeded'],
  ['FAILED', 'failed'],
  ['canceled', 'cancelled'],
  [undefined, 'pending'],
])('a job that is %s is %s', async (status, state) => {
  expect((await seenAs({ status })).state).toBe(state);
});

test('a job that tells nothing but id and status is a job', async () => {
  expect(await seenAs({ status: 'queued' })).toMatchObject({ name: 'j1', labels: {}, vendorState: 'queued' });
});

test('times come as seconds or as text, and the end only of a job that has ended', async () => {
  const times = { created_at: 1_790_000_000, finished_at: 1_790_000_060 };
  expect(await seenAs({ status: 'running', ...times })).not.toHaveProperty('endedAt');
  expect(await seenAs({ status: 'succeeded', ...times })).toMatchObject({
    createdAt: '2026-09-21T14:13:20.000Z',
    endedAt: '2026-09-21T14:14:20.000Z',
  });
  expect(await seenAs({ status: 'queued', created_at: '2026-09-21T14:13:20Z' })).toMatchObject({
    createdAt: '2026-09-21T14:13:20.000Z',
  });
});

test('progress comes from events, else from checkpoints, else there is none', async () => {
  const step = (number: number): object => ({
    id: `e${number}`,
    message: `Step ${number}/40: training loss=0.${number}`,
  });
  const running = { status: 'running' };
  expect((await seenAs(running, { 'GET /events': list(step(8), step(4)) })).progress).toEqual({
    step: 8,
    steps: 40,
    loss: 0.8,
  });
  const checkpoints = list({ id: 'c', step_number: 6, metrics: { train_loss: 0.5 } });
  expect((await seenAs(running, { 'GET /checkpoints': checkpoints })).progress).toEqual({
    step: 6,
    steps: 0,
    loss: 0.5,
  });
  expect(await seenAs(running, { 'GET /events': { status: 500, body: {} } })).not.toHaveProperty('progress');
});

test('why a job failed is kept in a short line, also where the server says nothing', async () => {
  const error = { code: 'invalid_training_file', message: `line 3\n${'x'.repeat(900)} sk-planted-secret`, param: null };
  const failed = await seenAs({ status: 'failed', error });
  expect(failed.error?.type).toBe('BadData');
  expect(failed.error?.message).toMatch(
    /^the server does not take the rows \(invalid_training_file: line 3 x+…\): mend them, then run again$/,
  );
  expect((await seenAs({ status: 'failed', error: { code: 'server_error', message: '' } })).error).toEqual({
    type: 'JobFailed',
    message: '',
  });
  expect((await seenAs({ status: 'failed', error: null })).error).toEqual({ type: 'JobFailed', message: '' });
});

test('cancelling a job that has ended changes nothing, whatever the server answers to it', async () => {
  const { service } = await serverWith(
    { status: 'succeeded' },
    { 'POST /cancel': { status: 400, body: { error: { message: 'has ended' } } } },
  );
  await expect(service.cancel('j1', signal)).resolves.toBeUndefined();
  const other = await serverWith({ status: 'cancelled' }, { 'POST /cancel': { status: 409, body: {} } });
  await expect(other.service.cancel('j1', signal)).resolves.toBeUndefined();
});

test('a server that cannot cancel is named', async () => {
  const { service } = await serverWith(
    { status: 'running' },
    { 'POST /cancel': { status: 400, body: { detail: 'Not implemented' } } },
  );
  const refused = service.cancel('j1', signal);
  await expect(refused).rejects.toMatchObject({ type: 'CannotCancel' });
  await expect(refused).rejects.toThrow(
    /does not cancel the job j1, which is running .*Not implemented.*: stop it there, or wait for its end$/,
  );
  const missing = await serverWith({ status: 'running' });
  await expect(missing.service.cancel('j1', signal)).rejects.toMatchObject({ type: 'CannotCancel' });
});

async function collect(
  job: object,
  more: Record<string, Answer> = {},
  tune: object = {},
): Promise<{ result: TuneResult; model: Record<string, unknown> }> {
  const { service } = await serverWith({ status: 'succeeded', ...job }, more, tune);
  const folder = join(emptyFolder(), 'output');
  const result = await service.collect(await service.get('j1', signal), { request, folder, kept: folder }, signal);
  return { result, model: JSON.parse(readFileSync(join(folder, 'remote.json'), 'utf8')) as Record<string, unknown> };
}

test('a server that tells nothing but the name of the model is enough', async () => {
  const { result, model } = await collect({ fine_tuned_model: 'ft:m' });
  expect(model).toEqual({
    provider: 'openai',
    model: 'ft:m',
    base: 'gpt-4.1-mini',
    job: 'j1',
    baseUrl: expect.stringMatching(/^http/) as string,
  });
  const { folder, device, ...rest } = result;
  expect([folder, device]).toEqual([expect.stringMatching(/output$/), expect.stringMatching(/^127/)]);
  expect(rest).toEqual({
    kind: 'remote',
    // What was counted before the order: the server does not say.
    trainedTokens: 4321,
    droppedCount: 1,
    droppedReasons: ['row 3 has no answer'],
    rows: 101,
    seconds: 0,
    curve: [],
  });
});

test('tokens, times, steps, losses and left-out rows are taken from wherever the server tells them', async () => {
  const csv = 'step,train_loss\n1,0.9\n2,0.5\n';
  const { result } = await collect(
    {
      fine_tuned_model: 'ft:m',
      trained_tokens: 999,
      created_at: 1_790_000_000,
      finished_at: 1_790_000_060,
      result_files: ['file-r'],
    },
    {
      'GET /v1/files/file-r/content': { body: csv, headers: { 'content-type': 'text/csv' } },
      'GET /events': list(
        { id: 'e', message: '2 examples were dropped: too long' },
        { id: 'f', message: '3 rows were truncated' },
      ),
    },
  );
  expect(result).toMatchObject({
    steps: 2,
    finalLoss: 0.5,
    curve: [
      { step: 1, loss: 0.9 },
      { step: 2, loss: 0.5 },
    ],
    trainedTokens: 999,
    seconds: 60,
    droppedCount: 3,
    truncatedCount: 3,
    droppedReasons: ['row 3 has no answer', '2 examples were dropped: too long'],
  });
});

test('the checkpoint with the least loss on the rows held out is taken where that is asked for', async () => {
  const checkpoint = (step: number, full: number | null, loss: number): object => ({
    id: `ckpt-${step}`,
    step_number: step,
    fine_tuned_model_checkpoint: `ft:m:${step}`,
    metrics: { step, train_loss: 1 / step, valid_loss: loss, full_valid_loss: full },
  });
  const checkpoints = {
    'GET /checkpoints': list(checkpoint(30, null, 0.4), checkpoint(20, 0.3, 0.5), checkpoint(10, 0.6, 0.1)),
  };
  const job = { fine_tuned_model: 'ft:m' };
  const { result, model } = await collect(job, checkpoints, BEST);
  expect(model).toMatchObject({ model: 'ft:m:20', checkpoint: 'ckpt-20' });
  expect(result).toMatchObject({
    bestStep: 20,
    devRows: 20,
    dev: [
      { step: 10, loss: 0.6 },
      { step: 20, loss: 0.3 },
      { step: 30, loss: 0.4 },
    ],
  });
  expect((await collect(job, checkpoints)).model).toMatchObject({ model: 'ft:m' });
  expect((await collect(job, {}, BEST)).result).not.toHaveProperty('bestStep');
});

test('checkpoints that are needed and cannot be read now are waited for', async () => {
  await expect(
    collect({ fine_tuned_model: 'ft:m' }, { 'GET /checkpoints': { status: 503, body: {} } }, BEST),
  ).rejects.toMatchObject({ kind: 'away' });
});

test('a job that names no model is named', async () => {
  await expect(collect({})).rejects.toMatchObject({ type: 'NoModelNamed' });
});
