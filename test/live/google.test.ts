import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { TuneSettings } from '../../adapters/contracts.ts';
import { placeOf } from '../../adapters/google/auth.ts';
import { checkup } from '../../adapters/google/checkup/checkup.ts';
import { googleFetch, vertexBase } from '../../adapters/google/rest.ts';
import { createGcsStore } from '../../adapters/google/storage/gcs-store.ts';
import { writeRemoteModel } from '../../adapters/remote/model-file.ts';
import { vertexKind } from '../../adapters/vertex/kind.ts';
import { RecipeSchema } from '../../configs/recipe.ts';
import { writeRows } from '../contract/support/trainer.ts';

/**
 * Real requests with the credentials of this machine, for whoever has an account. docs/google-cloud.md says how to
 * run them and what they cost.
 */
const bucket = env['ANNEAL_LIVE_BUCKET'];
const reason =
  env['ANNEAL_LIVE'] !== '1'
    ? 'ANNEAL_LIVE=1 is not set: these send real requests, and a small job'
    : bucket
      ? undefined
      : 'ANNEAL_LIVE_BUCKET names no bucket to write to';

const MODEL = 'gemini-2.5-flash-lite';
/** A cancelled job says so within some minutes. */
const CANCEL_MS = 15 * 60_000;

const mark = randomBytes(6).toString('hex');
const prefix = `gs://${bucket}/anneal-live-${mark}`;
const folder = mkdtempSync(join(tmpdir(), 'live-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const signal = AbortSignal.timeout(CANCEL_MS);

describe.skipIf(reason !== undefined)(`Google Cloud itself${reason ? ` (${reason})` : ''}`, () => {
  test('doctor --cloud finds identity, project and location', async () => {
    const { identity, place, checks } = await checkup({});
    expect(identity?.kind, JSON.stringify(checks)).toBeDefined();
    expect(place?.project).toBeDefined();
    expect(checks.find(({ name }) => name === 'Vertex AI')).toMatchObject({ ok: true });
  });

  test('bytes go into the bucket once, come back with their digest, and are taken away', async () => {
    const data = Buffer.from(`anneal ${mark}`);
    const store = createGcsStore({ uri: prefix, cache: join(folder, 'cache-1') });
    const { digest } = await store.putBytes(data);
    expect((await store.putBytes(data)).digest).toBe(digest);
    const other = createGcsStore({ uri: prefix, cache: join(folder, 'cache-2') });
    expect(await other.read(digest)).toEqual(data);
    expect(await other.remove(digest)).toBe(data.length);
    expect(await other.condition(digest)).toBe('missing');
  });

  test('a model answers', async () => {
    const { project, location } = await placeOf({});
    const url = `${vertexBase(location)}/v1/projects/${project}/locations/${location}/publishers/google/models/${MODEL}:generateContent`;
    const body = {
      contents: [{ role: 'user', parts: [{ text: 'Say yes.' }] }],
      generationConfig: { maxOutputTokens: 16, thinkingConfig: { thinkingBudget: 0 } },
    };
    const reply = z.object({ candidates: z.array(z.unknown()).min(1) });
    expect((await googleFetch({ url, body, isRead: true, signal, reply })).candidates).toHaveLength(1);
  });

  test(
    'a small tuning job is created, found by its label, and cancelled',
    async () => {
      const settings: TuneSettings = {
        ...RecipeSchema.shape.tune.parse({ provider: 'vertex', vertex: { epochs: 1, adapterSize: 1 } }),
        store: prefix,
      };
      const base = join(folder, 'base');
      await writeRemoteModel(base, vertexKind.baseOf(MODEL, settings));
      const order = { base, train: writeRows(join(folder, 'train.jsonl'), 100, true), settings, line: 'anneal-live' };
      const service = await vertexKind.open(settings);
      await service.check(order);
      const key = randomBytes(20).toString('hex');
      const labels = { anneal_key: key, anneal_try: '1', anneal_run: `live-${mark}`, anneal_line: 'anneal-live' };
      const { name } = await service.create(await service.stage(order, key, signal), labels, signal);
      try {
        expect((await service.find(key, signal)).map((job) => job.name)).toHaveLength(1);
      } finally {
        await service.cancel(name, signal);
      }
      const ended = ['cancelled', 'failed', 'succeeded'];
      let { state } = await service.get(name, signal);
      for (const until = Date.now() + CANCEL_MS; !ended.includes(state) && Date.now() < until; await sleep(5000))
        ({ state } = await service.get(name, signal));
      expect(ended).toContain(state);
    },
    CANCEL_MS + 60_000,
  );
});
