import { isUtf8 } from 'node:buffer';
import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUnionValue,
  type DuckDBConnection,
  type DuckDBResult,
} from '@duckdb/node-api';
import { isDeeper, MAX_DEPTH, tooLong } from './record.ts';
import type { FoundRecord } from './source.ts';

/**
 * Enough for a row group and a sort; two threads, since a worker shares its machine. Nothing is fetched from
 * anywhere and nothing is written to the disk.
 */
const SETTINGS = {
  memory_limit: '512MB',
  threads: '2',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  temp_directory: '',
};

/** Rows between two turns of the event loop. */
const BATCH_ROWS = 512;

/**
 * Runs work on a database in memory, after `prepare` shut in: it can read the given files and change nothing, not
 * even its settings.
 */
export async function* inDuckDb(
  paths: readonly string[],
  prepare: (connection: DuckDBConnection) => Promise<void>,
  work: (connection: DuckDBConnection) => AsyncGenerator<FoundRecord[]>,
  signal?: AbortSignal,
): AsyncGenerator<FoundRecord[]> {
  const instance = await DuckDBInstance.create(':memory:', SETTINGS);
  const connection = await instance.connect();
  const interrupt = (): void => connection.interrupt();
  signal?.addEventListener('abort', interrupt);
  try {
    await prepare(connection);
    // A path with signs of globs is looked up as a pattern first, and then as the path that it matches.
    const allowed = paths.flatMap((path) => [quoted(path), quotedPath(path)]);
    await connection.run(`SET allowed_paths = [${allowed.join(', ')}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    yield* work(connection);
    // A result that was interrupted ends like one that is complete.
    signal?.throwIfAborted();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', interrupt);
    connection.closeSync();
    instance.closeSync();
  }
}

/** A text as an SQL literal. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A path as an SQL literal that matches this path alone. */
export const quotedPath = (path: string): string => quoted(path.replaceAll(/[*?[]/g, '[$&]'));

/** The rows of a result that is being streamed, as plain JSON values. */
export async function* rowsOf(result: DuckDBResult, maxRowBytes: number): AsyncGenerator<FoundRecord[]> {
  const names = result.deduplicatedColumnNames();
  let line = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return;
    const columns = chunk.getColumns();
    for (let from = 0; from < chunk.rowCount; from += BATCH_ROWS) {
      // A chunk of nested values takes longer than the event loop may be held.
      await new Promise(setImmediate);
      const batch: FoundRecord[] = [];
      for (let row = from; row < Math.min(chunk.rowCount, from + BATCH_ROWS); row++) {
        line += 1;
        const fields = names.map((name, column): [string, unknown] => [name, plain(columns[column]?.[row])]);
        batch.push(checked(line, Object.fromEntries(fields), maxRowBytes));
      }
      yield batch;
    }
  }
}

/** A record from a binary container: its size is that of its texts and numbers, roughly that of its JSON. */
export function checked(line: number, value: Record<string, unknown>, maxRowBytes: number): FoundRecord {
  const size = sizeOf(value);
  if (size > maxRowBytes) return { line, reason: tooLong(size, maxRowBytes), excerpt: excerptOf(value) };
  if (isDeeper(value, MAX_DEPTH)) {
    return { line, reason: `is nested more than ${MAX_DEPTH} levels deep`, excerpt: excerptOf(value) };
  }
  return { line, value };
}

/** The first columns of a row, for a person to recognise it. */
function excerptOf(value: Record<string, unknown>): string {
  const shown = Object.entries(value).map(([name, field]) => {
    const text = typeof field === 'string' ? field.slice(0, 100) : typeof field === 'object' ? '…' : String(field);
    return `${name}: ${text}`;
  });
  return shown.join(', ').slice(0, 200);
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 2;
  if (typeof value !== 'object' || value === null) return 4;
  let size = 2;
  if (Array.isArray(value)) for (const item of value) size += sizeOf(item) + 1;
  else for (const [key, item] of Object.entries(value)) size += key.length + 4 + sizeOf(item);
  return size;
}

/** What a DuckDB value is in JSON: dates in ISO 8601, numbers that are too large as text, blobs as text or base64. */
function plain(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return plainNumber(value);
  if (typeof value === 'bigint') return plainInteger(value);
  if (typeof value !== 'object') return value;
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(plain);
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([key, field]) => [key, plain(field)]));
  }
  if (value instanceof DuckDBMapValue)
    return plainMap(value.entries.map(({ key, value }) => [plain(key), plain(value)]));
  if (value instanceof DuckDBUnionValue) return plain(value.value);
  if (value instanceof DuckDBBlobValue) return plainBytes(value.bytes);
  if (value instanceof DuckDBDecimalValue) return plainDecimal(value.toString());
  if (value instanceof DuckDBDateValue) return String(value);
  if (value instanceof DuckDBTimestampTZValue) return `${isoTime(new DuckDBTimestampValue(value.micros))}Z`;
  const isTime =
    value instanceof DuckDBTimestampValue ||
    value instanceof DuckDBTimestampSecondsValue ||
    value instanceof DuckDBTimestampMillisecondsValue ||
    value instanceof DuckDBTimestampNanosecondsValue;
  return isTime ? isoTime(value) : String(value);
}

const isoTime = (value: object): string => String(value).replace(' ', 'T');

/** JSON has no NaN: in a table it means that there is no value. */
export const plainNumber = (value: number): number | string | null =>
  Number.isNaN(value) ? null : Number.isFinite(value) ? value : String(value);

/** A whole number, as text where a double would change it. */
export const plainInteger = (value: bigint): number | string =>
  BigInt.asIntN(54, value) === value ? Number(value) : String(value);

/** A decimal number, as text where a double would change it. */
export function plainDecimal(text: string): number | string {
  const bare = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return String(Number(bare)) === bare ? Number(bare) : text;
}

/** Bytes as the text they are, else as base64. */
export function plainBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString(isUtf8(buffer) ? 'utf8' : 'base64');
}

/** A map with texts as keys is an object, any other one a list of pairs. */
export const plainMap = (entries: readonly (readonly [unknown, unknown])[]): unknown =>
  entries.every(([key]) => typeof key === 'string')
    ? Object.fromEntries(entries as readonly (readonly [string, unknown])[])
    : entries.map(([key, value]) => ({ key, value }));
