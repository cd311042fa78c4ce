import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { RemoteModel } from '../../configs/remote-model.ts';
import { RecipeSchema, type Recipe } from '../../configs/recipe.ts';
import { findArtifact } from '../../artifacts/ledger/artifacts.ts';
import { createVertexGenerator } from '../../adapters/vertex/generator.ts';
import { writeRemoteModel } from '../../adapters/remote/model-file.ts';
import { calmWorld, fakeOutside, fakeRecipe } from '../support/fakes.ts';
import { startVertexRest, type VertexRest } from '../support/google/vertex-rest.ts';
import { makeBench } from '../support/workflow.ts';

const folder = mkdtempSync(join(tmpdir(), 'anneal-remote-run-'));
const named = (model: string): RemoteModel => ({ provider: 'vertex', model, base: model });
const { tuner } = fakeOutside(calmWorld(), folder);
let vertex: VertexRest;

// A tuner whose models lie at Vertex AI; how it trains is no matter here.
const bench = makeBench({
  tuners: {
    vertex: {
      ...tuner,
      baseOf: named,
      collect: async (key) => {
        const made = await tuner.collect(key);
        await writeRemoteModel(made.folder, named('gemini-2.5-flash'));
        const { chatTemplateSha256: _template, tokenizerSha256: _tokenizer, ...rest } = made;
        return { ...rest, kind: 'remote' };
      },
    },
  },
  generators: { vertex: createVertexGenerator({ jobs: join(folder, 'jobs') }) },
});

beforeAll(async () => {
  vertex = await startVertexRest({ folder: join(folder, 'google') });
  vi.stubEnv('ANNEAL_VERTEX_URL', vertex.url);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await vertex.close();
  rmSync(folder, { recursive: true });
});

async function recipeOf(name: string, evaluate: object = {}): Promise<Recipe> {
  const { data } = await fakeRecipe(bench.folder, name);
  return RecipeSchema.parse({
    name,
    store: 'gs://bucket/prefix',
    google: { project: 'my-project-1' },
    data,
    model: { base: '/no/such/folder', for: { vertex: 'gemini-2.5-flash-lite' } },
    tune: { provider: 'vertex' },
    evaluate: { metrics: ['exactMatch'], ...evaluate },
  });
}

test('a run whose models lie at a vendor goes from ingest to the gate, pays for its answers, and keeps no trainer busy', async () => {
  const { output, run } = await bench.run(await recipeOf('remote'));
  expect(output.model).toBe('remote@v1');
  const step = (name: string) => run.steps.find((one) => one.name === name);
  const meta = async (digest = ''): Promise<unknown> =>
    JSON.parse((await findArtifact(bench.ledger, digest))?.meta_json ?? '{}');
  const base = step('ingest')?.outputs['base'];
  expect(await meta(base)).toEqual({ kind: 'remote', provider: 'vertex', from: 'gemini-2.5-flash-lite' });
  expect(await meta(step('tune')?.outputs['model'])).toMatchObject({ kind: 'remote', base });
  expect(step('evaluate')?.cost?.['usd']).toBeGreaterThan(0);
  const asked = vertex.calls.filter(({ name }) => name === 'models.generateContent');
  expect(asked).toHaveLength(120);
  expect(asked[0]?.path).toContain('projects/my-project-1/locations/us-central1/publishers/google/models/');
  const { events = [] } = await bench.env.client.workflow.getHandle(run.runId).fetchHistory();
  const queues = events?.flatMap(({ activityTaskScheduledEventAttributes: task }) =>
    task?.activityType?.name === 'evaluate' ? [task.taskQueue?.name] : [],
  );
  expect(queues).toEqual(['anneal-control']);
});

test('a run waits before its answers could cost more than its limit, and goes on where it was when that is raised', async () => {
  const before = vertex.calls.length;
  const { id, handle } = await bench.start(await recipeOf('limited', { limits: { usd: 0.0004 } }));
  await vi.waitFor(async () => expect((await bench.document(id)).waiting).toMatch(/^the budget is reached: /), 20_000);
  const asked = vertex.calls.length - before;
  expect(asked).toBeGreaterThan(0);
  await handle.executeUpdate('raiseBudget', { args: [{ usd: 1 }] });
  await handle.result();
  expect(vertex.calls.length - before).toBe(120);
  const run = await bench.document(id);
  expect(run.waiting).toBeUndefined();
  expect(run.steps.find(({ name }) => name === 'evaluate')).toMatchObject({ status: 'completed' });
});
