import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { messageOf, systemCode } from '../../configs/failure.ts';
import { Damage } from './damage.ts';
import type { Compression } from './source.ts';
import { ZstdFrames } from './zstd-frames.ts';

/**
 * A few hundred chat rows. Less: more turns of the event loop than work. More: rows live long enough for V8 to
 * keep them, and the process grows sooner.
 */
const CHUNK_BYTES = 128 << 10;
/** What a damaged file loses before the damage is at most what one such piece holds. */
const PACKED_CHUNK_BYTES = 64 << 10;

/** What is read: a path, how it is packed, and the bytes it had when it was found. */
export interface Packed {
  path: string;
  bytes: number;
  compression?: Compression | undefined;
}

/**
 * The unpacked bytes of a file, in constant memory whatever they unpack to. A chunk is overwritten by the next.
 * @throws Damage for a file that is cut short, damaged, or shrinks while it is read.
 */
export async function* readBytes(file: Packed, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const raw = rawBytes(file, file.compression ? PACKED_CHUNK_BYTES : CHUNK_BYTES, signal);
  if (file.compression === 'gzip') yield* unzip(raw, signal);
  else if (file.compression === 'zstd') yield* unzstd(raw, signal);
  else yield* raw;
}

async function* rawBytes({ path, bytes }: Packed, size: number, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const file = await open(path);
  const read = async (buffer: Buffer): Promise<Buffer> =>
    buffer.subarray(0, (await file.read(buffer, 0, size, null)).bytesRead);
  // While one piece is worked on, the next is read.
  let [now, later] = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  let next = read(now);
  try {
    let total = 0;
    for (;;) {
      signal?.throwIfAborted();
      const chunk = await next;
      if (chunk.length === 0) break;
      total += chunk.length;
      [now, later] = [later, now];
      next = read(now);
      next.catch(() => undefined);
      yield chunk;
    }
    if (total < bytes) {
      throw new Damage('cut short', `it had ${bytes} bytes when it was found and ${total} when it was read`);
    }
  } finally {
    await next.catch(() => undefined);
    await file.close();
  }
}

async function* unzip(raw: AsyncIterable<Buffer>, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const decoder = createGunzip({ chunkSize: CHUNK_BYTES });
  try {
    for await (const chunk of raw) yield* feed(decoder, chunk, signal);
    yield* finish(decoder);
  } finally {
    decoder.destroy();
  }
}

async function* unzstd(raw: AsyncIterable<Buffer>, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const frames = new ZstdFrames();
  let decoder: Transform | undefined;
  try {
    for await (const chunk of raw) {
      let from = 0;
      for (const end of [...frames.endsIn(chunk), chunk.length]) {
        if (end === from) continue;
        decoder ??= createZstdDecompress({ chunkSize: CHUNK_BYTES });
        yield* feed(decoder, chunk.subarray(from, end), signal);
        from = end;
        if (end === chunk.length && !frames.areWhole) continue;
        yield* finish(decoder);
        decoder.destroy();
        decoder = undefined;
      }
    }
    if (!frames.areWhole) throw new Damage('cut short', 'its last frame does not end');
  } finally {
    decoder?.destroy();
  }
}

/**
 * Puts one piece through a decoder and hands on what comes out. Piece by piece, not as a pipeline: a pipeline
 * that meets an error throws away what is on its way, and rows before the damage would be lost.
 */
async function* feed(decoder: Transform, piece: Buffer, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const stop = new AbortController();
  const done = new Promise<void>((resolve, reject) => {
    decoder.once('error', reject);
    decoder.write(piece, (error) => (error ? reject(error) : resolve()));
  }).finally(() => stop.abort());
  done.catch(() => undefined);
  while (!stop.signal.aborted) {
    yield* drain(decoder, signal);
    await once(decoder, 'readable', { signal: stop.signal }).catch(() => undefined);
  }
  yield* drain(decoder, signal);
  await done.catch((error: unknown) => {
    throw damageOf(error);
  });
  decoder.removeAllListeners('error');
  decoder.on('error', () => undefined);
}

async function* finish(decoder: Transform): AsyncGenerator<Buffer> {
  decoder.end();
  try {
    for await (const out of decoder) yield out as Buffer;
  } catch (error) {
    throw damageOf(error);
  }
}

function* drain(decoder: Transform, signal?: AbortSignal): Generator<Buffer> {
  for (let out = decoder.read() as Buffer | null; out !== null; out = decoder.read() as Buffer | null) {
    signal?.throwIfAborted();
    yield out;
  }
}

const damageOf = (error: unknown): Damage =>
  systemCode(error) === 'Z_BUF_ERROR'
    ? new Damage('cut short', 'its compressed data do not end', error)
    : new Damage('damaged', `its compressed data cannot be unpacked (${messageOf(error)})`, error);
