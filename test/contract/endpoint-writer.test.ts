import { afterAll } from 'vitest';
import { createEndpointWriter } from '../../adapters/endpoint/writer.ts';
import type { WriterRequest } from '../../adapters/contracts.ts';
import { startFakeEndpoint, type FakeEndpoint } from '../support/fake-endpoint.ts';
import { writerContract } from './writer.ts';

let server: FakeEndpoint | undefined;
afterAll(() => server?.close());

writerContract('endpoint', async () => {
  const fake = await startFakeEndpoint({ models: ['fake'] });
  server = fake;
  const settings = { baseUrl: fake.baseUrl, timeoutMs: 5000, limits: { concurrency: 3 } };
  const request: WriterRequest = {
    messages: [{ role: 'user', content: 'Where is my parcel?' }],
    seed: 1,
    temperature: 1,
    topP: 0.95,
    maxTokens: 40,
  };
  return {
    writer: createEndpointWriter({ ...settings, model: 'fake' }),
    another: createEndpointWriter({ ...settings, model: 'fake' }),
    asked: () => fake.seen.length,
    request,
    hopeless: { writer: createEndpointWriter({ ...settings, model: 'flake' }), request, type: 'NoModel' },
  };
});
