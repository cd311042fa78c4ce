import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TuneOrder, TuningService } from '../../adapters/contracts.ts';
import { writeRemoteModel } from '../../adapters/remote/model-file.ts';
import { vertexKind } from '../../adapters/vertex/kind.ts';
import { RecipeSchema } from '../../configs/recipe.ts';
import { messageOf } from '../../configs/failure.ts';
import { identify } from '../../data/row.ts';
import { noGcs } from '../support/google/gcs.ts';
import { sharedFolder } from './support/trainer.ts';
import { vertexHere } from './support/vertex-here.ts';

const folder = sharedFolder();
const never = new AbortController().signal;
const labels = { anneal_key: 'k', anneal_try: '1' };
const vertex = vertexHere(folder, {}, ['anneal-test', 'elsewhere']);

/** Rows as preparation leaves them, the answer of one of them as long as wanted. */
function rows(name: string, count: number, long?: { row: number; text: string }): string {
  const path = join(folder, `${name}.jsonl`);
  const lines = Array.from({ length: count }, (_, i) => {
    const answer = long?.row === i + 1 ? long.text : `answer ${i}`;
    const messages = [
      { role: 'user' as const, content: `question ${i}` },
      { role: 'assistant' as const, content: answer },
    ];
    return `${JSON.stringify(identify({ messages }, 0, i + 1))}\n`;
  });
  writeFileSync(path, lines.join(''));
  return path;
}

async function order(of: {
  base?: string;
  train?: string;
  vertex?: Record<string, unknown>;
  tune?: Record<string, unknown>;
  bucket?: string;
  google?: Record<string, string>;
}): Promise<{ order: TuneOrder; service: TuningService }> {
  const { base = 'gemini-2.5-flash-lite', train = rows('few', 20), vertex = {}, tune = {}, google } = of;
  const settings = {
    ...RecipeSchema.shape.tune.parse({ provider: 'vertex', vertex, ...tune }),
    store: `gs://${of.bucket ?? 'anneal-test'}/artifacts`,
    ...(google ? { google } : {}),
  };
  const place = join(folder, `base-${base}`);
  await writeRemoteModel(place, vertexKind.baseOf(base, settings));
  return { order: { base: place, train, settings }, service: await vertexKind.open(settings) };
}

/** What becomes of an order: the first refusal, by our check, by staging or by the service. */
async function refusal(of: Parameters<typeof order>[0]): Promise<{ by: string; message: string; type: string }> {
  const made = await order(of);
  const steps = [
    ['check', () => made.service.check(made.order)],
    ['stage', () => made.service.stage(made.order, 'label', never)],
    ['create', async () => made.service.create(await made.service.stage(made.order, 'label', never), labels, never)],
  ] as const;
  for (const [by, step] of steps) {
    try {
      await step();
    } catch (error) {
      return { by, type: (error as { type?: string }).type ?? 'retried', message: messageOf(error) };
    }
  }
  return { by: 'nobody', type: '', message: '' };
}

