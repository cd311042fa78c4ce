import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Bucket, FileMetadata } from '@google-cloud/storage';
import { terminal, type TerminalError } from '../../../configs/failure.ts';
import { plain } from '../../../configs/plain.ts';
import { nearest } from '../../../configs/nearest.ts';
import { containerByName } from '../../../data/sources/container.ts';
import { patternOf, type FarFile, type FarFiles } from '../../../data/sources/far.ts';
import { someOf } from '../../../data/sources/file.ts';
import { inOrder } from '../../../data/sources/order.ts';
import { RemoteFailure } from '../../remote/failure.ts';
import { bucketOf, openStorage, type StorageSettings } from './client.ts';
import { sumsOfFile } from './crc32c.ts';
import { fetchTo } from './download.ts';
import type { Doing } from './errors.ts';
import { headOf, listObjects } from './objects.ts';
import type { Patience } from './persist.ts';
import { gsUri, parseGs, type GsPlace } from './uri.ts';

/** A copy that nobody asked for since so many ms goes. */
const KEPT_MS = 86_400_000;
/** Objects that are looked at for a hint. */
const HINTS = 1000;

export interface GcsRowsOptions extends StorageSettings {
  /** Folder for copies; processes may share it. */
  folder: string;
  patience?: Patience | undefined;
}

/** Files of rows in Cloud Storage. */
export function gcsRows(options: GcsRowsOptions): FarFiles {
  const { folder, patience, userProject } = options;
  const open = async (name: string): Promise<Bucket> => bucketOf(await openStorage(options), name, options);
  const doing = (place: GsPlace): Doing => ({ uri: gsUri(place), bucket: place.bucket, settings: options });

  return {
    find: async (uri) => {
      const place = parseGs(uri);
      const bucket = await open(place.bucket);
      const found: FarFile[] = [];
      let empty = 0;
      const below = async (prefix: string, isWanted: (name: string) => boolean): Promise<void> => {
        for await (const page of listObjects(bucket, prefix, doing(place), { patience })) {
          for (const { name, metadata } of page.filter((one) => isWanted(one.name))) {
            if (Number(metadata.size) > 0) found.push(farFile(place.bucket, name, metadata));
            else empty += 1;
          }
        }
      };
      if (place.name === '' || place.name.endsWith('/')) {
        // Markers of folders and of programs (`_SUCCESS`, `.crc`) hold no rows.
        await below(place.name, (name) => containerByName(name) !== undefined && !/^[._]/.test(basename(name)));
      } else {
        const exact = await headOf(bucket, place.name, doing(place), patience);
        // What is there under the very name is meant, whatever signs the name has.
        if (exact) return [farFile(place.bucket, place.name, exact)];
        const special = place.name.search(/[*?[{]/);
        if (special >= 0) {
          const pattern = patternOf(place.name);
          await below(place.name.slice(0, special), (name) => pattern.test(name));
        }
      }
      if (found.length === 0 && empty > 0)
        throw terminal(
          'NoSuchFile',
          `what ${uri} stands for is empty (objects: ${empty}): write the rows there first`,
          { uri },
        );
      if (found.length === 0) throw await nothing(uri, place, bucket, doing(place), patience);
      return found.toSorted((a, b) => inOrder(a.uri, b.uri));
    },

    fetch: async (file) => {
      const place = parseGs(file.uri);
      const key = createHash('sha256').update(`${file.uri}#${file.generation}`).digest('hex').slice(0, 24);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await sweep(folder);
      const target = join(folder, key, nameOfCopy(basename(place.name)));
      if (await isWhole(target, file)) {
        // Used anew, so that nobody sweeps it away while it is read.
        await utimes(join(folder, key), new Date(), new Date());
        return target;
      }
      const bucket = await open(place.bucket);
      const order = { ...place, ...file, bucket, doing: doing(place), patience, userProject };
      const found = await headOf(bucket, place.name, doing(place), patience, file.generation);
      if (!found) throw new RemoteFailure('away', `${file.uri} was replaced or removed while it was looked at`);
      await fetchTo(order, target, async (path) => {
        if (found.crc32c !== undefined && (await sumsOfFile(path)).crc !== found.crc32c)
          throw new RemoteFailure('away', `${file.uri} came with other bytes than it has`);
      });
      return target;
    },
  };
}

const farFile = (bucket: string, name: string, { size, generation, crc32c }: FileMetadata): FarFile => ({
  uri: gsUri({ bucket, name }),
  bytes: Number(size),
  generation: String(generation),
  ...(crc32c === undefined ? {} : { sum: crc32c }),
});

/** Longest name of a copy, in bytes; an object's may be longer than a file system takes. */
const LONGEST = 200;

/** Its end tells how it is to be read. */
function nameOfCopy(name: string): string {
  if (/^\.*$/.test(name)) return 'rows';
  return Buffer.byteLength(name) > LONGEST ? name.slice(-LONGEST / 4) : name;
}

/** Whether a copy is there and holds what the object holds. */
async function isWhole(path: string, { bytes, sum }: FarFile): Promise<boolean> {
  if ((await stat(path).catch(() => undefined))?.size !== bytes) return false;
  return sum === undefined || (await sumsOfFile(path)).crc === sum;
}

/** The error for an address that stands for nothing, with what is there instead. */
async function nothing(
  uri: string,
  { bucket: bucketName, name }: GsPlace,
  bucket: Bucket,
  doing: Doing,
  patience?: Patience,
): Promise<TerminalError> {
  const folder = name.slice(0, name.lastIndexOf('/', name.search(/[*?[{]|$/)) + 1);
  const names: string[] = [];
  for await (const page of listObjects(bucket, folder, doing, { patience, page: HINTS })) {
    names.push(...page.map((object) => object.name));
    break;
  }
  const isPrefix = names.some((one) => one.startsWith(`${name}/`));
  const near = /[*?[{]/.test(name) ? undefined : nearest(name, names);
  const place = gsUri({ bucket: bucketName, name: folder });
  const hint = isPrefix
    ? `objects lie below ${uri}/: did you mean that, with the slash?`
    : near !== undefined
      ? `did you mean ${gsUri({ bucket: bucketName, name: near })}?`
      : `${place} holds ${someOf([...new Set(names.map((one) => one.slice(folder.length)))])}`;
  const what = /[*?[{]/.test(name)
    ? `no object matches ${uri}`
    : name === '' || name.endsWith('/')
      ? `there is no file of rows below ${uri}`
      : `there is no object ${uri}`;
  return terminal('NoSuchFile', plain(`${what}: ${hint}`), { uri });
}

/** Copies of yesterday go; one that is read is not older than a day. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found && found.mtimeMs < Date.now() - KEPT_MS) await rm(join(folder, name), { recursive: true, force: true });
  }
}
