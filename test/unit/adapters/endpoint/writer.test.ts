import { expect, onTestFinished, test } from 'vitest';
import { AskFailed, RetryAfter } from '../../../../adapters/endpoint/errors.ts';
import { createLimiter } from '../../../../adapters/endpoint/limiter.ts';
import { createEndpointWriter, type EndpointSettings } from '../../../../adapters/endpoint/writer.ts';
import type { WriterReply, WriterRequest } from '../../../../adapters/contracts.ts';
import { TerminalError } from '../../../../configs/failure.ts';
import {
  startFakeEndpoint,
  type Behaviour,
  type FakeEndpoint,
  type FakeOptions,
} from '../../../support/fake-endpoint.ts';

const request: WriterRequest = {
  messages: [{ role: 'user', content: 'Where is my parcel?' }],
  seed: 1,
  temperature: 1,
  topP: 0.95,
  maxTokens: 40,
};
const schema = {
  type: 'object',
  properties: { text: { type: 'string' }, label: { enum: ['refund', 'delivery'] } },
  required: ['text', 'label'],
  additionalProperties: false,
};
const KEY = 'sk-very-secret-0123456789';
let models = 0;

async function fake(options: FakeOptions = {}): Promise<FakeEndpoint> {
  const server = await startFakeEndpoint(options);
  onTestFinished(() => server.close());
  return server;
}

/** What an ask ends with: a reply or an error. The model's name is new each time, since what a server takes is remembered. */
async function outcome(
  server: { baseUrl: string },
  settings: Partial<EndpointSettings> = {},
  changed: Partial<WriterRequest> = {},
): Promise<WriterReply | Error> {
  const limits = { concurrency: 4 };
  const writer = createEndpointWriter(
    { baseUrl: server.baseUrl, model: `m${(models += 1)}`, timeoutMs: 5000, limits, ...settings },
    createLimiter(limits),
  );
  return writer
    .ask({ ...request, ...changed }, { signal: new AbortController().signal })
    .catch((error: unknown) => error as Error);
}

const after = async (behaviour: Behaviour, settings: Partial<EndpointSettings> = {}) =>
  outcome(await fake({ script: [behaviour] }), settings);

/** The message without what changes from run to run. */
const words = (error: unknown): string => {
  expect(error).toBeInstanceOf(Error);
  return (error as Error).message.replace(/127\.0\.0\.1:\d+/g, 'HOST').replace(/\bm\d+\b/g, 'MODEL');
};

test('a reply without a count of tokens is given with an estimate', async () => {
  const reply = await after('missing-usage');
  expect(reply).toMatchObject({ finish: 'stop', tokensAreReported: false });
  expect((reply as WriterReply).promptTokens).toBeGreaterThan(3);
  expect((reply as WriterReply).completionTokens).toBeGreaterThan(3);
});

test.each<[Behaviour, string, string]>([
  ['refusal', 'refused', 'I cannot help with that.'],
  ['content-filter', 'refused', 'the server filtered the answer (content_filter)'],
  ['tool-calls', 'refused', 'the model called a tool instead of answering'],
])('%s is a reply that was paid for, without a text', async (behaviour, finish, refusal) => {
  expect(await after(behaviour)).toMatchObject({ finish, refusal, text: '', promptTokens: 20, completionTokens: 10 });
});

test('a question that the server filters is a refusal that costs nothing', async () => {
  const reply = await after('filtered');
  expect(reply).toMatchObject({
    finish: 'refused',
    refusal: 'the prompt was filtered',
    promptTokens: 0,
    completionTokens: 0,
  });
});

test('answers that are cut off or empty are told apart', async () => {
  expect(await after('truncated')).toMatchObject({ finish: 'length', text: 'Answe' });
  expect(await after('empty')).toMatchObject({ finish: 'stop', text: '' });
});

test.each<[Behaviour, string]>([
  ['close', 'http://HOST/v1/chat/completions closed the connection without a reply (ECONNRESET)'],
  ['close-in-body', 'http://HOST/v1/chat/completions closed the connection in the middle of its reply'],
  ['rubbish-stream', 'http://HOST/v1/chat/completions sent more than 8 MiB in one reply'],
  ['event-stream', 'http://HOST/v1/chat/completions answered with a stream of events instead of one JSON reply'],
  ['html', 'http://HOST/v1/chat/completions answered with an HTML page (“Sign in”) instead of JSON'],
  ['broken-json', 'http://HOST/v1/chat/completions answered with JSON that is cut short or broken'],
  [
    'other-json',
    'http://HOST/v1/chat/completions answered with JSON that is no chat completion (choices: Invalid input: expected array, received undefined)',
  ],
  ['500', 'http://HOST/v1/chat/completions failed (500: internal error)'],
])('%s is an error that may be tried again, and may have been paid', async (behaviour, message) => {
  const error = await after(behaviour);
  expect(error).toBeInstanceOf(AskFailed);
  expect(error).toMatchObject({ mayBePaid: true });
  expect(words(error)).toBe(message);
});

