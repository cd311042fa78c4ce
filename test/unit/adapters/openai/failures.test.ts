import type { ServerResponse } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import type { TuningService } from '../../../../adapters/contracts.ts';
import { createOpenAiService } from '../../../../adapters/openai/service.ts';
import { RemoteFailure } from '../../../../adapters/remote/failure.ts';
import { TerminalError } from '../../../../configs/failure.ts';
import { pretend, settingsAt, type Answer, type Plain } from './support.ts';

const SECRET = 'planted-secret-in-the-environment';
const signal = new AbortController().signal;
const labels = { anneal_key: 'a'.repeat(40), anneal_try: '1', anneal_line: 'triage' };
const staged = {
  body: { model: 'gpt-9', training_file: 'file-1' },
  base: 'gpt-9',
  rows: 10,
  devRows: 0,
  leftOut: 0,
  reasons: [],
  tokens: 100,
};

afterEach(() => vi.unstubAllEnvs());

const refused = (status: number, message: string, more: object = {}): Plain => ({
  status,
  body: { error: { message, type: 'invalid_request_error', param: null, code: null, ...more } },
});

/** What a call ends with: type or kind, and message with the port left out. */
async function endOf(
  answer: Answer,
  work: (service: TuningService) => Promise<unknown>,
): Promise<{ kind: string; message: string; error: Error }> {
  vi.stubEnv('TUNING_KEY', SECRET);
  const { baseUrl, host } = await pretend(() => answer);
  return caught(baseUrl, host, work);
}

async function caught(
  baseUrl: string,
  host: string,
  work: (service: TuningService) => Promise<unknown>,
): Promise<{ kind: string; message: string; error: Error }> {
  const service = createOpenAiService(settingsAt(baseUrl, { apiKeyEnv: 'TUNING_KEY' }));
  const error: unknown = await work(service).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TerminalError) && !(error instanceof RemoteFailure))
    throw error ?? new Error('nothing thrown');
  expect(error.message).not.toContain(SECRET);
  expect(error.message).toMatch(/^\S[^\n]{20,900}$/);
  const kind = error instanceof TerminalError ? error.type : error.kind;
  return { kind, message: error.message.replaceAll(host, 'HOST'), error };
}

const create = (service: TuningService): Promise<unknown> => service.create(staged, labels, signal);
const get = (service: TuningService): Promise<unknown> => service.get('ftjob-1', signal);
const list = (service: TuningService): Promise<unknown> => service.find(undefined, signal);

test('a model that cannot be tuned', async () => {
  const answer = refused(400, 'Model gpt-9 is not available for fine-tuning.', {
    param: 'model',
    code: 'model_not_available',
  });
  const { kind, message } = await endOf(answer, create);
  expect(kind).toBe('NoModel');
  expect(message).toMatchInlineSnapshot(
    `"HOST refuses (400: Model gpt-9 is not available for fine-tuning): choose a model that this server can tune (model.for.openai, now gpt-9)"`,
  );
});

test('a key that is not valid, which the server repeats', async () => {
  const { kind, message } = await endOf(
    refused(401, `Incorrect API key provided: ${SECRET}. sk-proj-abcdefgh1234`, { code: 'invalid_api_key' }),
    create,
  );
  expect(kind).toBe('KeyRefused');
  expect(message).toMatchInlineSnapshot(
    `"HOST refuses (401: Incorrect API key provided: [key]. [key]): the key comes from the environment variable TUNING_KEY of the worker; put a valid one there"`,
  );
});

test('an organization that may not tune any more', async () => {
  const { kind, message } = await endOf(refused(403, 'Fine-tuning is not available to your organization.'), create);
  expect(kind).toBe('NoPermission');
  expect(message).toMatchInlineSnapshot(
    `"HOST refuses (403: Fine-tuning is not available to your organization): the key in TUNING_KEY may not do this; give its owner the right, or use another key"`,
  );
});

test('a quota, with the time to wait', async () => {
  const answer: Answer = {
    ...refused(429, 'Rate limit reached for fine-tuning jobs.'),
    headers: { 'retry-after': '7' },
  };
  const { kind, message, error } = await endOf(answer, create);
  expect(kind).toBe('quota');
  expect(message).toMatchInlineSnapshot(
    `"HOST asks one to wait, a quota is used up (429: Rate limit reached for fine-tuning jobs)"`,
  );
  expect((error as RemoteFailure).retryAfterMs).toBe(7000);
});

test('an account with nothing left to spend', async () => {
  const { kind, message } = await endOf(
    refused(429, 'You exceeded your current quota.', { code: 'insufficient_quota', type: 'insufficient_quota' }),
    create,
  );
  expect(kind).toBe('NoCredit');
  expect(message).toMatchInlineSnapshot(
    `"HOST says that the account has nothing left to spend (429: You exceeded your current quota): add credit, then \`anneal rerun\`"`,
  );
});

test('a file that is larger than the server takes', async () => {
  const { kind, message } = await endOf(refused(413, 'File exceeds the maximum size of 512 MB.'), create);
  expect(kind).toBe('TooLarge');
  expect(message).toMatchInlineSnapshot(
    `"HOST refuses (413: File exceeds the maximum size of 512 MB): the file is larger than the server takes; train on fewer or shorter rows (data.policies)"`,
  );
});

