import { createHash, hash, randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, mkdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/** Bytes read at once. */
const PIECE = 1 << 20;

/** `sha256:…` of a file, streamed. */
export async function digestFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    // A large buffer for each of many small files would keep the collector of garbage busy.
    if (size < PIECE) return `sha256:${hash('sha256', await file.readFile(), 'hex')}`;
    const digest = createHash('sha256');
    for await (const chunk of file.createReadStream({ highWaterMark: PIECE })) digest.update(chunk as Buffer);
    return `sha256:${digest.digest('hex')}`;
  } finally {
    await file.close();
  }
}

/** Writes a file so that it is there in full or not at all, also after a power cut. */
export async function writeAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const aside = asideOf(path);
  try {
    const file = await open(aside, 'w');
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** A name beside `path` that no other writer uses; `gc` sweeps those that a crash left behind. */
export function asideOf(path: string): string {
  return join(dirname(path), `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
}

/** Files below a folder, as sorted relative paths with `/`; links are not followed but listed as what they point to. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted();
}
