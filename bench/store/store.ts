import { createHash, randomFillSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bucket } from '@google-cloud/storage';
import { bucketOf, openStorage } from '../../adapters/google/storage/client.ts';
import { createGcsStore } from '../../adapters/google/storage/gcs-store.ts';
import { inParallel } from '../../adapters/google/storage/persist.ts';
import { parseGs } from '../../adapters/google/storage/uri.ts';
import { root } from '../../scripts/toolchain.js';
import { startGcs } from '../../test/support/google/gcs.ts';
import type { Outcome } from '../main.ts';

/** Options of the benchmark. */
export const usage = '[--quick] [--to=gs://BUCKET/PREFIX]';

interface Size {
  shards: number;
  /** Of one, in MiB. */
  mebibytes: number;
  small: number;
  rounds: number;
}

const WHOLE: Size = { shards: 2, mebibytes: 512, small: 10_000, rounds: 3 };
const QUICK: Size = { shards: 2, mebibytes: 32, small: 300, rounds: 1 };
/** What a round of both sides takes, and some. */
const ROOM_BYTES = 3e9;
/** Small artifacts on their way at once, on either side. */
const AT_ONCE = 32;

/**
 * A model up and down and many small artifacts, through the store and through the client library as its pages show it
 * (`bucket.upload`, `file.download`, `file.save`), in turn, against fake-gcs-server on this machine or a real bucket.
 */
export async function store(options: readonly string[]): Promise<Outcome | undefined> {
  const to = options.find((option) => option.startsWith('--to='))?.slice('--to='.length);
  const known = options.every((option) => option === '--quick' || option.startsWith('--to='));
  if (!known) return undefined;
  const isQuick = options.includes('--quick');
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-store-'));
  const memory = to === undefined ? serverFolder() : undefined;
  const server = memory === undefined ? undefined : await startGcs(memory, ['bench']);
  if (server) process.env['STORAGE_EMULATOR_HOST'] = server.url;
  try {
    return await measure(folder, to ?? 'gs://bench/store', isQuick ? QUICK : WHOLE, isQuick, server !== undefined);
  } finally {
    await server?.stop();
    for (const one of [folder, memory]) if (one !== undefined) rmSync(one, { recursive: true, force: true });
  }
}

/** Where the server keeps its objects: in memory, where there is room, so that its disk is not what is measured. */
function serverFolder(): string {
  const hasRoom = existsSync('/dev/shm') && statfsSync('/dev/shm').bavail * statfsSync('/dev/shm').bsize > ROOM_BYTES;
  return mkdtempSync(join(hasRoom ? '/dev/shm' : tmpdir(), 'anneal-bench-gcs-'));
}

async function measure(folder: string, to: string, size: Size, isQuick: boolean, isFake: boolean): Promise<Outcome> {
  const model = join(folder, 'model');
  mkdirSync(model);
  const megabytes = (size.shards * size.mebibytes * 2 ** 20) / 1e6;
  const times = new Map<string, number[]>();
  const processor = new Map<string, number[]>();
  const timed = async (what: string, work: () => Promise<void>): Promise<void> => {
    const [started, cpu] = [performance.now(), process.cpuUsage()];
    await work();
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    processor.set(what, [...(processor.get(what) ?? []), (user + system) / 1e6]);
    times.set(what, [...(times.get(what) ?? []), seconds]);
    console.error(`${what}: ${seconds.toFixed(2)} s`);
  };
  for (let round = 0; round < size.rounds; round++) {
    // Another content each round: what is there already is not sent again.
    const names = Array.from({ length: size.shards }, (_, i) => `model-${i + 1}.safetensors`);
    for (const name of names) writeFileSync(join(model, name), randomFillSync(Buffer.alloc(size.mebibytes << 20)));
    const place = `${to}/${Date.now()}`;
    const bucket = await plainBucket(place);
    const prefix = parseGs(place).name;
    const ours = (cache: string) => createGcsStore({ uri: place, cache: join(folder, cache), project: 'bench' });
    let digest = '';
    const sides = [
      async () => {
        await timed('up, ours', async () => void ({ digest } = await ours('up').putFolder(model)));
        const read = ours('down');
        await timed('down, ours', async () => {
          const path = await read.path(digest);
          if (sha256(join(path, names[0] as string)) !== sha256(join(model, names[0] as string)))
            throw new Error('other bytes');
        });
      },
      async () => {
        await timed('up, plain', async () => {
          const up = (name: string) => bucket.upload(join(model, name), { destination: `${prefix}/plain/${name}` });
          await Promise.all(names.map(up));
        });
        mkdirSync(join(folder, 'plain'), { recursive: true });
        await timed('down, plain', async () => {
          const down = (name: string) =>
            bucket.file(`${prefix}/plain/${name}`).download({ destination: join(folder, 'plain', name) });
          await Promise.all(names.map(down));
          if (sha256(join(folder, 'plain', names[0] as string)) !== sha256(join(model, names[0] as string)))
            throw new Error('other bytes');
        });
      },
    ];
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) await side();
    await bucket.deleteFiles({ prefix });
    for (const part of ['up', 'down', 'plain']) rmSync(join(folder, part), { recursive: true, force: true });
  }
  const small = `${to}/small-${Date.now()}`;
  const bucket = await plainBucket(small);
  const texts = Array.from({ length: size.small }, (_, i) => JSON.stringify({ i, text: 'x'.repeat(1000) }));
  const store = createGcsStore({ uri: small, cache: join(folder, 'small'), project: 'bench' });
  await timed('small, ours', async () => void (await inParallel(texts, AT_ONCE, (text) => store.putBytes(text))));
  await timed('small, plain', async () => {
    const save = (text: string, i: number) =>
      bucket
        .file(`${parseGs(small).name}/plain/${i}`)
        .save(text, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
    await inParallel(texts, AT_ONCE, save);
  });
  return outcome({ times, processor }, megabytes, size, isQuick, isFake);
}

