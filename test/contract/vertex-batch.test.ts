import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { GenerateOrder, Generator, TuneSettings } from '../../adapters/contracts.ts';
import { createVertexGenerator } from '../../adapters/vertex/generator.ts';
import { vertexKind } from '../../adapters/vertex/kind.ts';
import { openLedger, type Ledger } from '../../artifacts/ledger/open.ts';
import { RecipeSchema } from '../../configs/recipe.ts';
import { noGcs, startGcs, type GcsServer } from '../support/google/gcs.ts';
import { promptFile, remoteFolder } from '../support/google/remote-model.ts';
import { startVertexRest, type VertexRest } from '../support/google/vertex-rest.ts';

const folder = mkdtempSync(join(tmpdir(), 'anneal-batch-'));
const ROWS = 8;
let gcs: GcsServer;
let vertex: VertexRest;
let ledger: Ledger;

describe.skipIf(noGcs)('many prompts for a model at Vertex AI', () => {
  beforeAll(async () => {
    gcs = await startGcs(join(folder, 'buckets'), ['bucket']);
    vertex = await startVertexRest({ folder: join(folder, 'google'), gcs: gcs.url });
    ledger = await openLedger(join(folder, 'ledger.db'));
  }, 120_000);
  beforeEach(() => {
    vi.stubEnv('ANNEAL_VERTEX_URL', vertex.url);
    vi.stubEnv('STORAGE_EMULATOR_HOST', gcs.url);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vertex.plan.clear();
    Object.assign(vertex.state.options, { runningMs: 0 });
  });
  afterAll(async () => {
    await vertex.close();
    await gcs.stop();
    await ledger.destroy();
    rmSync(folder, { recursive: true });
  });

  const worker = (): Generator =>
    createVertexGenerator({ jobs: join(folder, 'jobs'), batches: { ledger, pollMs: 20, settleMs: 100 } });
  const orderOf = async (name: string, more: Partial<GenerateOrder> = {}): Promise<GenerateOrder> => {
    const model = { provider: 'vertex', model: 'gemini-2.5-flash', base: 'gemini-2.5-flash' };
    const { path: prompts } = promptFile(
      join(folder, `${name}.jsonl`),
      // Two of them alike: an answer is found by what was asked.
      Array.from({ length: ROWS }, (_, i) => `${name}: where is parcel ${i === 7 ? 6 : i}?`),
    );
    return {
      base: await remoteFolder(join(folder, 'model'), model),
      prompts,
      decoding: { ...RecipeSchema.shape.evaluate.parse({}).decoding, maxTokens: 40 },
      batchSize: 4,
      batchAbove: 3,
      store: 'gs://bucket/runs',
      google: { project: 'my-project-1', location: 'us-central1' },
      ...more,
    };
  };
  const creates = (): number => vertex.calls.filter(({ name }) => name === 'batchPredictionJobs.create').length;
  const asked = (): number => vertex.calls.filter(({ name }) => name === 'models.generateContent').length;
  const textsIn = (path: string): string[] =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { text: string }).text);

  test('are answered by one job, in their order, at half the price', async () => {
    const before = { creates: creates(), asked: asked() };
    const watch = { signal: new AbortController().signal, progress: () => undefined };
    const result = await worker().generate('whole', await orderOf('whole'), 'r1', watch);
    expect([creates() - before.creates, asked() - before.asked]).toEqual([1, 0]);
    const apart = await worker().generate('apart', await orderOf('whole', { store: undefined }), 'r1', watch);
    expect(textsIn(result.predictions)).toEqual(textsIn(apart.predictions));
    expect(result.usd).toBeCloseTo((apart.usd ?? 0) / 2, 12);
    expect(result).toMatchObject({ unanswered: 0, promptTokens: apart.promptTokens });
  });

  test('left by their worker are found again by the next one, and the job is not paid twice', async () => {
    vertex.state.options.runningMs = 400;
    vertex.plan.add({ on: 'batchPredictionJobs.create', lostAnswer: true });
    const order = await orderOf('left');
    const before = creates();
    const never = { signal: new AbortController().signal, progress: () => undefined };
    await expect(worker().generate('left', order, 'r2', never)).rejects.toMatchObject({ kind: 'ambiguous' });
    const stop = new AbortController();
    const shutdown = new Error('WORKER_SHUTDOWN');
    const left = worker().generate('left', order, 'r2', { signal: stop.signal, progress: () => undefined });
    await vi.waitFor(() => expect(vertex.calls.at(-1)?.name).toBe('batchPredictionJobs.get'));
    stop.abort(shutdown);
    await expect(left).rejects.toBe(shutdown);
    await worker().generate('left', order, 'r2', never);
    expect(creates()).toBe(before + 1);
  });

  test('are a job that is found with the others of its scope, and that stops with its run', async () => {
    vertex.state.options.runningMs = 60_000;
    const before = creates();
    const stop = new AbortController();
    const cancelled = new Error('CANCELLED');
    const work = worker().generate('cancelled', await orderOf('cancelled'), 'r3', {
      signal: stop.signal,
      progress: () => undefined,
    });
    work.catch(() => undefined);
    await vi.waitFor(() => expect(creates()).toBe(before + 1));
    await vi.waitFor(() => expect(vertex.calls.at(-1)?.name).toBe('batchPredictionJobs.get'));
    const { settings } = JSON.parse(
      (
        await ledger
          .selectFrom('remote_jobs')
          .select('settings_json')
          .where('run_id', '=', 'r3')
          .executeTakeFirstOrThrow()
      ).settings_json,
    ) as { settings: TuneSettings };
    const known = await (await vertexKind.open(settings)).find(undefined, new AbortController().signal);
    expect(known.filter(({ labels }) => labels['anneal_run'] === 'r3')).toMatchObject([{ state: 'running' }]);
    stop.abort(cancelled);
    await expect(work).rejects.toBe(cancelled);
    const rows = await ledger.selectFrom('remote_jobs').selectAll().where('run_id', '=', 'r3').execute();
    expect(rows.map(({ state }) => state)).toEqual(['cancelled']);
  });

  test('are asked one by one where a batch might cost more than is left', async () => {
    const before = { creates: creates(), asked: asked() };
    const watch = { signal: new AbortController().signal, progress: () => undefined };
    await worker().generate('dear', await orderOf('dear', { budget: { usd: 0.0002 } }), 'r4', watch);
    expect([creates() - before.creates, asked() - before.asked]).toEqual([0, ROWS]);
  });
});
