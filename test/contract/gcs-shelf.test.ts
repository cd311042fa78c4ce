import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openStorage } from '../../adapters/google/storage/client.ts';
import { createGcsStore } from '../../adapters/google/storage/gcs-store.ts';
import { setRemoteAlias } from '../../adapters/google/storage/refs.ts';
import { enterArtifact, findArtifact } from '../../artifacts/ledger/artifacts.ts';
import { moveAlias, registerVersion } from '../../artifacts/ledger/models.ts';
import { openRun } from '../../artifacts/ledger/runs.ts';
import { digestOf } from '../../artifacts/canonical.ts';
import { withStore } from '../../artifacts/store-router.ts';
import { createFileStore, type AliasNote } from '../../artifacts/store.ts';
import { verifyStore } from '../../artifacts/verify.ts';
import { sync } from '../../cli/commands/sync.ts';
import { findGarbage, removeGarbage, storesLeftAlone } from '../../worker/garbage.ts';
import { homeAt } from '../../worker/home.ts';
import { openShelfStore } from '../../worker/shelf-store.ts';
import { noGcs } from '../support/google/gcs.ts';
import { emptyFolder, folderWith } from '../unit/support/folder.ts';
import { artifact, finishStep, newLedger, newRun } from '../unit/support/ledger.ts';
import { BUCKET, gcsBench, QUICK } from './support/gcs.ts';

const bench = gcsBench();
beforeEach((context) => context.skip(noGcs !== undefined, noGcs));

async function newShelf() {
  process.env['GOOGLE_CLOUD_PROJECT'] = 'test';
  const home = homeAt(join(emptyFolder(), '.anneal'));
  const ledger = await newLedger(home.ledger);
  return { home, ledger, store: openShelfStore(home, ledger) };
}

test('what a run with a store elsewhere makes lies there, and commands that know the ledger read it', async () => {
  const { home, ledger, store } = await newShelf();
  const { uri } = bench.place();
  const here = await store.putBytes('here');
  const [there, folder] = await withStore({ uri }, () =>
    Promise.all([store.putBytes('there'), store.putFolder(folderWith({ a: '1', b: '2' }))]),
  );
  expect([here.store, there.store]).toEqual([undefined, uri]);
  await enterArtifact(ledger, 'Dataset', here);
  await enterArtifact(ledger, 'Dataset', there);
  await enterArtifact(ledger, 'Model', folder);
  expect((await findArtifact(ledger, there.digest))?.store).toBe(uri);
  expect(await createFileStore(home.store).condition(there.digest)).toBe('missing');
  const reader = openShelfStore(home, ledger);
  expect((await reader.read(there.digest)).toString()).toBe('there');
  expect((await reader.read(here.digest)).toString()).toBe('here');
  expect(await reader.condition(folder.digest)).toBe('ok');
  expect(await reader.members(folder.digest)).toHaveLength(2);
  // Stored in the state folder as well, it still has its place elsewhere.
  await enterArtifact(ledger, 'Dataset', await store.putBytes('there'));
  expect((await findArtifact(ledger, there.digest))?.store).toBe(uri);
});

