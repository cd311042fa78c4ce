import { constants } from 'node:fs';
import { access, chmod, copyFile, mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestOf, hexOf } from '../../../artifacts/canonical.ts';
import { asideOf, digestFile } from '../../../artifacts/files.ts';
import { createFileStore, writing, type Store } from '../../../artifacts/store.ts';

/** What was handed out as a path may be read by a training that runs for so long, in ms. */
const IN_USE_MS = 12 * 3_600_000;
/** When the bound is passed, it is swept down to this share of it, so that not every file asks for a sweep. */
const SWEEP_TO = 0.9;

/**
 * Other processes write there, too: after adding this share of the bound, what is there is measured anew. More: several
 * processes together go further over the bound. Less: more looks at every file.
 */
const LOOK_AFTER = 0.05;

/** A file under construction that was not written to for so long, in ms, is nobody's any more. */
const LEFT_MS = 3_600_000;

/** A bounded store of files, in the layout of the file store. */
export interface Cache {
  root: string;
  /** What is read through. */
  files: Store;
  /** Where a single file lies, or would. */
  placeOf(digest: string): string;
  manifestOf(digest: string): string;
  /** Whether a single file is there, of this size where one is given; it is hashed when it is read. */
  has(digest: string, bytes?: number): Promise<boolean>;
  /** Takes bytes whose digest is known; where that fails there is no copy. Not synced: what a power cut tears is fetched again. */
  keep(digest: string, data: Uint8Array): Promise<void>;
  /** Takes a copy of a file whose digest is known; false: it is larger than the bound, or there is no space. */
  adopt(path: string, digest: string, bytes: number): Promise<boolean>;
  /** Notes that bytes were added, and makes room when they are too many. */
  added(bytes: number): Promise<void>;
  /** Keeps files of this process from being swept while they are read; the function given back ends that. */
  hold(digests: readonly string[]): () => void;
  /** Notes that something is read; `isHeld`: by its path, so that it has to stay for a while. */
  used(digest: string, isHeld: boolean): Promise<void>;
  /** Takes away a copy that is not what its digest says. */
  dropDamaged(digest: string): Promise<void>;
  /** Notes that what this store holds under a digest is something else; kept for other processes. */
  noteDamage(digest: string): Promise<void>;
  isDamaged(digest: string): Promise<boolean>;
  forgetDamage(digest: string): Promise<void>;
}

/**
 * Opens a cache of at most `most` bytes; what is in use may take it over that.
 *
 * @param store Address of the store that it is a cache of; several may share it.
 */
export function openCache(root: string, store: string, most: number, inUseMs: number = IN_USE_MS): Cache {
  const files = createFileStore(root);
  const place = (kind: string, digest: string): string =>
    join(root, kind, hexOf(digest).slice(0, 2), hexOf(digest).slice(2));
  const placeOf = (digest: string): string => place('blobs', digest);
  const inUse = (digest: string): string => join(root, 'in-use', hexOf(digest));
  const damaged = (digest: string): string => join(root, 'damaged', hexOf(digestOf(`${store} ${digest}`)));
  let held: number | undefined;
  let unseen = 0;
  const reading = new Map<string, number>();
  const count = (digest: string, by: number): void => {
    const left = (reading.get(hexOf(digest)) ?? 0) + by;
    if (left === 0) reading.delete(hexOf(digest));
    else reading.set(hexOf(digest), left);
  };
  let sweeping: Promise<void> | undefined;

  const added = async (bytes: number): Promise<void> => {
    unseen += bytes;
    if (held === undefined || unseen > most * LOOK_AFTER) {
      unseen = 0;
      held = await sizeOf(root);
    } else held += bytes;
    if (held <= most) return;
    sweeping ??= sweep(root, most * SWEEP_TO, inUseMs, reading)
      .then((left) => void (held = left))
      .finally(() => (sweeping = undefined));
    await sweeping;
  };

  return {
    root,
    files,
    placeOf,
    manifestOf: (digest) => place('trees', digest),
    has: async (digest, bytes) => {
      const found = await stat(placeOf(digest)).catch(() => undefined);
      return found !== undefined && (bytes === undefined || found.size === bytes);
    },
    keep: async (digest, data) => {
      if (data.length > most) return;
      const target = placeOf(digest);
      const aside = asideOf(target);
      try {
        await mkdir(dirname(target), { recursive: true });
        await writeFile(aside, data, { mode: 0o444 });
        await rename(aside, target);
      } catch {
        await rm(aside, { force: true });
        return;
      }
      await added(data.length);
    },
    adopt: async (path, digest, bytes) => {
      if (bytes > most) return false;
      const target = placeOf(digest);
      await mkdir(dirname(target), { recursive: true });
      const aside = asideOf(target);
      try {
        await writing(root, () => copyFile(path, aside, constants.COPYFILE_FICLONE));
        await chmod(aside, 0o444);
        await rename(aside, target);
      } catch (error) {
        // A cache that is full is no reason not to send the file.
        if ((error as { type?: unknown }).type === 'DiskFull') return false;
        throw error;
      } finally {
        await rm(aside, { force: true });
      }
      await added(bytes);
      return true;
    },
    added,
    hold: (digests) => {
      for (const digest of digests) count(digest, 1);
      return () => digests.forEach((digest) => count(digest, -1));
    },
    used: async (digest, isHeld) => {
      const now = new Date();
      await utimes(placeOf(digest), now, now).catch(() => undefined);
      if (isHeld) await touch(inUse(digest));
    },
    dropDamaged: async (digest) => {
      const found = await digestFile(placeOf(digest)).catch(() => undefined);
      if (found !== undefined && found !== digest) await rm(placeOf(digest), { force: true });
    },
    noteDamage: (digest) => touch(damaged(digest)),
    isDamaged: (digest) =>
      access(damaged(digest)).then(
        () => true,
        () => false,
      ),
    forgetDamage: (digest) => rm(damaged(digest), { force: true }),
  };
}