test.each<[Behaviour]>([['hang'], ['hang-after-headers'], ['trickle']])(
  '%s is cut off when the time for a whole reply is over',
  async (behaviour) => {
    const began = performance.now();
    const error = await after(behaviour, { timeoutMs: 300 });
    expect(performance.now() - began).toBeLessThan(3000);
    expect(error).toMatchObject({ name: 'AskFailed', mayBePaid: true });
    expect(words(error)).toBe('http://HOST/v1/chat/completions gave no whole reply within 0.3 s');
  },
);

test.each<[Behaviour, string, string]>([
  [
    '401',
    'KeyRefused',
    'http://HOST/v1/chat/completions refused access (401: Incorrect API key provided: [key]): name the environment variable that holds the key (apiKey)',
  ],
  [
    'no-credit',
    'NoCredit',
    'http://HOST/v1/chat/completions says that the account has nothing left to spend (429: You exceeded your current quota): add credit',
  ],
  [
    'redirect',
    'BadEndpoint',
    'http://HOST/v1/chat/completions sends one elsewhere (307): give the final address as the base URL',
  ],
  [
    '404',
    'NoModel',
    'http://HOST/v1/chat/completions does not know the model MODEL (404: model not found): it has fake',
  ],
])('%s cannot be mended by trying again', async (behaviour, type, message) => {
  const error = await after(behaviour);
  expect(error).toBeInstanceOf(TerminalError);
  expect(error).toMatchObject({ type });
  expect(words(error)).toBe(message);
});

test('a request that is refused says so in the words of the server, shortened and without control characters', async () => {
  const message = words(await after('400'));
  expect(message).toMatch(
    /^http:\/\/HOST\/v1\/chat\/completions refuses the request \(400: context length exceeded x+…\)$/,
  );
  expect(message.length).toBeLessThan(400);
});

test('a model that is not there is answered with those that are', async () => {
  const server = await fake({ models: ['gpt-4o-mini', 'llama'] });
  const error = await outcome(server, { model: 'gpt-4o-mimi' });
  expect(words(error)).toMatchInlineSnapshot(
    `"http://HOST/v1/chat/completions does not know the model gpt-4o-mimi (404: The model \`gpt-4o-mimi\` does not exist): do you mean gpt-4o-mini? it has gpt-4o-mini, llama"`,
  );
  const nowhere = await outcome({ baseUrl: server.baseUrl.replace('/v1', '/v2') });
  expect(words(nowhere)).toMatchInlineSnapshot(
    `"http://HOST/v2/chat/completions does not know the model MODEL (404: Not Found): check the base URL (it often ends in /v1) and the name of the model"`,
  );
});

test('a server that is not there was not paid', async () => {
  const server = await startFakeEndpoint();
  await server.close();
  const error = await outcome(server);
  expect(error).toMatchObject({ name: 'AskFailed', mayBePaid: false });
  expect(words(error)).toBe(
    'nothing listens at http://HOST/v1/chat/completions: start the server, or check the base URL',
  );
});

test.each(['not a url', 'ftp://host/v1', 'http://user:hunter2@host/v1'])('%s is refused as a base URL', (baseUrl) => {
  const make = () => createEndpointWriter({ baseUrl, model: 'm', timeoutMs: 1, limits: { concurrency: 1 } });
  expect(make).toThrow(TerminalError);
  expect(make).not.toThrow(/hunter2/);
});

test('the key comes from the environment and stands in no error, whatever the server says', async () => {
  process.env['TEST_KEY'] = ` ${KEY}\n`;
  onTestFinished(() => void delete process.env['TEST_KEY']);
  const good = await fake({ key: KEY });
  expect(await outcome(good, { apiKeyEnv: 'TEST_KEY' })).toMatchObject({ finish: 'stop' });
  expect(good.seen[0]?.url).toBe('/v1/chat/completions');
  const other = await fake({ key: 'another' });
  const error = await outcome(other, { apiKeyEnv: 'TEST_KEY' });
  expect(words(error)).toBe(
    'http://HOST/v1/chat/completions refused access (401: Incorrect API key provided: [key]): the key comes from the environment variable TEST_KEY of the worker; put a valid one there',
  );
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(KEY);
  expect(words(await outcome(good, { apiKeyEnv: 'TEST_KEY_2' }))).toBe(
    'the environment variable TEST_KEY_2, which holds the key for http://HOST/v1/chat/completions, is not set where the worker runs: set it, then start the worker again',
  );
});

