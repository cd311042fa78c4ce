import { readFileSync } from 'node:fs';
import { MockActivityEnvironment } from '@temporalio/testing';
import { beforeEach, expect, test } from 'vitest';
import { createWatching, type LookAsk } from '../../activities/watching.ts';
import { openStorage } from '../../adapters/google/storage/client.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { verifyStore } from '../../artifacts/verify.ts';
import { urisOf } from '../../configs/source-paths.ts';
import { farFiles, settingsIn } from '../../worker/far.ts';
import { homeAt } from '../../worker/home.ts';
import { openShelfStore } from '../../worker/shelf-store.ts';
import { BUCKET, gcsBench } from '../contract/support/gcs.ts';
import { fakeRecipe } from '../support/fakes.ts';
import { noGcs } from '../support/google/gcs.ts';
import { makeBench } from '../support/workflow.ts';

process.env['GOOGLE_CLOUD_PROJECT'] = 'test';
const gcs = gcsBench();
const bench = makeBench((ledger, folder) => ({
  store: openShelfStore(homeAt(folder), ledger),
  far: (recipe) => farFiles(homeAt(folder), settingsIn(recipe)),
}));
beforeEach((context) => context.skip(noGcs !== undefined, noGcs));

test('the same recipe with its rows and its store in a bucket: everything lies there, and is taken from the cache again', async () => {
  const { uri, prefix } = gcs.place();
  const local = await fakeRecipe(bench.folder, 'far');
  const [file = ''] = urisOf(local.data.train);
  await gcs.overwrite(`${prefix}-rows/train.jsonl`, readFileSync(file));
  const train = { ...local.data.train, uri: `gs://${BUCKET}/${prefix}-rows/*.jsonl` };
  const recipe = { ...local, store: uri, data: { ...local.data, train } };

  const { output, run } = await bench.run(recipe);
  expect(output).toEqual({ verdict: 'promote', model: 'far@v1' });
  const rows = await bench.ledger.selectFrom('artifacts').selectAll().execute();
  expect(new Set(rows.map(({ store }) => store))).toEqual(new Set([uri]));
  expect((await createFileStore(homeAt(bench.folder).store).list()).blobs).toEqual([]);
  const source = rows.find(({ type, meta_json }) => type === 'Source' && meta_json.includes('gs://'));
  expect(JSON.parse(source?.meta_json ?? '')).toMatchObject({
    from: `gs://${BUCKET}/${prefix}-rows/train.jsonl`,
    generation: expect.stringMatching(/^\d+$/) as string,
  });
  const note = (await openStorage()).bucket(BUCKET).file(`${prefix}/refs/far/champion.json`);
  expect(JSON.parse(String((await note.download())[0]))).toMatchObject({ model: 'far', alias: 'champion', version: 1 });
  const store = openShelfStore(homeAt(bench.folder), bench.ledger);
  expect((await verifyStore(store, bench.ledger)).damaged).toEqual([]);

  const again = await bench.run(recipe);
  expect(again.output.model).toBe('far@v1');
  expect(again.run.steps.slice(0, 3).map(({ status }) => status)).toEqual(['cached', 'cached', 'cached']);
  expect(run.runId).not.toBe(again.run.runId);
});

test('a watch sees what arrives below a prefix', async () => {
  const { prefix } = gcs.place();
  const far = () => farFiles(homeAt(bench.folder));
  const { lookAtSource } = createWatching({ ledger: bench.ledger, far });
  const source = { uri: `gs://${BUCKET}/${prefix}/`, format: 'auto' as const };
  const ask: LookAsk = { name: 'none', line: 'none', source, maxAge: null, everyMs: 7000 };
  const look = (asked: LookAsk) =>
    new MockActivityEnvironment().run<[LookAsk], Awaited<ReturnType<typeof lookAtSource>>, typeof lookAtSource>(
      lookAtSource,
      asked,
    );
  await expect(look(ask)).rejects.toThrow('there is nothing yet');
  await gcs.overwrite(`${prefix}/week-1.jsonl`, '{}\n');
  const seen = await look(ask);
  expect(seen.what).toBe('1 file, 3 bytes');
  await expect(look({ ...ask, seen })).rejects.toThrow('nothing has changed');
  await gcs.overwrite(`${prefix}/week-1.jsonl`, '[]\n');
  expect((await look({ ...ask, seen })).digest).not.toBe(seen.digest);
});
