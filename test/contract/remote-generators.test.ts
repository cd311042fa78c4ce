import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, vi } from 'vitest';
import { createOpenAiGenerator } from '../../adapters/openai/generator.ts';
import { createVertexGenerator } from '../../adapters/vertex/generator.ts';
import { RecipeSchema } from '../../configs/recipe.ts';
import { startFakeEndpoint, type FakeEndpoint } from '../support/fake-endpoint.ts';
import { promptFile, remoteFolder } from '../support/google/remote-model.ts';
import { startVertexRest, type VertexRest } from '../support/google/vertex-rest.ts';
import { generatorContract } from './generator.ts';

const folder = mkdtempSync(join(tmpdir(), 'anneal-answers-'));
const at = { jobs: join(folder, 'jobs'), patience: { attempts: 3, pauseMs: 10, busyMs: 2000 } };
const decoding = { ...RecipeSchema.shape.evaluate.parse({}).decoding, maxTokens: 40 };
const questions = Array.from({ length: 24 }, (_, i) => `Where is parcel number ${i}, and who has it now?`);
const google = { project: 'my-project-1', location: 'us-central1' };
let vertex: VertexRest | undefined;
let endpoint: FakeEndpoint | undefined;

beforeEach(() => void vi.stubEnv('ANNEAL_VERTEX_URL', vertex?.url));
afterEach(() => void vi.unstubAllEnvs());
afterAll(async () => {
  await vertex?.close();
  await endpoint?.close();
  rmSync(folder, { recursive: true });
});

generatorContract('vertex', async () => {
  vertex = await startVertexRest({ folder: join(folder, 'google'), faults: [{ latencyMs: 20, times: 0 }] });
  vi.stubEnv('ANNEAL_VERTEX_URL', vertex.url);
  const name = 'gemini-2.5-flash-lite';
  const base = await remoteFolder(join(folder, 'gemini'), { provider: 'vertex', model: name, base: name });
  const gone = await remoteFolder(join(folder, 'gone'), {
    provider: 'vertex',
    model: 'projects/my-project-1/locations/us-central1/endpoints/123',
    base: name,
  });
  const { path: prompts, ids } = promptFile(join(folder, 'vertex.jsonl'), questions);
  const order = { base, prompts, decoding, batchSize: 4, google };
  return {
    generator: createVertexGenerator(at),
    another: createVertexGenerator(at),
    order,
    ids,
    hopeless: { order: { ...order, base: gone }, type: 'NoEndpoint' },
    sendsBills: true,
  };
});

generatorContract('openai', async () => {
  endpoint = await startFakeEndpoint({ models: ['tuned'], latencyMs: 20 });
  const remote = { provider: 'openai', model: 'tuned', base: 'gpt-4.1-nano', baseUrl: endpoint.baseUrl };
  const base = await remoteFolder(join(folder, 'tuned'), remote);
  const gone = await remoteFolder(join(folder, 'unknown'), { ...remote, model: 'tunde' });
  const { path: prompts, ids } = promptFile(join(folder, 'openai.jsonl'), questions);
  const order = { base, prompts, decoding, batchSize: 4, price: { inputPerMillion: 0.2, outputPerMillion: 0.8 } };
  const jobs = { ...at, jobs: join(folder, 'openai-jobs') };
  return {
    generator: createOpenAiGenerator(jobs),
    another: createOpenAiGenerator(jobs),
    order,
    ids,
    hopeless: { order: { ...order, base: gone }, type: 'NoModel' },
    sendsBills: true,
  };
});
