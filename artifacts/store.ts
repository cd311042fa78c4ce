import { constants } from 'node:fs';
import {
  access,
  chmod,
  copyFile,
  link,
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  statfs,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { systemCode, terminal } from '../configs/failure.ts';
import { digestOf, hexOf } from './canonical.ts';
import { canonicalJson } from '../configs/canonical-json.ts';
import { asideOf, digestFile, listFiles, writeAtomic } from './files.ts';

/** One file of a folder artifact. */
const Entry = z.strictObject({ path: z.string(), bytes: z.int(), sha256: z.string() });
/** What a folder artifact is made of; its digest is that of this in canonical JSON. */
export const Manifest = z.strictObject({ files: z.array(Entry) });
export type Manifest = z.infer<typeof Manifest>;

/** What was stored: its address and size. */
export interface Stored {
  digest: string;
  bytes: number;
  /** 1 for a single file. */
  files: number;
  /** Address of a store elsewhere that it lies in; absent: the state folder. */
  store?: string;
}

/** Where an alias of a model line points. */
export interface AliasNote {
  model: string;
  alias: string;
  version: number;
  digest: string;
  /** When it was moved, as the ledger has it: an older move never replaces a newer one. */
  at: string;
}

export type Condition = 'ok' | 'missing' | 'corrupt';

/** Where artifacts live. Everything written is immutable; everything read has been checked against its digest. */
export interface Store {
  /** Stores text or bytes as one file. */
  putBytes(data: string | Uint8Array): Promise<Stored>;
  /** Stores a copy of a file. */
  putFile(path: string): Promise<Stored>;
  /** Stores a copy of a folder, or of the named files in it; its digest is that of its sorted manifest. */
  putFolder(path: string, only?: readonly string[]): Promise<Stored>;
  /** The bytes of a single-file artifact. @throws CorruptArtifact, MissingArtifact */
  read(digest: string): Promise<Buffer>;
  /** Path of a checked local copy: a file, or a folder for a folder artifact. Read-only. @throws as `read` */
  path(digest: string): Promise<string>;
  /** Hashes everything again. */
  condition(digest: string): Promise<Condition>;
  /** Puts a damaged artifact out of the way, so that it can be made again. */
  discard(digest: string): Promise<void>;
  /** Digests of single files and folders that are there. */
  list(): Promise<{ blobs: string[]; trees: string[] }>;
  /** Digests of the files in a folder artifact. */
  members(digest: string): Promise<string[]>;
  /** Bytes that one file, or the manifest of a folder, takes. */
  size(digest: string): Promise<number>;
  /** Removes for good; gives the bytes freed. Only `gc` calls it. */
  remove(digest: string): Promise<number>;
  /** Every file and folder that is there, where that takes fewer calls than asking for each. */
  survey?(): Promise<Map<string, { condition: Condition; bytes: number }>>;
  /** Ids of the ledgers whose artifacts lie there, where several may share it. */
  owners?(): Promise<string[]>;
  /** Notes beside the artifacts where an alias points; the ledger stays what counts. */
  noteAlias?(alias: AliasNote): Promise<void>;
  /** What the store is made of, by address, where it is made of several; undefined stands for the state folder. */
  parts?(): Promise<readonly { uri: string | undefined; store: Store }[]>;
}

/** Reports a damaged artifact on read; the step that made it is made again. */
export function corrupt(digest: string): Error {
  return terminal(
    'CorruptArtifact',
    `artifact ${digest} no longer matches its digest: run \`anneal verify\` to find what is damaged; a new run makes it again`,
    { digest },
  );
}

/**
 * A store in a folder. Single files lie in `blobs/`, manifests of folders in `trees/`, both by digest;
 * a manifest is written after its files, so what can be found is complete.
 */
export function createFileStore(root: string): Store {
  const place = (kind: 'blobs' | 'trees', digest: string): string => {
    const hex = hexOf(digest);
    return join(root, kind, hex.slice(0, 2), hex.slice(2));
  };
  const blob = (digest: string): string => place('blobs', digest);
  const tree = (digest: string): string => place('trees', digest);

  /** What the store holds already is not copied again; of a copy the bytes are hashed, so what is stored is what was hashed. */
  const adopt = async (source: string): Promise<Stored> => {
    const found = await reading(source, () => digestFile(source));
    if ((await digestFile(blob(found)).catch(() => undefined)) === found) {
      return { digest: found, bytes: (await stat(blob(found))).size, files: 1 };
    }
    return writing(root, async () => {
      await mkdir(join(root, 'incoming'), { recursive: true });
      const aside = asideOf(join(root, 'incoming', 'file'));
      try {
        await copyFile(source, aside, constants.COPYFILE_FICLONE);
        // Opened for reading: the copy of a read-only file is read-only.
        const file = await open(aside, 'r');
        try {
          await file.sync();
        } finally {
          await file.close();
        }
        const digest = await digestFile(aside);
        const { size } = await stat(aside);
        await settle(aside, blob(digest));
        return { digest, bytes: size, files: 1 };
      } finally {
        await rm(aside, { force: true });
      }
    });
  };

  const manifestOf = async (digest: string): Promise<Manifest | undefined> => {
    let text: string;
    try {
      text = await readFile(tree(digest), 'utf8');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    if (digestOf(text) !== digest) throw corrupt(digest);
    return Manifest.parse(JSON.parse(text));
  };

  const checked = async (digest: string): Promise<string> => {
    const path = blob(digest);
    if (!(await exists(path)))
      throw terminal('MissingArtifact', `artifact ${digest} is not in the store ${root}: a new run makes it again`, {
        digest,
      });
    if ((await digestFile(path)) !== digest) throw corrupt(digest);
    return path;
  };

  const isWhole = async (target: string, { files }: Manifest): Promise<boolean> => {
    // Also a file too many: a trainer that reads `*.safetensors` would take it for a part of the model.
    const found = await listFiles(target).catch(() => undefined);
    if (found?.length !== files.length) return false;
    for (const { path, sha256 } of files) {
      const hashed = await digestFile(join(target, path)).catch(() => undefined);
      if (hashed !== `sha256:${sha256}`) return false;
    }
    return true;
  };

  /** A folder made of hard links to the blobs (copies where links cannot be made), checked file by file. */
  const folder = async (digest: string, manifest: Manifest): Promise<string> => {
    const target = join(root, 'folders', hexOf(digest));
    if (await isWhole(target, manifest)) return target;
    const [aside, damaged] = [asideOf(target), asideOf(target)];
    try {
      await mkdir(aside, { recursive: true });
      for (const { path, sha256 } of manifest.files) {
        const source = await checked(`sha256:${sha256}`);
        await mkdir(dirname(join(aside, path)), { recursive: true });
        await link(source, join(aside, path)).catch(() => copyFile(source, join(aside, path)));
      }
      // What lies there is put out of the way only when it is damaged: another worker may be reading it.
      for (let tries = 1; ; tries++) {
        try {
          await rename(aside, target);
          return target;
        } catch (error) {
          if (await isWhole(target, manifest)) return target; // another worker was first
          if (tries === 3) throw error;
          await rename(target, damaged).catch(() => undefined);
        }
      }
    } finally {
      await rm(aside, { recursive: true, force: true });
      await rm(damaged, { recursive: true, force: true });
    }
  };

  return {
    putBytes: (data) =>
      writing(root, async () => {
        const digest = digestOf(data);
        if ((await digestFile(blob(digest)).catch(() => undefined)) !== digest) await writeAtomic(blob(digest), data);
        return { digest, bytes: typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength, files: 1 };
      }),

    putFile: adopt,

    putFolder: (path, only) =>
      writing(root, async () => {
        const files: Manifest['files'] = [];
        for (const name of only?.toSorted() ?? (await listFiles(path))) {
          const { digest, bytes } = await adopt(join(path, name));
          files.push({ path: name, bytes, sha256: hexOf(digest) });
        }
        const text = canonicalJson({ files } satisfies Manifest);
        const digest = digestOf(text);
        await writeAtomic(tree(digest), text);
        return { digest, bytes: files.reduce((sum, file) => sum + file.bytes, 0), files: files.length };
      }),

    read: async (digest) => readFile(await checked(digest)),

    path: async (digest) => {
      const manifest = await manifestOf(digest);
      return manifest ? folder(digest, manifest) : checked(digest);
    },

    condition: async (digest) => {
      try {
        const manifest = await manifestOf(digest);
        const parts = manifest ? manifest.files.map(({ sha256 }) => `sha256:${sha256}`) : [digest];
        for (const part of parts) await checked(part);
        return 'ok';
      } catch (error) {
        if (error instanceof Error && 'type' in error && error.type === 'CorruptArtifact') return 'corrupt';
        if (error instanceof Error && 'type' in error && error.type === 'MissingArtifact') return 'missing';
        if (error instanceof SyntaxError || error instanceof z.ZodError) return 'corrupt';
        throw error;
      }
    },

    discard: async (digest) => {
      await rm(join(root, 'folders', hexOf(digest)), { recursive: true, force: true });
      const members = await manifestOf(digest)
        .then((manifest) => manifest?.files.map(({ sha256 }) => `sha256:${sha256}`) ?? [digest])
        .catch(() => [digest]);
      for (const member of members) {
        if ((await exists(blob(member))) && (await digestFile(blob(member))) !== member)
          await rm(blob(member), { force: true });
      }
      await rm(tree(digest), { force: true });
    },

    list: async () => ({
      blobs: await listDigests(join(root, 'blobs')),
      trees: await listDigests(join(root, 'trees')),
    }),

    members: async (digest) => ((await manifestOf(digest))?.files ?? []).map(({ sha256 }) => `sha256:${sha256}`),

    size: async (digest) => {
      const found = await Promise.all([blob(digest), tree(digest)].map((path) => stat(path).catch(() => undefined)));
      return found.reduce((sum, file) => sum + (file?.size ?? 0), 0);
    },

    remove: async (digest) => {
      let freed = 0;
      for (const path of [blob(digest), tree(digest)]) {
        const found = await stat(path).catch(() => undefined);
        if (!found) continue;
        freed += found.size;
        await rm(path, { force: true });
      }
      await rm(join(root, 'folders', hexOf(digest)), { recursive: true, force: true });
      return freed;
    },
  };
}

/** Free bytes on the disk that holds a path. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** Read-only and in place. What lies there already has the same bytes, or is damaged and thereby mended. */
async function settle(aside: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await chmod(aside, 0o444);
  await rename(aside, target);
}

/** A file that may not be read is a person's to mend, and no fault of the store. */
export async function reading<T>(source: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw terminal('UnreadableFile', `cannot read ${source} (${code}): check its owner and permissions`, {}, error);
  }
}

/** Turns the two failures of a disk that a person has to mend into a sentence. */
export async function writing<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw terminal(
        'DiskFull',
        `no space left for the store ${root}: free some (\`anneal gc\` shows what can go), then \`anneal rerun\` the run`,
        {},
        error,
      );
    }
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR') {
      throw terminal(
        'StoreNotWritable',
        `cannot write to the store ${root} (${code}): check its owner and permissions, or set ANNEAL_HOME to a folder of yours`,
        {},
        error,
      );
    }
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function listDigests(folder: string): Promise<string[]> {
  // Two hex digits each; a file manager may leave files of its own beside them.
  const prefixes = (await readdir(folder).catch(() => [])).filter((name) => /^[0-9a-f]{2}$/.test(name));
  const lists = await Promise.all(
    prefixes.map(async (prefix) =>
      (await readdir(join(folder, prefix)))
        .filter((name) => !name.startsWith('.'))
        .map((rest) => `sha256:${prefix}${rest}`),
    ),
  );
  return lists.flat().toSorted();
}
