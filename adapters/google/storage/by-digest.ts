import type { Bucket, FileMetadata } from '@google-cloud/storage';
import { join } from 'node:path';
import { pathIn } from '../../../artifacts/address.ts';
import { digestFile } from '../../../artifacts/files.ts';
import { corrupt, writing } from '../../../artifacts/store.ts';
import { isType, terminal, type TerminalError } from '../../../configs/failure.ts';
import { bucketOf, openStorage, type StorageSettings } from './client.ts';
import { sumsOf, type Sums } from './crc32c.ts';
import { fetchTo } from './download.ts';
import { statusOf, type Doing } from './errors.ts';
import { headOf, listObjects } from './objects.ts';
import { persist, type Patience } from './persist.ts';
import type { RefsPlace } from './refs.ts';
import { openSessions } from './sessions.ts';
import { gsUri, parseGs } from './uri.ts';
import { createLarge, createSmall, LARGE_BYTES, type Creation } from './upload.ts';

/** Single files, and manifests of folders. */
export const KINDS = ['blobs', 'trees'] as const;
export type Kind = (typeof KINDS)[number];

export interface ByDigestOptions extends StorageSettings {
  /** `gs://bucket/prefix` */
  uri: string;
  /** Folder on this machine for uploads under way. */
  folder: string;
  /** Id of the ledger that writes. */
  owner?: string | undefined;
  patience?: Patience | undefined;
  stallMs?: number | undefined;
  piece?: number | undefined;
  /** Objects of one answer to a listing. */
  page?: number | undefined;
}

/** Objects below a prefix of a bucket, by what they hold. */
export interface ByDigest {
  /** `gs://bucket/prefix`, without a slash at its end. */
  address: string;
  head(kind: Kind, digest: string): Promise<FileMetadata | undefined>;
  /** Creates an object from bytes or from a file; being there with the same content is success. */
  create(kind: Kind, sums: Sums, from: Buffer | string): Promise<void>;
  /**
   * Fetches an object into a file of the cache and hashes it.
   * @throws TerminalError `MissingArtifact`, `CorruptArtifact` once it came damaged twice.
   */
  fetch(kind: Kind, digest: string, target: string, bytes?: number): Promise<number>;
  /** Removes one generation; gives its bytes. */
  remove(kind: Kind, digest: string, found: FileMetadata): Promise<number>;
  list(kind: Kind): AsyncGenerator<{ digest: string; metadata: FileMetadata }>;
  /** Ids of the ledgers that have written here. */
  owners(): Promise<string[]>;
  /** Where aliases are noted. */
  refs(): RefsPlace;
}

