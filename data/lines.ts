import { setImmediate } from 'node:timers/promises';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

const WRITE_BYTES = 256 << 10;
/** As in sources: rows of a larger piece live long enough for V8 to keep them, and the process grows. */
const READ_BYTES = 128 << 10;
const NEWLINE = 10;

/** Buffers that were given back: files come by the hundred, and a new buffer for each is garbage that V8 collects in vain. */
const MOST_KEPT = 8;
const free: Buffer[] = [];
const freeToWrite: Buffer[] = [];

const giveBack = (to: Buffer[], buffer: Buffer, size: number): void => {
  if (buffer.length === size && to.length < MOST_KEPT) to.push(buffer);
};

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
  // One buffer for all lines: texts that wait to be joined would live long enough to become costly garbage.
  const buffer = freeToWrite.pop() ?? Buffer.allocUnsafeSlow(WRITE_BYTES);
  let used = 0;
  let count = 0;
  let closed = false;
  const writeAll = (bytes: Buffer, length: number): void => {
    for (let done = 0; done < length;) done += writeSync(file, bytes, done, length - done);
  };
  const flush = (): void => {
    writeAll(buffer, used);
    used = 0;
  };
  return {
    path,
    get count() {
      return count;
    },
    write: (value) => {
      const line = `${JSON.stringify(value)}\n`;
      // A UTF-16 unit takes three bytes at most.
      const most = line.length * 3;
      if (most > buffer.length - used) flush();
      if (most > buffer.length) {
        const bytes = Buffer.from(line);
        writeAll(bytes, bytes.length);
      } else used += buffer.write(line, used);
      count += 1;
    },
    close: () => {
      if (closed) return;
      closed = true;
      try {
        flush();
      } finally {
        closeSync(file);
        giveBack(freeToWrite, buffer, WRITE_BYTES);
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
  let buffer = free.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
  try {
    // Bytes of a line that has not ended, at the beginning of the buffer.
    let rest = 0;
    for (;;) {
      if (rest === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
      const read = readSync(file, buffer, rest, buffer.length - rest, null);
      if (read === 0) break;
      const filled = rest + read;
      const last = buffer.lastIndexOf(NEWLINE, filled - 1);
      const batch: T[] = [];
      let start = 0;
      while (start <= last) {
        const end = buffer.indexOf(NEWLINE, start);
        if (end > start) batch.push(JSON.parse(buffer.toString('utf8', start, end)) as T);
        start = end + 1;
      }
      buffer.copyWithin(0, start, filled);
      rest = filled - start;
      if (batch.length > 0) yield batch;
    }
    if (rest > 0) yield [JSON.parse(buffer.toString('utf8', 0, rest)) as T];
  } finally {
    closeSync(file);
    giveBack(free, buffer, READ_BYTES);
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