test('"too many requests" pauses the whole endpoint for as long as it says', async () => {
  const server = await fake({ script: ['429-soon'] });
  const limits = { concurrency: 1 };
  const writer = createEndpointWriter(
    { baseUrl: server.baseUrl, model: 'busy', timeoutMs: 5000, limits },
    createLimiter(limits),
  );
  const watch = { signal: new AbortController().signal };
  const [first, second] = await Promise.allSettled([
    writer.ask(request, watch),
    writer.ask({ ...request, seed: 2 }, watch),
  ]);
  expect(first).toMatchObject({ status: 'rejected', reason: { name: 'RetryAfter', ms: 120 } });
  expect(second.status).toBe('fulfilled');
  const [one, two] = server.seen;
  expect((two?.at ?? 0) - (one?.at ?? 0)).toBeGreaterThanOrEqual(115);
  expect(await outcome(await fake({ script: ['429'] }))).toMatchObject({ ms: 1000 });
  expect(await outcome(await fake({ script: ['503'] }))).toBeInstanceOf(RetryAfter);
  expect(await outcome(await fake({ script: ['error-in-200'] }))).toMatchObject({ name: 'RetryAfter', ms: 60 });
});

test('a schema is sent to a server that takes it', async () => {
  const server = await fake();
  const reply = (await outcome(server, {}, { schema })) as WriterReply;
  expect(reply).toMatchObject({ structure: 'json_schema', finish: 'stop' });
  expect(JSON.parse(reply.text)).toMatchObject({
    text: expect.any(String),
    label: expect.stringMatching(/refund|delivery/),
  });
  expect(server.seen[0]?.body.response_format).toEqual({
    type: 'json_schema',
    json_schema: { name: 'answer', schema, strict: true },
  });
  const open = { type: 'object', properties: { text: { type: 'string' } } };
  await outcome(server, {}, { schema: open });
  expect(server.seen[1]?.body.response_format?.json_schema).toEqual({ name: 'answer', schema: open });
});

test.each([
  [['json_schema'], 'json_object', 2],
  [['response_format'], 'words', 3],
])(
  'where %j is refused, the schema goes in words, once and for all, and the reply says so',
  async (refuses, structure, requests) => {
    const server = await fake({ refuses });
    const model = `m${(models += 1)}`;
    const reply = (await outcome(server, { model }, { schema })) as WriterReply;
    expect(reply.structure).toBe(structure);
    expect(JSON.parse(reply.text)).toHaveProperty('label');
    expect(server.seen).toHaveLength(requests);
    expect(await outcome(server, { model }, { schema, seed: 2 })).toMatchObject({ structure });
    expect(server.seen).toHaveLength(requests + 1);
    expect(server.seen.at(-1)?.body.messages[0]?.content).toContain(JSON.stringify(schema));
  },
);

test('parameters that are refused are left out, and the reply says so', async () => {
  const server = await fake({ refuses: ['max_tokens', 'seed', 'temperature'] });
  const reply = await outcome(server);
  expect(reply).toMatchObject({ finish: 'stop', omitted: ['seed', 'temperature'] });
  expect(server.seen.at(-1)?.body).toMatchObject({ max_completion_tokens: 40, top_p: 0.95, stream: false });
});

test('a request leaves once however often the server is asked in other words', async () => {
  const server = await fake({ refuses: ['response_format'] });
  const limits = { concurrency: 1 };
  let times = 0;
  const sending = async (): Promise<void> => {
    times += 1;
  };
  await createEndpointWriter({ baseUrl: server.baseUrl, model: 'once', timeoutMs: 5000, limits }).ask(
    { ...request, schema },
    { signal: new AbortController().signal, sending },
  );
  expect({ times, seen: server.seen.length }).toEqual({ times: 1, seen: 3 });
});

test('no more requests are under way than allowed, over all writers for an address', async () => {
  const server = await fake({ latencyMs: 20 });
  const settings = { baseUrl: server.baseUrl, model: 'm', timeoutMs: 5000, limits: { concurrency: 3 } };
  const one = createEndpointWriter(settings);
  const other = createEndpointWriter({ ...settings, model: 'n' });
  const watch = { signal: new AbortController().signal };
  await Promise.all(
    Array.from({ length: 12 }, (_, seed) => (seed % 2 === 0 ? one : other).ask({ ...request, seed }, watch)),
  );
  expect({ seen: server.seen.length, peak: server.peak() }).toEqual({ seen: 12, peak: 3 });
});
