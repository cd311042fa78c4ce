import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileMetadata } from '@google-cloud/storage';
import { digestOf, hexOf } from '../../../artifacts/canonical.ts';
import { listFiles, writeAtomic } from '../../../artifacts/files.ts';
import { Manifest, reading, type Condition, type Store, type Stored } from '../../../artifacts/store.ts';
import { canonicalJson } from '../../../configs/canonical-json.ts';
import { isType, systemCode } from '../../../configs/failure.ts';
import { byDigest, KINDS, type Kind } from './by-digest.ts';
import { openCache } from './cache.ts';
import type { StorageSettings } from './client.ts';
import { sumsOf, sumsOfFile } from './crc32c.ts';
import { conditionOf } from './objects.ts';
import { inParallel, type Patience } from './persist.ts';
import { setRemoteAlias } from './refs.ts';
import { LARGE_BYTES } from './upload.ts';

/** Files of a folder that are sent or fetched at once. */
const FILES_AT_ONCE = 8;
/** Questions for what is noted about an object, at once. */
const QUESTIONS_AT_ONCE = 16;
/** Bytes of the cache when nobody says. */
export const CACHE_BYTES = 20e9;

/** A store in a bucket. */
export interface GcsStoreOptions extends StorageSettings {
  /** `gs://bucket/prefix` */
  uri: string;
  /** Folder of the read-through cache; stores and processes may share one. */
  cache: string;
  /** Id of the ledger that writes; noted in the bucket, so that nobody takes away what is another's. */
  owner?: string | undefined;
  /** Bound of the cache. @default 20 GB */
  cacheBytes?: number | undefined;
  /** How long a path that was given is kept from being swept, in ms. @default 12 hours */
  inUseMs?: number | undefined;
  patience?: Patience | undefined;
  /** Longest time without a byte moving, in ms. */
  stallMs?: number | undefined;
  /** Bytes of a large object fetched in one request. */
  piece?: number | undefined;
  /** Objects of one answer to a listing. */
  page?: number | undefined;
}

/**
 * A store in Cloud Storage: single files in `blobs/`, manifests of folders in `trees/` below the prefix, both by digest,
 * each written once and never changed. What is written and read is kept in a cache on this machine, which is a file
 * store with a bound; everything read has been hashed here. Nothing is loaded or asked before the first call.
 */
