import { mkdir, open, rename, rm, chmod, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Bucket } from '@google-cloud/storage';
import { asideOf } from '../../../artifacts/files.ts';
import type { Doing } from './errors.ts';
import { inParallel, persist, type Patience } from './persist.ts';
import { coded, refusal, transfer } from './transfer.ts';

/** Bytes asked for in one request. More: a line that breaks loses more. Less: more requests, each of which costs. */
const PIECE = 32 << 20;
/** Bytes of one write. */
const PORTION = 1 << 20;
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
  userProject?: string | undefined;
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
  const { bytes, piece = PIECE } = fetching;
  await mkdir(dirname(target), { recursive: true });
  const aside = asideOf(target);
  try {
    const file = await open(aside, 'w');
    try {
      const starts = Array.from({ length: Math.ceil(bytes / piece) }, (_, i) => i * piece);
      await inParallel(starts, AT_ONCE, (at) => fetchPiece(fetching, file, at, Math.min(bytes, at + piece)));
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

async function fetchPiece(fetching: Fetching, file: FileHandle, start: number, end: number): Promise<void> {
  const { bucket, doing, bytes, patience, stallMs = STALL_MS } = fetching;
  const url = addressOf(fetching);
  let at = start;
  while (at < end) {
    const before = at;
    // Each byte that came makes the next break a first one again.
    await persist(
      doing,
      async () => {
        const isWhole = at === 0 && end === bytes;
        const headers: Record<string, string> = isWhole ? {} : { range: `bytes=${at}-${end - 1}` };
        try {
          await transfer(bucket, { method: 'GET', url, headers, stallMs }, async (answer) => {
            if (answer.status !== (isWhole ? 200 : 206)) throw await refusal(answer);
            for await (const chunks of gathered(answer.body, end - at)) {
              await file.writev(chunks, at);
              at += chunks.reduce((sum, { length }) => sum + length, 0);
            }
            if (at < end) throw coded('the answer ended early', 'ECONNRESET');
          });
        } catch (error) {
          if (at === before) throw error;
        }
      },
      patience,
    );
  }
}

/** What comes, in portions worth a write, and no more than `most` bytes of it. */
async function* gathered(body: AsyncIterable<unknown>, most: number): AsyncGenerator<Buffer[]> {
  let [chunks, held, left]: [Buffer[], number, number] = [[], 0, most];
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const taken = chunk.subarray(0, left);
    chunks.push(taken);
    held += taken.length;
    left -= taken.length;
    if (held >= PORTION || left === 0) {
      yield chunks;
      [chunks, held] = [[], 0];
    }
    if (left === 0) return;
  }
  if (held > 0) yield chunks;
}

function addressOf({ bucket, name, generation, userProject }: Fetching): string {
  const query = new URLSearchParams({ alt: 'media' });
  if (generation !== undefined) query.set('generation', String(generation));
  if (userProject !== undefined) query.set('userProject', userProject);
  return `${bucket.storage.baseUrl}/b/${bucket.name}/o/${encodeURIComponent(name)}?${query.toString()}`;
}