test('a job that somebody deleted', async () => {
  const { kind, message } = await endOf(refused(404, 'Could not find fine tune: ftjob-1'), get);
  expect(kind).toBe('gone');
  expect(message).toMatchInlineSnapshot(
    `"HOST does not know the job ftjob-1 any more (404: Could not find fine tune: ftjob-1)"`,
  );
});

test('a server without the routes', async () => {
  const { kind, message } = await endOf({ status: 404, body: { detail: 'Not Found' } }, create);
  expect(kind).toBe('NoRoutes');
  expect(message).toMatchInlineSnapshot(
    `"HOST refuses (404: Not Found): http://HOST/v1/fine_tuning/jobs is not there; check tune.openai.baseUrl (it often ends in /v1), or take a server of the OpenAI fine-tuning protocol (docs/openai-tuning.md)"`,
  );
});

test('a server that sends one elsewhere is not followed', async () => {
  const { kind, message } = await endOf(
    { status: 302, headers: { location: 'https://elsewhere.example' }, body: '' },
    create,
  );
  expect(kind).toBe('BadEndpoint');
  expect(message).toMatchInlineSnapshot(
    `"HOST refuses (302): it sends one elsewhere, which is not followed; give the final address in tune.openai.baseUrl"`,
  );
});

test('any other refusal', async () => {
  const { kind, message } = await endOf({ status: 422, body: { detail: [{ msg: 'suffix: too long' }] } }, create);
  expect(kind).toBe('RequestRefused');
  expect(message).toMatchInlineSnapshot(
    `"HOST refuses (422: [{"msg":"suffix: too long"}]): change what it names, then run again; what was done before is kept"`,
  );
});

const cut = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('{"id": "ftj');
  setTimeout(() => response.destroy(), 20);
};

test.each<[string, Answer]>([
  ['an error of the server', { status: 503, body: {} }],
  ['no answer', (response) => void response.destroy()],
  ['half an answer', cut],
  ['broken JSON', { body: '{"id": ' }],
  ['a page of HTML', { body: '<html><title>Sign in</title></html>', headers: { 'content-type': 'text/html' } }],
  ['JSON that is no job', { body: { status: 'queued' } }],
  ['nothing', { body: '' }],
  ['more than is read of a reply', { body: { id: 'x'.repeat(33 * 2 ** 20) } }],
])('%s leaves it open whether a job was created, and is only away for what changes nothing', async (_, answer) => {
  expect((await endOf(answer, create)).kind).toBe('ambiguous');
  expect((await endOf(answer, get)).kind).toBe('away');
  expect((await endOf(answer, list)).kind).toBe('away');
});

test('a create that takes too long is ambiguous', async () => {
  const { kind, message } = await endOf(
    () => undefined,
    (service) => service.create(staged, labels, AbortSignal.timeout(50)),
  );
  expect(kind).toBe('ambiguous');
  expect(message).toMatchInlineSnapshot(`"HOST gave no reply in time"`);
});

test('a call that is cancelled ends with the reason of the cancel', async () => {
  const { baseUrl } = await pretend(() => () => undefined);
  const service = createOpenAiService(settingsAt(baseUrl));
  const controller = new AbortController();
  const asked = service.get('ftjob-1', controller.signal);
  setTimeout(() => controller.abort(new Error('the run was cancelled')), 50);
  await expect(asked).rejects.toThrow('the run was cancelled');
});

test('nothing that listens, and a host that nobody knows, are away: nothing was created', async () => {
  vi.stubEnv('TUNING_KEY', SECRET);
  const { baseUrl, host, close } = await pretend(() => undefined);
  await close();
  const { kind, message } = await caught(baseUrl, host, create);
  expect(kind).toBe('away');
  expect(message).toMatchInlineSnapshot(`"nothing listens at HOST: start the server, or check tune.openai.baseUrl"`);
  const unknown = await caught('https://no-such-host.invalid/v1', 'no-such-host.invalid', create);
  expect(unknown.kind).toBe('away');
  expect(unknown.message).toMatch(
    /^HOST cannot be reached \((ENOTFOUND|EAI_AGAIN)\): check tune\.openai\.baseUrl and the network$/,
  );
});

test('a port that is kept for another protocol', async () => {
  vi.stubEnv('TUNING_KEY', SECRET);
  const { kind, message } = await caught('http://127.0.0.1:6000/v1', '127.0.0.1:6000', create);
  expect(kind).toBe('BadEndpoint');
  expect(message).toMatchInlineSnapshot(
    `"HOST has a port that is kept for another protocol: give the server another one"`,
  );
});

test('no key and nothing of the environment is sent beside the key', async () => {
  vi.stubEnv('OPENAI_ORG_ID', 'org-planted');
  vi.stubEnv('OPENAI_PROJECT_ID', 'proj-planted');
  vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'X-Gateway-Token: planted\nX-Other: planted');
  vi.stubEnv('OPENAI_API_KEY', 'sk-planted');
  vi.stubEnv('OPENAI_ADMIN_KEY', 'sk-planted');
  const { baseUrl, seen } = await pretend(() => ({ body: { id: 'ftjob-1', status: 'queued' } }));
  await createOpenAiService(settingsAt(baseUrl)).create(staged, labels, signal);
  expect(seen).toHaveLength(1);
  expect(JSON.stringify(seen)).not.toMatch(/planted/);
  expect(seen[0]?.headers['idempotency-key']).toBe(`${'a'.repeat(40)}-1`);
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
    ...staged.body,
    suffix: 'triage-an-aaaaaaaaaaaa-1',
    metadata: labels,
  });
});