async function touch(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '');
}

interface Entry {
  path: string;
  hex: string;
  size: number;
  /** Also in a folder that was put together. */
  isLinked: boolean;
  usedAt: number;
}

async function entriesOf(root: string): Promise<Entry[]> {
  const names = await readdir(join(root, 'blobs'), { recursive: true }).catch(() => []);
  const found = names.map(async (name): Promise<Entry[]> => {
    const path = join(root, 'blobs', name);
    const about = await stat(path).catch(() => undefined);
    if (!about?.isFile()) return [];
    if (name.includes('.tmp-')) {
      // Left behind by a process that was killed.
      if (about.mtimeMs < Date.now() - LEFT_MS) await rm(path, { force: true });
      return [];
    }
    const { size, nlink, mtimeMs } = about;
    return [{ path, hex: name.replaceAll('/', ''), size, isLinked: nlink > 1, usedAt: mtimeMs }];
  });
  return (await Promise.all(found)).flat();
}

const sizeOf = async (root: string): Promise<number> => total(await entriesOf(root));

const total = (entries: readonly Entry[]): number => entries.reduce((sum, { size }) => sum + size, 0);

/**
 * Removes what was used least recently until `target` bytes are left. Files in a folder that was handed out stay with
 * it; a folder that nobody asked for since `inUseMs` goes, and then its files may.
 */
async function sweep(
  root: string,
  target: number,
  inUseMs: number,
  reading: ReadonlyMap<string, number>,
): Promise<number> {
  const since = Date.now() - inUseMs;
  const heldAt = async (hex: string): Promise<number> =>
    (await stat(join(root, 'in-use', hex)).catch(() => undefined))?.mtimeMs ?? 0;
  for (const hex of await readdir(join(root, 'in-use')).catch(() => [])) {
    if ((await heldAt(hex)) < since) await rm(join(root, 'in-use', hex), { force: true });
  }
  let entries = await entriesOf(root);
  if (total(entries) <= target) return total(entries);
  for (const hex of await readdir(join(root, 'folders')).catch(() => [])) {
    if (!reading.has(hex) && (await heldAt(hex)) < since)
      await rm(join(root, 'folders', hex), { recursive: true, force: true });
  }
  entries = await entriesOf(root);
  let left = total(entries);
  for (const { path, hex, size, isLinked } of entries.toSorted((a, b) => a.usedAt - b.usedAt)) {
    if (left <= target) break;
    if (isLinked || reading.has(hex) || (await heldAt(hex)) >= since) continue;
    await rm(path, { force: true });
    left -= size;
  }
  return left;
}
