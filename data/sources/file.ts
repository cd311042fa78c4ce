import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { systemCode, terminal } from '../../configs/failure.ts';
import { nearest } from '../../configs/nearest.ts';
import { readBytes } from './bytes.ts';
import { compressionOf, containerOf } from './container.ts';
import { Damage } from './damage.ts';
import type { SourceFile } from './source.ts';

/** Enough to see the first lines of any file of rows. */
const HEAD_BYTES = 64 << 10;

/**
 * Looks at one file: its size, its container and how it is packed, by its content first.
 * @param name What people know it by.
 * @throws TerminalError `NoSuchFile`, `EmptyData`, `BadData` for one that is missing, empty or no data file.
 */
export async function lookAt(path: string, name = path): Promise<SourceFile> {
  const found = await statOf(path);
  if (!found.isFile()) throw terminal('BadData', `${name} is no regular file: name a file of rows`, { file: name });
  if (found.size === 0) throw empty(name, 'is empty');
  try {
    const packed = await headOf(path, found.size);
    const compression = compressionOf(packed);
    const head = compression ? await headOf(path, found.size, compression) : packed;
    const kind = head.length === 0 ? 'blank' : containerOf(head, path, head.length < HEAD_BYTES);
    if (kind === 'blank') throw empty(name, 'has nothing but white space in it');
    if ('stranger' in kind) throw refused(name, `is ${kind.stranger}`);
    if (compression && (kind.container === 'parquet' || kind.container === 'arrow')) {
      throw refused(name, `is ${kind.container} inside ${compression}: unpack it first`);
    }
    const { container } = kind;
    return { path, bytes: found.size, container, ...(compression ? { compression } : {}) };
  } catch (error) {
    if (error instanceof Damage) {
      throw terminal('BadData', `${name} is ${error.kind}: ${error.message}. Export it again`, { file: name }, error);
    }
    throw unreadable(path, error) ?? error;
  }
}

const WHAT = 'expected rows as JSONL (also .gz, .zst), JSON, CSV, TSV, Parquet or Arrow';

const empty = (path: string, how: string): Error => terminal('EmptyData', `${path} ${how}: ${WHAT}`, { file: path });

const refused = (path: string, how: string): Error => terminal('BadData', `${path} ${how}; ${WHAT}`, { file: path });

/** The first bytes, unpacked; of a file that is cut short behind them what is there. */
async function headOf(path: string, bytes: number, compression?: SourceFile['compression']): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of readBytes({ path, bytes, compression })) {
      pieces.push(Buffer.from(chunk.subarray(0, HEAD_BYTES - length)));
      length += chunk.length;
      if (length >= HEAD_BYTES) break;
    }
  } catch (error) {
    // Told when the rows are read, with the place.
    if (!(error instanceof Damage) || length === 0) throw error;
  }
  return Buffer.concat(pieces);
}

/** What is at a path. @throws TerminalError `NoSuchFile` with the nearest name. */
export async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const message = `the data file ${path} is not there: ${await hintFor(path)}`;
      throw terminal('NoSuchFile', message, { file: path }, error);
    }
    throw unreadable(path, error) ?? error;
  }
}

/** The error for a path that the system refuses, if it is one. */
export function unreadable(path: string, error: unknown): Error | undefined {
  const code = systemCode(error);
  if (code === 'EACCES' || code === 'EPERM') {
    return terminal('NoSuchFile', `${path} cannot be read: check its permissions`, { file: path }, error);
  }
  if (code === 'ELOOP') {
    return terminal('NoSuchFile', `${path} is a symbolic link that leads back to itself`, { file: path }, error);
  }
  if (code === 'ENAMETOOLONG') {
    return terminal('NoSuchFile', `${path.slice(0, 100)}… is too long for a path`, {}, error);
  }
  return undefined;
}

async function hintFor(path: string): Promise<string> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => undefined);
  if (!names) return `there is no folder ${folder}`;
  if (names.includes(basename(path))) return 'it is a symbolic link to a file that is gone';
  const near = nearest(basename(path), names);
  if (near !== undefined) return `did you mean ${near}?`;
  return `its folder holds ${someOf(names)}`;
}

/** A few names for a message. */
export function someOf(names: readonly string[], most = 5): string {
  if (names.length === 0) return 'nothing';
  const shown = names.toSorted().slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
