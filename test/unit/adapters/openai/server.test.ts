import { afterEach, expect, test, vi } from 'vitest';
import { openAiKind } from '../../../../adapters/openai/kind.ts';
import { keyOf, serverOf } from '../../../../adapters/openai/server.ts';
import { failureOf } from '../../support/failures.ts';
import { settingsAt } from './support.ts';

afterEach(() => vi.unstubAllEnvs());

const refusal = async (baseUrl: string, openai: object = {}): Promise<string> =>
  (await failureOf(() => keyOf(serverOf(settingsAt(baseUrl, openai))))).message;

test('OpenAI is asked where nothing else is said', () => {
  expect(serverOf({})).toMatchObject({ baseUrl: 'https://api.openai.com/v1', isOpenAi: true, isHere: false });
  expect(serverOf(settingsAt('https://eu.api.openai.com/v1'))).toMatchObject({ isOpenAi: true });
  expect(serverOf(settingsAt('https://api.openai.com.example/v1'))).toMatchObject({ isOpenAi: false });
});

test('a slash at the end changes nothing', () => {
  expect(serverOf(settingsAt('http://localhost:8321/v1/')).baseUrl).toBe('http://localhost:8321/v1');
});

test('plain http goes to this machine, and elsewhere only to hosts that a person has named', async () => {
  expect(await refusal('http://gpu-1:8000/v1')).toMatchInlineSnapshot(
    `"tune.openai.baseUrl is plain http to gpu-1:8000, where anybody on the way reads key and rows: use https, or set ANNEAL_HTTP_HOSTS=gpu-1:8000 where the worker runs if the network between is yours"`,
  );
  vi.stubEnv('ANNEAL_HTTP_HOSTS', 'gpu-2:8000, gpu-1:8000');
  expect(serverOf(settingsAt('http://gpu-1:8000/v1')).host).toBe('gpu-1:8000');
  expect(() => serverOf(settingsAt('http://gpu-1:8001/v1'))).toThrow(/plain http/);
});

test('an address with something behind its path is refused, since it would not be sent', async () => {
  expect(await refusal('https://x.example/v1?api-version=2025')).toMatchInlineSnapshot(
    `"tune.openai.baseUrl has something behind its path /v1, which is not sent: take it out"`,
  );
});

test('a missing key is named by its variable', async () => {
  vi.stubEnv('TUNING_KEY', '');
  const error = await failureOf(() => keyOf(serverOf(settingsAt('https://x.example/v1', { apiKeyEnv: 'TUNING_KEY' }))));
  expect(error.type).toBe('NoApiKey');
  expect(error.message).toMatchInlineSnapshot(
    `"the environment variable TUNING_KEY, which holds the key for x.example, is not set where the worker runs: set it, then start the worker again"`,
  );
});

test('the key of OpenAI goes to no other company', async () => {
  vi.stubEnv('OPENAI_API_KEY', 'sk-planted-secret');
  expect(keyOf(serverOf({}))).toBe('sk-planted-secret');
  const message = await refusal('https://x.example/v1');
  expect(message).toMatchInlineSnapshot(
    `"the key in OPENAI_API_KEY is OpenAI's and is not sent to x.example: put the key of that server into another environment variable, and name it in tune.openai.apiKeyEnv"`,
  );
});

test('a key with a line break is refused without being shown', async () => {
  vi.stubEnv('TUNING_KEY', 'planted\nsecret');
  const message = await refusal('https://x.example/v1', { apiKeyEnv: 'TUNING_KEY' });
  expect(message).toMatch(/has spaces or other characters that no key has/);
  expect(message).not.toMatch(/planted|secret/);
});

test('a server on this machine is sent a key only if a variable of its own is named', () => {
  vi.stubEnv('OPENAI_API_KEY', 'sk-planted-secret');
  vi.stubEnv('LOCAL_KEY', 'local');
  expect(keyOf(serverOf(settingsAt('http://127.0.0.1:8321/v1')))).toBe('none');
  expect(keyOf(serverOf(settingsAt('http://127.0.0.1:8321/v1', { apiKeyEnv: 'LOCAL_KEY' })))).toBe('local');
});

test('what the result depends on leaves out names, keys, prices and paces', () => {
  const one = openAiKind.keyed(
    settingsAt(undefined, { suffix: 'a', apiKeyEnv: 'A', callsPerMinute: 5, epochs: 'auto' }),
  );
  const other = openAiKind.keyed(settingsAt(undefined, { suffix: 'b' }, { price: { training: 3 } }));
  expect(one).toEqual(other);
  expect(openAiKind.keyed(settingsAt(undefined, { epochs: 2 }))).not.toEqual(other);
  expect(openAiKind.keyed(settingsAt(undefined, {}, { objective: 'preference' }))).not.toEqual(other);
});

test('a base model is named with the place it is asked at, and with a variable only where a key is sent', () => {
  expect(openAiKind.baseOf('gpt-4.1-mini', settingsAt(undefined))).toEqual({
    provider: 'openai',
    model: 'gpt-4.1-mini',
    base: 'gpt-4.1-mini',
    baseUrl: 'https://api.openai.com/v1',
    apiKeyEnv: 'OPENAI_API_KEY',
  });
  expect(openAiKind.baseOf('m', settingsAt('http://localhost:1/v1'))).not.toHaveProperty('apiKeyEnv');
});

test('a server on this machine sends no bill unless the recipe says what it costs', async () => {
  const here = await openAiKind.open(settingsAt('http://localhost:1/v1'));
  expect(here.price?.('m')).toBeUndefined();
  const billed = await openAiKind.open(settingsAt('http://localhost:1/v1', {}, { price: { training: 3 } }));
  expect(billed.price?.('m')).toBe(3);
  const there = await openAiKind.open(settingsAt(undefined));
  expect(there.price?.('gpt-4.1-mini')).toBe(5);
  expect(() => there.price?.('unknown-model')).toThrow(/no price is known for unknown-model: give tune.price/);
  expect(there).toMatchObject({
    scope: 'openai:api.openai.com',
    limits: { submitsPerMinute: 60, callsPerMinute: 600 },
  });
});