/** Opens what lies below a prefix; nothing is loaded or asked before the first call. */
export function byDigest(options: ByDigestOptions): ByDigest {
  const { patience, stallMs, piece, page, userProject } = options;
  const place = parseGs(options.uri);
  const prefix = place.name === '' ? '' : `${place.name.replace(/\/+$/, '')}/`;
  const address = `gs://${place.bucket}/${prefix}`.replace(/\/$/, '');
  const sessions = openSessions(join(options.folder, 'sessions'));
  let opened: Promise<Bucket> | undefined;
  const open = (): Promise<Bucket> => {
    opened ??= openStorage(options).then((storage) => bucketOf(storage, place.bucket, options));
    opened.catch(() => (opened = undefined));
    return opened;
  };
  const nameOf = (kind: Kind, digest: string): string => `${prefix}${pathIn(kind, digest)}`;
  const doing = (name: string): Doing => ({
    uri: gsUri({ bucket: place.bucket, name }),
    bucket: place.bucket,
    settings: options,
  });
  const head = async (kind: Kind, digest: string): Promise<FileMetadata | undefined> =>
    headOf(await open(), nameOf(kind, digest), doing(nameOf(kind, digest)), patience);
  const missing = (digest: string): TerminalError =>
    terminal('MissingArtifact', `artifact ${digest} is not in the store ${address}: a new run makes it again`, {
      digest,
    });
  const sizeOf = async (kind: Kind, digest: string): Promise<number> => {
    const found = await head(kind, digest);
    if (!found) throw missing(digest);
    return Number(found.size);
  };

  /** One transfer of an object at a time, whoever asks. */
  const underWay = new Map<string, Promise<unknown>>();
  const once = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const running = (underWay.get(key) as Promise<T> | undefined) ?? work().finally(() => underWay.delete(key));
    underWay.set(key, running);
    return running;
  };

  /** Notes, before the first thing is written, whose ledger it is in. */
  let introduced: Promise<void> | undefined;
  const introduce = async (): Promise<void> => {
    const { owner } = options;
    if (owner === undefined) return;
    introduced ??= (async () => {
      const data = Buffer.from(JSON.stringify({ ledger: owner }));
      const name = `${prefix}ledgers/${owner}.json`;
      await createSmall({ bucket: await open(), name, sums: sumsOf(data), settings: options, patience, stallMs }, data);
    })();
    introduced.catch(() => (introduced = undefined));
    return introduced;
  };

  return {
    address,
    head,

    create: (kind, sums, from) =>
      once(`create ${kind} ${sums.digest}`, async () => {
        await introduce();
        const name = nameOf(kind, sums.digest);
        const creation: Creation = { bucket: await open(), name, sums, settings: options, patience, stallMs };
        if (typeof from !== 'string') return createSmall(creation, from);
        if (sums.bytes <= LARGE_BYTES) throw new Error('a small object is created from its bytes');
        return createLarge(creation, from, sessions);
      }),

    fetch: (kind, digest, target, known) =>
      once(`fetch ${kind} ${digest}`, async () => {
        const name = nameOf(kind, digest);
        const bytes = known ?? (await sizeOf(kind, digest));
        const fetching = {
          bucket: await open(),
          name,
          doing: doing(name),
          bytes,
          patience,
          stallMs,
          piece,
          userProject,
        };
        const check = async (path: string): Promise<void> => {
          if ((await digestFile(path)) !== digest) throw corrupt(digest);
        };
        try {
          // Bytes that were changed on their way are others the second time.
          await writing(options.folder, () =>
            fetchTo(fetching, target, check).catch((error: unknown) => {
              if (!isType(error, 'CorruptArtifact')) throw error;
              return fetchTo(fetching, target, check);
            }),
          );
        } catch (error) {
          // 416: shorter than it has to be.
          if (statusOf(error) === 416) throw corrupt(digest);
          if (isType(error, 'StorageRefused') && !(await head(kind, digest))) throw missing(digest);
          throw error;
        }
        return bytes;
      }),

    remove: async (kind, digest, found) => {
      const file = (await open()).file(nameOf(kind, digest));
      const ifGenerationMatch = Number(found.generation);
      await persist(
        doing(file.name),
        () => file.delete({ ifGenerationMatch, ignoreNotFound: true }).then(() => undefined, ignoreMoved),
        patience,
      );
      return Number(found.size);
    },

    owners: async () => {
      const found: string[] = [];
      for await (const page of listObjects(await open(), `${prefix}ledgers/`, doing(prefix), { patience }))
        found.push(...page.map(({ name }) => name.replace(/^.*\//, '').replace(/\.json$/, '')));
      return found;
    },

    refs: () => ({ open, prefix, doing, patience }),

    list: async function* (kind) {
      for await (const found of listObjects(await open(), `${prefix}${kind}/`, doing(prefix), { patience, page })) {
        for (const { name, metadata } of found) {
          const [, start, rest] = /\/([0-9a-f]{2})\/([0-9a-f]{62})$/.exec(name) ?? [];
          if (start !== undefined) yield { digest: `sha256:${start}${rest}`, metadata };
        }
      }
    },
  };
}

/** Another one removed it first, or has put the right bytes in its place. */
function ignoreMoved(error: unknown): void {
  if (statusOf(error) !== 412 && statusOf(error) !== 404) throw error;
}