describe('what Vertex AI would not take', () => {
  beforeEach((context) => context.skip(noGcs !== undefined, noGcs));
  beforeEach(() => {
    for (const name of ['bucketRegions', 'denied', 'disabledServices', 'retired'] as const)
      delete vertex.server?.state.options[name];
  });

  describe('is refused before anybody is asked', () => {
    test('an adapter of a size that the model does not have', async () => {
      expect(await refusal({ vertex: { adapterSize: 32 } })).toMatchObject({
        by: 'check',
        message: expect.stringMatching(
          /^tune\.vertex\.adapterSize: gemini-2\.5-flash-lite takes 1, 2, 4, 8, 16, found 32/,
        ),
      });
    });

    test('a model that cannot be tuned that way, or has no price', async () => {
      expect(await refusal({ base: 'gemini-2.5-pro', tune: { objective: 'preference' } })).toMatchObject({
        by: 'check',
        message: expect.stringContaining('cannot be tuned by preference'),
      });
      expect(await refusal({ base: 'gemini-9-ultra' })).toMatchObject({ by: 'check', type: 'UnknownPrice' });
    });

    test('a row that is certainly too long, by its number', async () => {
      const train = rows('long', 20, { row: 12, text: 'word '.repeat(200_000) });
      expect(await refusal({ train })).toMatchObject({
        by: 'check',
        message: expect.stringMatching(
          /^training row 12 \(source 1, line 12\) has at least [\d,]+ tokens, and gemini-2\.5-flash-lite takes 131,072/,
        ),
      });
    });

    test('a row that may be too long, by the count of the service', async () => {
      const train = rows('perhaps', 20, { row: 12, text: 'word '.repeat(101_000) });
      expect(await refusal({ train })).toMatchObject({
        by: 'check',
        message: expect.stringMatching(
          /^training row 12 \(source 1, line 12\) has 13\d,\d{3} tokens, and gemini-2\.5-flash-lite takes 131,072/,
        ),
      });
    });

    test('a pair whose longer answer may be too long', async () => {
      const says = (content: string) => [{ role: 'assistant' as const, content }];
      const pair = { messages: [{ role: 'user' as const, content: 'question' }], rejected: says('no') };
      const train = join(folder, 'pair.jsonl');
      writeFileSync(train, `${JSON.stringify(identify({ ...pair, chosen: says('word '.repeat(101_000)) }, 0, 1))}\n`);
      expect(await refusal({ train, tune: { objective: 'preference' } })).toMatchObject({
        by: 'check',
        message: expect.stringMatching(/^training row 1 \(source 1, line 1\) has 13\d,\d{3} tokens, and gemini/),
      });
    });

    test('5,001 validation rows and more', async () => {
      const train = rows('many', 20_500);
      expect(await refusal({ train, vertex: { validation: 0.25 } })).toMatchObject({
        by: 'check',
        message: expect.stringMatching(/takes at most 5,000 validation rows, found 5,\d{3}/),
      });
    });

    test('a bucket in another region than the job', async () => {
      expect(await refusal({ google: { location: 'europe-west4' } })).toMatchObject({
        by: 'check',
        message:
          "the bucket anneal-test lies in US-CENTRAL1, and the job would run in europe-west4: set google.location to the bucket's region, or take a bucket in europe-west4",
      });
    });

    test('pairs where answers were asked for, and answers where pairs were', async () => {
      expect(await refusal({ tune: { objective: 'preference' } })).toMatchObject({
        by: 'check',
        message: expect.stringContaining('training row 1 (source 1, line 1) is no pair of answers'),
      });
    });
  });

  describe('is one sentence with what to do', () => {
    test.for<[string, Parameters<typeof refusal>[0], () => void, RegExp]>([
      [
        'a bucket that is not there',
        { bucket: 'nowhere-at-all' },
        () => undefined,
        /nowhere-at-all.*(create|gcloud|check)/is,
      ],
      [
        'a bucket in another region',
        { bucket: 'elsewhere' },
        () => (vertex.server.state.options.bucketRegions = { elsewhere: 'europe-west4' }),
        /europe-west4/,
      ],
      [
        'a permission that is missing',
        {},
        () => (vertex.server.state.options.denied = ['aiplatform.tuningJobs.create']),
        /aiplatform\.tuningJobs\.create.*(role|grant|give)/is,
      ],
      [
        'an API that is not enabled',
        {},
        () => (vertex.server.state.options.disabledServices = ['aiplatform.googleapis.com']),
        /gcloud services enable aiplatform\.googleapis\.com/,
      ],
      [
        'a model that was retired',
        { base: 'gemini-2.5-flash' },
        () => (vertex.server.state.options.retired = ['gemini-2.5-flash']),
        /retired/,
      ],
    ])('%s', async ([, of, arrange, message]) => {
      arrange();
      const found = await refusal(of);
      expect(found.message).toMatch(message);
      expect(found.type).not.toBe('retried');
      expect(found.message.length).toBeLessThan(900);
      expect(found.message).not.toMatch(/\n|Error:|\{"/);
    });

    test('an earlier model to go on from that was deleted, or whose base was retired', async () => {
      const { order: first, service } = await order({ base: 'gemini-2.0-flash-001', tune: { price: { training: 3 } } });
      const job = await service.create(await service.stage(first, 'label', never), labels, never);
      const done = join(folder, 'earlier');
      mkdirSync(done, { recursive: true });
      const { raw } = await service.get(job.name, never);
      await service.collect({ ...job, raw }, { request: null, folder: done, kept: done }, never);
      vertex.server.state.options.retired = ['gemini-2.0-flash-001'];
      const request = await service.stage({ ...first, start: done }, 'label', never);
      const refused = (message: RegExp) =>
        expect(service.create(request, labels, never)).rejects.toMatchObject({
          type: 'NoStart',
          message: expect.stringMatching(message),
        });
      await refused(/models\/\d+@1, from which .* been retired.*: name a model that can be tuned now under model\.for/);
      vertex.server.state.options.retired = [];
      const { preTunedModel } = request as { preTunedModel: { tunedModelName: string } };
      vertex.server.state.journal.remove('models', preTunedModel.tunedModelName);
      await refused(/does not exist.*: train from the base model, once with `anneal trigger RECIPE --reanchor`/);
    });

    test('a file over 1 GB', async () => {
      const { order: made, service } = await order({});
      const request = (await service.stage(made, 'label', never)) as {
        supervisedTuningSpec: { trainingDatasetUri: string };
      };
      const object = request.supervisedTuningSpec.trainingDatasetUri.replace('gs://', '');
      truncateSync(join(folder, 'gcs', object), 2 ** 30 + 1);
      await expect(service.create(request, labels, never)).rejects.toThrow(/1073741825 bytes/);
    });

    test('labels with capitals, which we never send', async () => {
      const { order: made, service } = await order({ train: rows('labels', 15) });
      const request = await service.stage(made, 'label', never);
      await expect(service.create(request, { Anneal: 'X' }, never)).rejects.toThrow(/Label key "Anneal" is invalid/);
    });

    test('a job that was deleted', async () => {
      const { order: made, service } = await order({ train: rows('deleted', 15) });
      const job = await service.create(await service.stage(made, 'label', never), labels, never);
      vertex.server.state.journal.remove('tuningJobs', job.name);
      await expect(service.get(job.name, never)).rejects.toMatchObject({
        message: expect.stringMatching(/not found/i),
      });
    });
  });

  test('a token that expires in mid-poll is renewed, and nobody hears of it', async () => {
    const { order: made, service } = await order({ train: rows('token', 15) });
    const job = await service.create(await service.stage(made, 'label', never), labels, never);
    vertex.server.plan.add({ on: 'tuningJobs.get', error: 'UNAUTHENTICATED' });
    expect(await service.get(job.name, never)).toMatchObject({ name: job.name });
  });
});
