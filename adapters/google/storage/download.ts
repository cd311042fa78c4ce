import { once } from 'node:events';
import { mkdir, open, rename, rm, chmod, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Bucket, File } from '@google-cloud/storage';
import { asideOf } from '../../../artifacts/files.ts';
import type { Doing } from './errors.ts';
import { inParallel, persist, type Patience } from './persist.ts';

/** Bytes asked for in one request. More: a line that breaks loses more. Less: more requests, each of which costs. */
const PIECE = 32 << 20;
/** Pieces under way at once; one connection alone does not fill a fast line. */
const AT_ONCE = 4;
/** Longest time without a byte, in ms. */
const STALL_MS = 30_000;

/** What is fetched, and how. */
export interface Fetching {
  bucket: Bucket;
  name: string;
  doing: Doing;
  bytes: number;
  /** Only these bytes will do. */
  generation?: string | number | undefined;
  patience?: Patience | undefined;
  stallMs?: number | undefined;
  piece?: number | undefined;
}

/**
 * Fetches an object into a file, large ones in pieces at once; a piece that breaks off goes on where it broke. The
 * file is there in full or not at all; `check` looks at it before.
 */
export async function fetchTo(
  fetching: Fetching,
  target: string,
  check: (path: string) => Promise<void>,
): Promise<void> {
  const { bucket, name, bytes, generation, piece = PIECE } = fetching;
  const object = bucket.file(name, generation === undefined ? {} : { generation });
  await mkdir(dirname(target), { recursive: true });
  const aside = asideOf(target);
  try {
    const file = await open(aside, 'w');
    try {
      const starts = Array.from({ length: Math.ceil(bytes / piece) }, (_, i) => i * piece);
      await inParallel(starts, AT_ONCE, (start) =>
        fetchPiece(fetching, object, file, start, Math.min(bytes, start + piece)),
      );
    } finally {
      await file.close();
    }
    await check(aside);
    await chmod(aside, 0o444);
    await rename(aside, target);
  } finally {
    await rm(aside, { force: true });
  }
}

async function fetchPiece(
  fetching: Fetching,
  object: File,
  file: FileHandle,
  start: number,
  end: number,
): Promise<void> {
  const { doing, bytes, patience, stallMs = STALL_MS } = fetching;
  let at = start;
  while (at < end) {
    // Each byte that came makes the next break a first one again.
    await persist(
      doing,
      async () => {
        const before = at;
        const isWhole = at === 0 && end === bytes;
        const options = { validation: false, decompress: false, ...(isWhole ? {} : { start: at, end: end - 1 }) };
        const stream = object.createReadStream(options);
        const stalled = setTimeout(() => stream.destroy(new Error('nothing came any more: timed out')), stallMs);
        try {
          for await (const chunk of stream as AsyncIterable<Buffer>) {
            stalled.refresh();
            const taken = chunk.subarray(0, end - at);
            await file.write(taken, 0, taken.length, at);
            at += taken.length;
            if (at === end) break;
          }
          if (at < end) throw Object.assign(new Error('the answer ended early'), { code: 'ECONNRESET' });
        } catch (error) {
          if (at === before) throw error;
        } finally {
          clearTimeout(stalled);
          stream.destroy();
          if (!stream.closed) await once(stream, 'close').catch(() => undefined);
        }
      },
      patience,
    );
  }
}