describe('with artifacts in two places', () => {
  test('verify finds what is damaged or gone in either', async () => {
    const { ledger, store } = await newShelf();
    const { uri, objectOf } = bench.place();
    const far = await withStore({ uri }, () => Promise.all(['a', 'b', 'c'].map((text) => store.putBytes(text))));
    const model = await withStore({ uri }, () => store.putFolder(folderWith({ m: 'weights' })));
    for (const stored of [...far, await store.putBytes('near')]) await enterArtifact(ledger, 'Dataset', stored);
    await enterArtifact(ledger, 'Model', model);
    expect(await verifyStore(store, ledger)).toEqual({ checked: 6, damaged: [], unchecked: [] });
    await bench.overwrite(objectOf(digestOf('a')), 'x');
    await bench.overwrite(objectOf(digestOf('weights')), 'x');
    const url = `${bench.server.url}/storage/v1/b/${BUCKET}/o/${encodeURIComponent(objectOf(digestOf('b')))}`;
    await fetch(url, { method: 'DELETE' });
    const { damaged } = await verifyStore(store, ledger);
    const told = new Map(
      damaged.map(({ digest, type, condition, store: at }) => [digest, `${type} ${condition} ${at}`]),
    );
    expect(told).toEqual(
      new Map([
        [digestOf('a'), `Dataset corrupt ${uri}`],
        [digestOf('weights'), `Blob corrupt ${uri}`],
        [model.digest, `Model corrupt ${uri}`],
        [digestOf('b'), `Dataset missing ${uri}`],
      ]),
    );
  });

  test('gc takes from a bucket what nobody needs, and nothing where another ledger writes, too', async () => {
    const { home, ledger, store } = await newShelf();
    const { uri } = bench.place();
    await withStore({ uri }, () => store.putBytes('rest of a run that failed'));
    const kept = await withStore({ uri }, () => store.putBytes('rated'));
    await enterArtifact(ledger, 'Ratings', kept);
    const found = await findGarbage(home, ledger);
    expect(found).toEqual([{ kind: 'artifact', id: digestOf('rest of a run that failed'), bytes: 25, store: uri }]);
    await createGcsStore({ uri, cache: emptyFolder(), ...QUICK, owner: 'another' }).putBytes('theirs');
    expect(await findGarbage(home, ledger)).toEqual([]);
    expect(await storesLeftAlone(home, ledger)).toMatchObject([{ uri, why: expect.stringContaining('other ledgers') }]);
    await removeGarbage(home, ledger, found);
    expect((await createGcsStore({ uri, cache: emptyFolder(), ...QUICK }).list()).blobs).toHaveLength(3);
    const url = `${bench.server.url}/storage/v1/b/${BUCKET}/o/${encodeURIComponent(`${uri.slice(`gs://${BUCKET}/`.length)}/ledgers/another.json`)}`;
    await fetch(url, { method: 'DELETE' });
    await removeGarbage(home, ledger, await findGarbage(home, ledger));
    expect((await createGcsStore({ uri, cache: emptyFolder(), ...QUICK }).list()).blobs).toEqual([kept.digest]);
  });

  test('a folder that cannot be read just now is neither damaged, nor are its files garbage', async () => {
    const { home, ledger, store } = await newShelf();
    const { uri } = bench.place();
    await enterArtifact(
      ledger,
      'Ratings',
      await withStore({ uri }, () => store.putFolder(folderWith({ a: 'weights' }))),
    );
    rmSync(home.cache, { recursive: true });
    bench.proxy.inject({ path: /trees.*alt=media/, what: 403, body: { error: { code: 403, message: 'not now' } } });
    const why = expect.stringContaining('not now') as string;
    expect(await verifyStore(store, ledger)).toEqual({ checked: 0, damaged: [], unchecked: [{ store: uri, why }] });
    await expect(findGarbage(home, ledger)).rejects.toThrow('not now');
  });
});

test('a bucket that is gone keeps nobody from looking after the state folder', async () => {
  const { home, ledger, store } = await newShelf();
  const gone = 'gs://no-such-bucket/p';
  await enterArtifact(ledger, 'Dataset', { ...(await store.putBytes('x')), digest: digestOf('far'), store: gone });
  const why = expect.stringContaining('there is no bucket') as string;
  expect(await verifyStore(store, ledger)).toEqual({ checked: 1, damaged: [], unchecked: [{ store: gone, why }] });
  expect(await findGarbage(home, ledger)).toMatchObject([{ id: digestOf('x') }]);
  expect(await storesLeftAlone(home, ledger)).toEqual([{ uri: gone, why }]);
});

