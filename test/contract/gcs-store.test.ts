import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { openStorage } from '../../adapters/google/storage/client.ts';
import { crc32c, crcText } from '../../adapters/google/storage/crc32c.ts';
import { createGcsStore } from '../../adapters/google/storage/gcs-store.ts';
import { digestOf, hexOf } from '../../artifacts/canonical.ts';
import { listFiles } from '../../artifacts/files.ts';
import { noGcs } from '../support/google/gcs.ts';
import { failureOf } from '../unit/support/failures.ts';
import { emptyFolder, folderWith } from '../unit/support/folder.ts';
import { gcsBench, QUICK } from './support/gcs.ts';

const bench = gcsBench();
beforeEach((context) => context.skip(noGcs !== undefined, noGcs));

/** More than is sent in one request, and no two pieces alike. */
const large = (mebibytes: number, seed = 1): Buffer => {
  const bytes = Buffer.alloc(mebibytes << 20, seed);
  for (let i = 0; i < bytes.length; i += 4096) bytes.writeUInt32LE((i * 2654435761 + seed) >>> 0, i);
  return bytes;
};
const blobIn = (cache: string, digest: string): string =>
  join(cache, 'blobs', hexOf(digest).slice(0, 2), hexOf(digest).slice(2));
const sent = (method: string, part: string): number[] =>
  bench.proxy.seen.filter((one) => one.method === method && one.path.includes(part)).map(({ bytes }) => bytes);

test('the checksum is the one of the service', () => {
  expect(crcText(crc32c(Buffer.from('123456789')))).toBe('4waSgw==');
  const bytes = large(1);
  expect(crc32c(bytes.subarray(1000), crc32c(bytes.subarray(0, 1000)))).toBe(crc32c(bytes));
});

describe('a line that fails', () => {
  test.each([
    ['503', { what: 503 }],
    ['429', { what: 429 }],
    ['a token that is turned down', { what: 401 }],
    ['a slow answer', { what: 'slow', ms: 300 }],
    ['a connection that ends in the middle of the request', { what: 'reset-request', bytes: 100 }],
    ['an answer that is lost', { what: 'lost' }],
    ['an answer that is 503 after all was done', { what: 'lost-503' }],
  ] as const)('%s: a small file is stored once', async (_name, fault) => {
    const { open } = bench.place();
    bench.proxy.inject({ method: 'POST', nth: 1, ...fault });
    const store = open();
    const { digest } = await store.putBytes('x'.repeat(100_000));
    expect(await open().condition(digest)).toBe('ok');
    expect((await store.list()).blobs).toEqual([digest]);
    expect(sent('POST', 'multipart')).toHaveLength(fault.what === 'slow' ? 1 : 2);
  });

  test('reading goes on where it broke off, and what came twice is not asked for', async () => {
    const { open } = bench.place();
    const bytes = large(12);
    const { digest } = await open().putFile(join(folderWith({ a: bytes }), 'a'));
    bench.proxy.inject(
      { method: 'GET', path: /alt=media/, nth: 1, what: 503 },
      { method: 'GET', path: /alt=media/, nth: 3, what: 'reset-response', bytes: 1 << 20 },
    );
    const read = await open({ piece: 4 << 20 }).read(digest);
    expect(read.equals(bytes)).toBe(true);
    expect(bench.proxy.seen.filter(({ path }) => path.includes('alt=media'))).toHaveLength(5);
  });

  test('a server that says nothing any more is given up', async () => {
    const { open } = bench.place();
    const { digest } = await open().putBytes('quiet');
    bench.proxy.inject({ method: 'GET', path: /alt=media/, nth: 1, what: 'slow', ms: 3000 });
    const started = Date.now();
    expect((await open({ stallMs: 200 }).read(digest)).toString()).toBe('quiet');
    expect(Date.now() - started).toBeLessThan(2000);
  });

  test('an outage ends with an error that is tried again later', async () => {
    bench.proxy.inject({ what: 503 });
    await expect(bench.place().open().putBytes('never')).rejects.toMatchObject({ name: 'RemoteFailure', kind: 'away' });
    expect(bench.proxy.seen).toHaveLength(QUICK.patience.tries);
  });
});

