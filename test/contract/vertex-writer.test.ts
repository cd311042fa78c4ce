import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { WriterRequest } from '../../adapters/contracts.ts';
import { AskFailed, RetryAfter } from '../../adapters/endpoint/errors.ts';
import { createVertexWriter } from '../../adapters/vertex/writer.ts';
import { startVertexRest, type VertexRest } from '../support/google/vertex-rest.ts';
import { writerContract } from './writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'anneal-vertex-writer-'));
const settings = { project: 'my-project-1', location: 'us-central1', timeoutMs: 5000, limits: { concurrency: 3 } };
const request: WriterRequest = {
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Where is my parcel?' },
  ],
  seed: 1,
  temperature: 1,
  topP: 0.95,
  maxTokens: 40,
};
let server: VertexRest | undefined;
beforeEach(() => void vi.stubEnv('ANNEAL_VERTEX_URL', server?.url));
afterEach(() => void vi.unstubAllEnvs());
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true });
});

writerContract('vertex', async () => {
  const vertex = await startVertexRest({ folder });
  server = vertex;
  vi.stubEnv('ANNEAL_VERTEX_URL', vertex.url);
  return {
    writer: createVertexWriter({ ...settings, model: 'gemini-2.5-flash' }),
    another: createVertexWriter({ ...settings, model: 'gemini-2.5-flash' }),
    asked: () => vertex.calls.length,
    request,
    hopeless: { writer: createVertexWriter({ ...settings, model: 'no-such-model' }), request, type: 'NoModel' },
  };
});

test('a writer at Vertex AI says whether a failed request may have been paid', async () => {
  const writer = createVertexWriter({ ...settings, model: 'gemini-2.5-pro' });
  const ask = () => writer.ask(request, { signal: new AbortController().signal });
  server?.plan.add({ on: 'models.generateContent', error: 'RESOURCE_EXHAUSTED', retryAfter: 0.1 });
  await expect(ask()).rejects.toThrow(RetryAfter);
  server?.plan.add({ on: 'models.generateContent', lostAnswer: true });
  const lost: unknown = await ask().catch((error: unknown) => error);
  expect(lost).toBeInstanceOf(AskFailed);
  expect(lost).toMatchObject({ mayBePaid: true });
});

test('what a reply may take for thoughts is told before it is asked for', async () => {
  const told = vi.fn<(thinks?: number) => Promise<void>>(async () => undefined);
  for (const model of ['gemini-2.5-pro', 'gemini-2.5-flash']) {
    const writer = createVertexWriter({ ...settings, model });
    await writer.ask(request, { signal: new AbortController().signal, sending: told });
  }
  expect(told.mock.calls).toEqual([[128], [0]]);
});

test('one ask that is not taken is told apart from a model that is gone', async () => {
  const ask = (model: string, asked = request) =>
    createVertexWriter({ ...settings, model }).ask(asked, { signal: new AbortController().signal });
  server?.plan.add({ on: 'models.generateContent', error: 'INVALID_ARGUMENT', message: 'The input is too long.' });
  await expect(ask('gemini-2.5-flash')).rejects.toMatchObject({ type: 'AskRefused' });
  const tool = { ...request, messages: [{ role: 'tool' as const, content: '42' }] };
  await expect(ask('gemini-2.5-flash', tool)).rejects.toMatchObject({ type: 'AskRefused' });
  await expect(ask('projects/my-project-1/locations/us-central1/endpoints/77')).rejects.toMatchObject({
    type: 'NoEndpoint',
    message: expect.stringMatching(/endpoints\/77.*deploy the model again, or tune it anew/),
  });
});