test('what lay in a bucket that is gone is missing, and made again in another', async () => {
  const { ledger, store } = await newShelf();
  const { uri } = bench.place();
  const gone = { uri: 'gs://no-such-bucket/p' };
  const digest = digestOf('x');
  await enterArtifact(ledger, 'Dataset', { digest, bytes: 1, files: 1, store: gone.uri });
  const words = { error: { code: 404, message: 'The specified bucket does not exist.' } };
  bench.proxy.inject({ path: /no-such-bucket/, what: 404, body: words });
  expect(await store.condition(digest)).toBe('missing');
  await expect(store.read(digest)).rejects.toThrow('there is no bucket gs://no-such-bucket');
  // Where it is written to, nothing is made before that is mended.
  await expect(withStore(gone, () => store.condition(digest))).rejects.toThrow('there is no bucket');
  await withStore({ uri }, async () => {
    expect(await store.condition(digest)).toBe('missing');
    await store.discard(digest);
    await enterArtifact(ledger, 'Dataset', await store.putBytes('x'));
  });
  expect((await store.read(digest)).toString()).toBe('x');
});

describe('an alias noted beside the artifacts', () => {
  const note = (version: number, at: string): AliasNote => ({
    model: 'support-triage',
    alias: 'champion',
    version,
    digest: digestOf(String(version)),
    at,
  });
  const place = async (prefix: string) => {
    const bucket = (await openStorage({ project: 'test' })).bucket(BUCKET);
    const doing = (name: string) => ({ uri: `gs://${BUCKET}/${name}`, bucket: BUCKET });
    const read = async () =>
      JSON.parse(String((await bucket.file(`${prefix}/refs/support-triage/champion.json`).download())[0])) as AliasNote;
    return { read, refs: { open: async () => bucket, prefix: `${prefix}/`, doing, patience: QUICK.patience } };
  };

  test('moves forward, whatever is lost, and never back', async () => {
    const { read, refs } = await place(bench.place().prefix);
    bench.proxy.inject({ method: 'POST', nth: 1, what: 'lost' });
    await setRemoteAlias(refs, note(1, '2026-01-01'));
    expect(await setRemoteAlias(refs, note(1, '2026-01-01'))).toEqual({ moved: false });
    expect(await setRemoteAlias(refs, note(2, '2026-01-02'))).toEqual({ moved: true });
    expect(await setRemoteAlias(refs, note(1, '2026-01-01'))).toEqual({ moved: false });
    expect(await read()).toEqual(note(2, '2026-01-02'));
    // Back to the first version, which is a newer move; one from between comes late.
    await setRemoteAlias(refs, note(1, '2026-01-03'));
    await setRemoteAlias(refs, note(1, '2026-01-05'));
    expect(await setRemoteAlias(refs, note(2, '2026-01-04'))).toEqual({ moved: false });
    expect(await read()).toEqual(note(1, '2026-01-05'));
  });

  test('is noted by `anneal sync`, though no run asks for copies', async () => {
    const { home, ledger, store } = await newShelf();
    const { uri, prefix } = bench.place();
    const model = await withStore({ uri }, () => store.putFolder(folderWith({ a: '1' })));
    const ref = await enterArtifact(ledger, 'Model', model);
    await openRun(ledger, newRun('r1'));
    const executionId = await finishStep(ledger, 'r1', 'tune', {}, { model: ref });
    const card = (await artifact(ledger, 'ModelCard', 'card')).digest;
    const version = { name: 'support-triage', digest: ref.digest, runId: 'r1', executionId, card, actor: 'a' };
    await registerVersion(ledger, { ...version, verdict: 'promote' }, undefined);
    const move = { name: 'support-triage', alias: 'champion', to: 1, actor: 'a', why: 'better' };
    await moveAlias(ledger, { ...move, action: 'promote' });
    vi.stubEnv('ANNEAL_HOME', home.root);
    onTestFinished(() => void vi.unstubAllEnvs());
    const flags = { all: false, json: false };
    await expect(sync({ ...flags, dryRun: true }, undefined)).rejects.toThrow('asks for copies');
    expect(await sync({ ...flags, dryRun: false }, undefined)).toBe(0);
    const { read } = await place(prefix);
    expect(await read()).toMatchObject({ version: 1, digest: ref.digest });
  });

  test('moved by eight at once points to the newest', async () => {
    const { read, refs } = await place(bench.place().prefix);
    await Promise.all([3, 8, 1, 5, 2, 7, 4, 6].map((n) => setRemoteAlias(refs, note(n, `2026-01-0${n}`))));
    expect((await read()).version).toBe(8);
  });
});