describe('a large file', () => {
  test('whose connection ends in the middle is sent from there on', async () => {
    const { open } = bench.place();
    const bytes = large(12);
    bench.proxy.inject(
      { method: 'PUT', nth: 1, what: 'reset-request', bytes: 6 << 20 },
      { method: 'PUT', nth: 2, what: 503 },
    );
    const { digest } = await open().putFile(join(folderWith({ a: bytes }), 'a'));
    expect((await open().read(digest)).equals(bytes)).toBe(true);
    expect(Math.min(...sent('PUT', 'upload_id').filter((size) => size > 0))).toBeLessThan(8 << 20);
    expect(sent('POST', 'resumable')).toHaveLength(1);
  });

  test.each(['lost', 'lost-503'] as const)('whose last answer is %s is there, and sent once', async (what) => {
    const { open } = bench.place();
    const bytes = large(9);
    bench.proxy.inject({ method: 'PUT', nth: 1, what });
    const { digest } = await open().putFile(join(folderWith({ a: bytes }), 'a'));
    expect(await open().condition(digest)).toBe('ok');
    expect(sent('PUT', 'upload_id').filter((size) => size > 0)).toEqual([bytes.length]);
  });

  test('is not sent again when it is there', async () => {
    const { open } = bench.place();
    const folder = folderWith({ a: large(9) });
    await open().putFile(join(folder, 'a'));
    bench.proxy.inject();
    await open().putFile(join(folder, 'a'));
    expect(bench.proxy.seen.map(({ method }) => method)).toEqual(['GET']);
  });

  test('whose upload was ended by a kill goes on in the next process', async () => {
    const { uri, open } = bench.place();
    const bytes = large(16);
    const [folder, cache] = [folderWith({ a: bytes }), emptyFolder()];
    // The rest of the body waits until the process is killed.
    bench.proxy.inject({ method: 'PUT', nth: 1, what: 'hold-request', bytes: 10 << 20 });
    const script = `
      import { createGcsStore } from ${JSON.stringify(import.meta.resolve('../../adapters/google/storage/gcs-store.ts'))};
      await createGcsStore(${JSON.stringify({ uri, cache, ...QUICK, stallMs: 60_000 })}).putFile(${JSON.stringify(join(folder, 'a'))});
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
    while (Math.max(0, ...sent('PUT', 'upload_id')) < 10 << 20) await sleep(20);
    child.kill('SIGKILL');
    await sleep(100);
    const [session] = readdirSync(join(cache, 'sessions'));
    expect(statSync(join(cache, 'sessions', session as string)).mode & 0o077).toBe(0);
    bench.proxy.inject();
    const { digest } = await open({ cache }).putFile(join(folder, 'a'));
    const [rest = 0] = sent('PUT', 'upload_id').filter((size) => size > 0);
    expect(rest).toBeLessThanOrEqual(bytes.length - (9 << 20));
    expect(sent('POST', 'resumable')).toEqual([]);
    expect((await open().read(digest)).equals(bytes)).toBe(true);
    expect(readdirSync(join(cache, 'sessions'))).toEqual([]);
  });
});

describe('what is in the bucket', () => {
  test('with other content under its name is damage, and never taken for ours', async () => {
    const { open, objectOf } = bench.place();
    await bench.overwrite(objectOf(digestOf('mine')), 'theirs');
    const { type, message } = await failureOf(open().putBytes('mine'));
    expect(type).toBe('CorruptArtifact');
    expect(message).toContain('holds other content than its name says (6 bytes, expected 4)');
  });

  test('that comes damaged is fetched again; damaged twice it is noted, cleared and made again', async () => {
    const { open } = bench.place();
    const { digest } = await open().putBytes('precious');
    bench.proxy.inject({ path: /alt=media/, nth: 1, what: 'garble' });
    expect((await open().read(digest)).toString()).toBe('precious');
    bench.proxy.inject({ path: /alt=media/, what: 'garble' });
    const cache = emptyFolder();
    expect((await failureOf(open({ cache }).read(digest))).type).toBe('CorruptArtifact');
    bench.proxy.inject();
    expect(await open({ cache }).condition(digest)).toBe('corrupt');
    const other = bench.place().open({ cache });
    await other.putBytes('precious');
    expect(await other.condition(digest)).toBe('ok');
    expect(await open({ cache }).condition(digest)).toBe('corrupt');
    expect((await open({ cache }).survey?.())?.get(digest)?.condition).toBe('corrupt');
    await open({ cache }).discard(digest);
    await open({ cache }).putBytes('precious');
    expect(await open({ cache }).condition(digest)).toBe('ok');
  });

  test('that is not there is missing, also in a bucket whose name is in the words about it', async () => {
    const { open } = bench.place();
    const message = 'No such object: my-bucket/store/trees/00/00';
    bench.proxy.inject({ method: 'GET', what: 404, body: { error: { code: 404, message } } });
    const digest = digestOf('never stored');
    expect(await open().condition(digest)).toBe('missing');
    expect((await failureOf(open().read(digest))).type).toBe('MissingArtifact');
  });

  test('is listed page by page, and surveyed without a call for each', async () => {
    const { open } = bench.place();
    const store = open({ page: 10 });
    const texts = Array.from({ length: 25 }, (_, i) => `row ${i}`);
    await Promise.all(texts.map((text) => store.putBytes(text)));
    bench.proxy.inject();
    expect((await store.list()).blobs).toEqual(texts.map(digestOf).toSorted());
    const told = await store.survey?.();
    expect([...(told?.values() ?? [])].filter(({ condition, bytes }) => condition !== 'ok' || bytes < 5)).toEqual([]);
    expect(bench.proxy.seen).toHaveLength(8);
  });

  test('is asked for once when many want it at once', async () => {
    const { open } = bench.place();
    const { digest } = await open().putBytes('popular');
    bench.proxy.inject();
    const reader = open();
    await Promise.all(Array.from({ length: 8 }, () => reader.read(digest)));
    expect(sent('GET', 'alt=media')).toHaveLength(1);
  });
});

describe('the cache', () => {
  test('is read without a call, and mended from the bucket when it is damaged', async () => {
    const { open } = bench.place();
    const cache = emptyFolder();
    const store = open({ cache });
    const { digest } = await store.putFolder(folderWith({ 'a.txt': 'one', 'b/c.txt': 'two' }));
    await store.path(digest);
    bench.proxy.inject();
    const path = await store.path(digest);
    expect(bench.proxy.seen).toEqual([]);
    for (const file of [join(path, 'a.txt'), blobIn(cache, digestOf('two'))]) {
      chmodSync(file, 0o644);
      writeFileSync(file, 'broken');
    }
    const mended = await store.path(digest);
    expect(readFileSync(join(mended, 'a.txt'), 'utf8')).toBe('one');
    expect(readFileSync(join(mended, 'b/c.txt'), 'utf8')).toBe('two');
  });

  test('keeps to its bound: what was used least recently goes, what is in use stays', async () => {
    const { open } = bench.place();
    const cache = emptyFolder();
    const store = open({ cache, cacheBytes: 1_000_000 });
    const text = (i: number): string => String(i).repeat(200_000);
    const model = await store.putFolder(folderWith({ 'model.bin': text(0) }));
    const held = await store.path(model.digest);
    const stored: string[] = [];
    for (const i of [1, 2, 3, 4]) {
      stored.push((await store.putBytes(text(i))).digest);
      await sleep(15);
    }
    await store.read(stored[0] as string);
    for (const i of [5, 6]) await store.putBytes(text(i));
    const sizes = (await listFiles(join(cache, 'blobs'))).map((name) => statSync(join(cache, 'blobs', name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1_000_000);
    expect(existsSync(join(held, 'model.bin'))).toBe(true);
    expect(stored.map((digest) => existsSync(blobIn(cache, digest)))).toEqual([
      true,
      false,
      false,
      expect.any(Boolean),
    ]);
    expect((await store.read(stored[1] as string)).toString()).toBe(text(2));
  });

  test('keeps to its bound when others write there, too', async () => {
    const { open } = bench.place();
    const cache = emptyFolder();
    const stores = [1, 2, 3].map(() => open({ cache, cacheBytes: 100_000 }));
    await stores[0]?.putBytes('x');
    for (let i = 0; i < 45; i++) await stores[i % 3]?.putBytes(String(i).padEnd(6000, '.'));
    const sizes = (await listFiles(join(cache, 'blobs'))).map((name) => statSync(join(cache, 'blobs', name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(100_000);
  });

  test('takes no file that is larger than itself', async () => {
    const { open } = bench.place();
    const cache = emptyFolder();
    const bytes = large(9);
    const { digest } = await open({ cache, cacheBytes: 1000 }).putFile(join(folderWith({ a: bytes }), 'a'));
    expect(existsSync(join(cache, 'blobs'))).toBe(false);
    // It is read all the same, and goes when something else comes.
    const small = open({ cache, cacheBytes: 1000 });
    expect((await small.read(digest)).equals(bytes)).toBe(true);
    await small.putBytes('x');
    expect(existsSync(blobIn(cache, digest))).toBe(false);
    expect((await open().read(digest)).equals(bytes)).toBe(true);
  });
});

describe('what a person has to do is said', () => {
  const refusal = async (status: number, message: string, more: object = {}) => {
    const { open } = bench.place();
    bench.proxy.inject({ what: status, body: { error: { code: status, message, errors: [{ message }] } } });
    const { type, message: said } = await failureOf(open(more).putBytes('x'));
    return `${type}: ${said.replaceAll(/p\d+\/store\/blobs\/[0-9a-f/]+/g, 'OBJECT')}`;
  };

  test('of a bucket that is not there', async () => {
    const store = createGcsStore({ uri: 'gs://no-such-bucket/x', cache: emptyFolder(), ...QUICK });
    expect((await failureOf(store.putBytes('x'))).message).toMatchInlineSnapshot(
      `"there is no bucket gs://no-such-bucket: check its name, or make it with \`gcloud storage buckets create gs://no-such-bucket --location=REGION\` in the region of your tuning jobs"`,
    );
    expect((await failureOf(store.list())).type).toBe('NoSuchBucket');
    const file = join(folderWith({ a: large(9) }), 'a');
    expect((await failureOf(store.putFile(file))).type).toBe('NoSuchBucket');
  });

  test('of a permission, credentials, a project that pays, billing and a key', async () => {
    expect(
      await refusal(
        403,
        "tuner@p.iam.gserviceaccount.com does not have storage.objects.create access to the Google Cloud Storage object. Permission 'storage.objects.create' denied on resource (or it may not exist).",
      ),
    ).toMatchInlineSnapshot(
      `"NoPermission: tuner@p.iam.gserviceaccount.com may not use gs://anneal-test/OBJECT: storage.objects.create is missing; give it roles/storage.objectUser, e.g. \`gcloud storage buckets add-iam-policy-binding gs://anneal-test --member=… --role=roles/storage.objectUser\`"`,
    );
    expect(await refusal(401, 'Invalid Credentials')).toMatchInlineSnapshot(
      `"NoCredentials: Google does not accept the credentials for gs://anneal-test (Invalid Credentials): run \`gcloud auth application-default login\` again, or renew the key of the service account"`,
    );
    expect(await refusal(400, 'Bucket is a requester pays bucket but no user project provided.')).toMatchInlineSnapshot(
      `"NoUserProject: gs://anneal-test lets whoever asks pay (Bucket is a requester pays bucket but no user project provided): set google.userProject in the recipe to the project that shall pay"`,
    );
    expect(
      await refusal(403, 'The billing account for the owning project is disabled in state absent', {
        userProject: 'payer',
      }),
    ).toMatchInlineSnapshot(
      `"NoBilling: gs://anneal-test cannot be used without billing (The billing account for the owning project is disabled in state absent): link a billing account to project payer"`,
    );
    expect(
      await refusal(
        403,
        'Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been authorized to use this key.',
        {
          kmsKey: 'projects/p/locations/eu/keyRings/r/cryptoKeys/k',
        },
      ),
    ).toMatchInlineSnapshot(
      `"NoKey: the key projects/p/locations/eu/keyRings/r/cryptoKeys/k cannot be used (Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has been authorized to use this key): it has to lie in the bucket's location, and the project's Cloud Storage service agent needs roles/cloudkms.cryptoKeyEncrypterDecrypter on it"`,
    );
  });

  test('of an address that is none, and of a test server that is not on this machine', async () => {
    expect((await failureOf(() => createGcsStore({ uri: 'gs://', cache: emptyFolder() }))).type).toBe('BadAddress');
    const url = process.env['STORAGE_EMULATOR_HOST'];
    process.env['STORAGE_EMULATOR_HOST'] = 'http://storage.example.com';
    try {
      expect((await failureOf(openStorage())).type).toBe('BadEndpoint');
    } finally {
      process.env['STORAGE_EMULATOR_HOST'] = url;
    }
  });
});

test('a key of one’s own and the project that pays go along', async () => {
  const { open } = bench.place();
  const kmsKey = 'projects/p/locations/eu/keyRings/r/cryptoKeys/k';
  const store = open({ kmsKey, userProject: 'payer' });
  await store.putBytes('small');
  const { digest } = await store.putFile(join(folderWith({ a: large(9) }), 'a'));
  await open({ userProject: 'payer' }).read(digest);
  const posts = bench.proxy.seen.filter(({ method }) => method === 'POST');
  expect(posts).toHaveLength(2);
  for (const { path } of posts) expect(path).toContain(`kmsKeyName=${kmsKey}`);
  for (const { path } of bench.proxy.seen.filter((one) => !one.path.includes('upload_id')))
    expect(path).toContain('userProject=payer');
});

test.each(['reset-request', 'reset-response', 'lost', 'slow', 400, 503] as const)(
  'the address of an upload, with which others could write, stands in no error: %s',
  async (what) => {
    const { open } = bench.place();
    const file = join(folderWith({ a: large(9) }), 'a');
    bench.proxy.inject({ method: 'PUT', what, bytes: 0, ms: 1000 });
    const error = await open({ stallMs: 100, patience: { tries: 2, pauseMs: 1 } })
      .putFile(file)
      .catch((thrown: unknown) => thrown);
    // Of an answer that is cut the beginning may be enough.
    expect(error instanceof Error || what === 'reset-response').toBe(true);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('upload_id');
  },
);