export function createGcsStore(options: GcsStoreOptions): Store {
  const bucket = byDigest({ ...options, folder: options.cache });
  const cache = openCache(options.cache, bucket.address, options.cacheBytes ?? CACHE_BYTES, options.inUseMs);
  const membersOf = (manifest: Manifest | undefined): string[] =>
    manifest?.files.map(({ sha256 }) => `sha256:${sha256}`) ?? [];

  const putData = async (data: Buffer, kind: Kind): Promise<Stored> => {
    const sums = sumsOf(data);
    await bucket.create(kind, sums, data);
    await cache.forgetDamage(sums.digest);
    return { digest: sums.digest, bytes: data.length, files: 1, store: bucket.address };
  };

  const putBytes = async (data: Buffer): Promise<Stored> => {
    const stored = await putData(data, 'blobs');
    await cache.keep(stored.digest, data);
    return stored;
  };

  const putFile = async (path: string): Promise<Stored> => {
    const { size } = await reading(path, () => stat(path));
    if (size <= LARGE_BYTES) return putBytes(await reading(path, () => readFile(path)));
    const sums = await reading(path, () => sumsOfFile(path));
    const { digest, bytes } = sums;
    if (bytes <= LARGE_BYTES) return putBytes(await reading(path, () => readFile(path))); // it has shrunk since
    const found = await bucket.head('blobs', digest);
    const isThere = found && conditionOf(digest, found) === 'ok' && !(await cache.isDamaged(digest));
    if (!isThere) {
      // The copy is what is sent, and must not be swept meanwhile.
      const release = cache.hold([digest]);
      try {
        const isKept = await cache.adopt(path, digest, bytes);
        await bucket.create('blobs', sums, isKept ? cache.placeOf(digest) : path).catch((error: unknown) => {
          // Another process has swept the copy meanwhile; of a source that changed the service takes nothing.
          if (!isKept || systemCode(error) !== 'ENOENT') throw error;
          return bucket.create('blobs', sums, path);
        });
      } finally {
        release();
      }
      await cache.forgetDamage(digest);
    }
    return { digest, bytes, files: 1, store: bucket.address };
  };

  const fetch = async (kind: Kind, digest: string, known?: number): Promise<void> => {
    try {
      const target = kind === 'blobs' ? cache.placeOf(digest) : cache.manifestOf(digest);
      const bytes = await bucket.fetch(kind, digest, target, known);
      await cache.forgetDamage(digest);
      if (kind === 'blobs') await cache.added(bytes);
    } catch (error) {
      if (isType(error, 'CorruptArtifact')) await cache.noteDamage(digest);
      throw error;
    }
  };

  /** What a folder is made of; undefined for a single file, or for what is not there. */
  const manifestOf = async (digest: string): Promise<Manifest | undefined> => {
    const read = async (): Promise<Manifest | undefined> => {
      const text = await readFile(cache.manifestOf(digest), 'utf8').catch(() => undefined);
      return text !== undefined && digestOf(text) === digest ? Manifest.parse(JSON.parse(text)) : undefined;
    };
    const kept = await read();
    if (kept) return kept;
    if (await cache.has(digest)) return undefined;
    if (!(await bucket.head('trees', digest))) return undefined;
    await fetch('trees', digest);
    return read();
  };

  /** What the cache has; what is damaged there, or was swept meanwhile, is fetched again. */
  const through = async <T>(digest: string, isHeld: boolean, read: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      const manifest = await manifestOf(digest);
      const all = [digest, ...membersOf(manifest)];
      const release = cache.hold(all);
      let isFetched = false;
      try {
        for (const one of all) await cache.used(one, isHeld);
        if (!manifest && !(await cache.has(digest))) await fetch('blobs', digest);
        await inParallel(manifest?.files ?? [], FILES_AT_ONCE, async ({ sha256, bytes }) => {
          if (!(await cache.has(`sha256:${sha256}`, bytes))) await fetch('blobs', `sha256:${sha256}`, bytes);
        });
        isFetched = true;
        return await read();
      } catch (error) {
        const isAgain = isFetched && tries < 3;
        if (!isAgain || !(isType(error, 'CorruptArtifact') || isType(error, 'MissingArtifact'))) throw error;
        for (const one of all) await cache.dropDamaged(one);
      } finally {
        release();
      }
    }
  };

  const conditionIn = async (kind: Kind, digest: string, known?: FileMetadata): Promise<Condition> => {
    const found = known ?? (await bucket.head(kind, digest));
    if (!found) return 'missing';
    if (await cache.isDamaged(digest)) return 'corrupt';
    const told = conditionOf(digest, found);
    if (told !== 'unknown') return told;
    try {
      // Put there by another program: nothing but its bytes can tell.
      await fetch(kind, digest, Number(found.size));
      return 'ok';
    } catch (error) {
      if (isType(error, 'CorruptArtifact')) return 'corrupt';
      throw error;
    }
  };

  return {
    putBytes: (data) => putBytes(typeof data === 'string' ? Buffer.from(data) : Buffer.from(data)),

    putFile,

    putFolder: async (path, only) => {
      const names = only?.toSorted() ?? (await listFiles(path));
      const files = await inParallel(names, FILES_AT_ONCE, async (name) => {
        const { digest, bytes } = await putFile(join(path, name));
        return { path: name, bytes, sha256: hexOf(digest) };
      });
      const text = canonicalJson({ files } satisfies Manifest);
      // The manifest is last: what can be found is complete.
      const { digest, store } = await putData(Buffer.from(text), 'trees');
      await writeAtomic(cache.manifestOf(digest), text).catch(() => undefined);
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      return { digest, bytes, files: files.length, ...(store === undefined ? {} : { store }) };
    },

    read: (digest) => through(digest, false, () => cache.files.read(digest)),

    path: (digest) => through(digest, true, () => cache.files.path(digest)),

    condition: async (digest) => {
      try {
        const manifest = await manifestOf(digest);
        if (!manifest) return await conditionIn('blobs', digest);
        const told = await inParallel([digest, ...membersOf(manifest)], QUESTIONS_AT_ONCE, (one, i) =>
          conditionIn(i === 0 ? 'trees' : 'blobs', one),
        );
        return told.find((one) => one === 'corrupt') ?? told.find((one) => one === 'missing') ?? 'ok';
      } catch (error) {
        if (isType(error, 'CorruptArtifact')) return 'corrupt';
        if (isType(error, 'MissingArtifact')) return 'missing';
        throw error;
      }
    },

    discard: async (digest) => {
      const manifest = await manifestOf(digest).catch(() => undefined);
      await inParallel(manifest ? membersOf(manifest) : [digest], QUESTIONS_AT_ONCE, async (member) => {
        const found = await bucket.head('blobs', member);
        const isBad = found && (conditionOf(member, found) === 'corrupt' || (await cache.isDamaged(member)));
        if (isBad) await bucket.remove('blobs', member, found);
        await cache.forgetDamage(member);
      });
      const tree = await bucket.head('trees', digest);
      if (tree) await bucket.remove('trees', digest, tree);
      await cache.forgetDamage(digest);
      await cache.files.discard(digest);
    },

    list: async () => {
      const digestsOf = async (kind: Kind): Promise<string[]> => {
        const digests: string[] = [];
        for await (const { digest } of bucket.list(kind)) digests.push(digest);
        return digests.toSorted();
      };
      const [blobs, trees] = await Promise.all([digestsOf('blobs'), digestsOf('trees')]);
      return { blobs, trees };
    },

    members: async (digest) => membersOf(await manifestOf(digest)),

    size: async (digest) => {
      const found = await Promise.all(KINDS.map((kind) => bucket.head(kind, digest)));
      return found.reduce((sum, metadata) => sum + Number(metadata?.size ?? 0), 0);
    },

    remove: async (digest) => {
      let freed = 0;
      for (const kind of KINDS) {
        const found = await bucket.head(kind, digest);
        if (found) freed += await bucket.remove(kind, digest, found);
      }
      await cache.files.remove(digest);
      return freed;
    },

    survey: async () => {
      const told = new Map<string, { condition: Condition; bytes: number }>();
      for (const kind of KINDS) {
        for await (const { digest, metadata } of bucket.list(kind)) {
          told.set(digest, { condition: await conditionIn(kind, digest, metadata), bytes: Number(metadata.size) });
        }
      }
      return told;
    },

    owners: () => bucket.owners(),

    noteAlias: async (alias) => void (await setRemoteAlias(bucket.refs(), alias)),
  };
}
