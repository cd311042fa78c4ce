import { setImmediate } from 'node:timers/promises';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

const CHUNK_BYTES = 4 * 2 ** 20;
const NEWLINE = 10;

/** Writes values as JSON lines, in large pieces; `close` has to be called. */
export interface LineWriter {
  readonly path: string;
  readonly count: number;
  write(value: unknown): void;
  /** Closing again does nothing. */
  close(): void;
}

/** Opens a new file for JSON lines. Synchronous: a row costs no promise. */
export function writeLines(path: string): LineWriter {
  const file = openSync(path, 'w');
  let pending: string[] = [];
  let length = 0;
  let count = 0;
  let closed = false;
  const flush = (): void => {
    if (pending.length === 0) return;
    const bytes = Buffer.from(pending.join(''));
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    pending = [];
    length = 0;
  };
  return {
    path,
    get count() {
      return count;
    },
    write: (value) => {
      const line = `${JSON.stringify(value)}\n`;
      pending.push(line);
      length += line.length;
      count += 1;
      if (length >= CHUNK_BYTES / 4) flush();
    },
    close: () => {
      if (closed) return;
      closed = true;
      try {
        flush();
      } finally {
        closeSync(file);
      }
    },
  };
}

/**
 * Reads JSON lines that Anneal wrote itself, in batches and in constant memory.
 * @throws SyntaxError for a line that is no JSON: such a file was not written by us.
 */
export function* readLines<T>(path: string): Generator<T[]> {
  const file = openSync(path, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES / 4);
      const read = readSync(file, chunk, 0, chunk.length, null);
      if (read === 0) break;
      const bytes = rest.length === 0 ? chunk.subarray(0, read) : Buffer.concat([rest, chunk.subarray(0, read)]);
      const batch: T[] = [];
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        if (end > start) batch.push(JSON.parse(bytes.toString('utf8', start, end)) as T);
        start = end + 1;
      }
      rest = bytes.subarray(start);
      if (batch.length > 0) yield batch;
    }
    if (rest.length > 0) yield [JSON.parse(rest.toString('utf8')) as T];
  } finally {
    closeSync(file);
  }
}

/** Rows of a file that Anneal wrote, from the beginning each time they are asked for. */
export const rowsIn = <T>(path: string): Iterable<T> => ({
  *[Symbol.iterator]() {
    for (const batch of readLines<T>(path)) yield* batch;
  },
});

/** The same for large files on a thread that has to answer meanwhile: it gets a turn after every batch. */
export async function* breathing<T>(path: string): AsyncGenerator<T> {
  for (const batch of readLines<T>(path)) {
    yield* batch;
    await setImmediate();
  }
}