/** The client as its pages show it: it repeats, and sums up, by itself. */
async function plainBucket(uri: string): Promise<Bucket> {
  const settings = { project: 'bench' };
  const storage = await openStorage(settings);
  const { CRC32C } = await import('@google-cloud/storage');
  storage.retryOptions.autoRetry = true;
  storage.crc32cGenerator = () => new CRC32C();
  return bucketOf(storage, parseGs(uri).bucket, settings);
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const median = (values: readonly number[] = []): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function outcome(
  { times, processor }: Record<'times' | 'processor', ReadonlyMap<string, number[]>>,
  megabytes: number,
  size: Size,
  isQuick: boolean,
  isFake: boolean,
): Outcome {
  const speed = (what: string): number => megabytes / median(times.get(what));
  const per = size.small / (median(times.get('small, ours')) / 60);
  const perPlain = size.small / (median(times.get('small, plain')) / 60);
  const rows = [
    {
      work: `a model of ${Math.round(megabytes)} MB up`,
      unit: 'MB/s',
      ours: speed('up, ours'),
      plain: speed('up, plain'),
    },
    {
      work: `a model of ${Math.round(megabytes)} MB down`,
      unit: 'MB/s',
      ours: speed('down, ours'),
      plain: speed('down, plain'),
    },
    { work: `${size.small} artifacts of 1 KB`, unit: 'a minute', ours: per, plain: perPlain, aim: 10_000 },
  ];
  const aims = rows.map((row) => ({
    ...row,
    ratio: row.ours / row.plain,
    ok: row.aim === undefined || row.ours >= row.aim,
  }));
  const lines = aims.map(
    ({ work, unit, ours, plain, ratio, aim, ok }) =>
      `| ${work} | ${Math.round(ours)} ${unit} | ${Math.round(plain)} ${unit} | ${ratio.toFixed(2)} × | ${aim === undefined ? 'none: reported as it is' : `at least ${aim} ${unit}`} | ${ok ? 'yes' : 'no'} |`,
  );
  const server = isFake
    ? 'fake-gcs-server on the same machine, its objects in memory; it sums each object up twice: no measure of a network'
    : 'a real bucket';
  const table = [
    '| work | store | plain client | ratio | aim | met |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
    `- ${size.shards} files of ${size.mebibytes} MiB, random bytes; medians of ${size.rounds} round${size.rounds === 1 ? '' : 's'} in turn, all rounds in s: ${[...times].map(([what, all]) => `${what} ${all.map((seconds) => seconds.toFixed(2)).join(', ')}`).join('; ')}`,
    `- processor time of this process, without the server's, medians in s: ${[...processor].map(([what, all]) => `${what} ${median(all).toFixed(2)}`).join('; ')}`,
    '- store: sha256 and crc32c of everything, a copy in the cache, and on the way down all bytes hashed; plain: bucket.upload and file.download of the same files at once, crc32c alone, no copy',
    `- small ones ${AT_ONCE} at once on both sides; server: ${server}`,
  ].join('\n');
  return { ok: aims.every(({ ok }) => ok), aims, table, versions: versionsOf(), isLogged: !isQuick };
}

function versionsOf(): string {
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules', '@google-cloud', 'storage', 'package.json'), 'utf8'),
  ) as { version: string };
  return `@google-cloud/storage ${version}`;
}
