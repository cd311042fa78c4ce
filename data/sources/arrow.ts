import { open, type FileHandle } from 'node:fs/promises';
import { DataType, DateUnit, RecordBatchReader, TimeUnit, type Vector } from 'apache-arrow';
import { messageOf, terminal } from '../../configs/failure.ts';
import { checked, plainBytes, plainDecimal, plainInteger, plainMap, plainNumber } from './duckdb.ts';
import type { FoundRecord, SourceFile } from './source.ts';

/** Rows between two turns of the event loop, however large the batches of the file are. */
const BATCH_ROWS = 1000;

/**
 * The rows of an Arrow IPC file or stream (what `save_to_disk` of Hugging Face datasets writes), batch by batch.
 * @throws TerminalError `BadData` for a file that is cut short or damaged.
 */
export async function* readArrow(
  { path, bytes }: SourceFile,
  maxRowBytes: number,
  signal?: AbortSignal,
): AsyncGenerator<FoundRecord[]> {
  const file = await open(path);
  let line = 0;
  try {
    await checkEnd(file, bytes);
    const reader = await RecordBatchReader.from(file);
    await reader.open();
    for await (const batch of reader) {
      const columns = batch.schema.fields.map((field, number): [string, Vector | null] => [
        field.name,
        batch.getChildAt(number),
      ]);
      for (let from = 0; from < batch.numRows; from += BATCH_ROWS) {
        signal?.throwIfAborted();
        const found: FoundRecord[] = [];
        for (let row = from; row < Math.min(batch.numRows, from + BATCH_ROWS); row++) {
          line += 1;
          const fields = columns.map(([name, column]): [string, unknown] => [
            name,
            column ? plain(column.type as DataType, column.get(row)) : null,
          ]);
          found.push(checked(line, Object.fromEntries(fields), maxRowBytes));
        }
        yield found;
        await new Promise(setImmediate);
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    const until = line === 0 ? 'No row could be read' : `The rows up to ${line} could be read`;
    throw terminal(
      'BadData',
      `${path} is damaged, or no Arrow file that can be read: ${messageOf(error)}. ${until}. Export the file again`,
      { file: path, line },
      error,
    );
  } finally {
    await file.close().catch(() => undefined);
  }
}

/**
 * The last bytes tell whether a file was written to its end; the reader of a stream takes every end of a batch
 * for the end of the rows.
 */
async function checkEnd(file: FileHandle, bytes: number): Promise<void> {
  const ends = Buffer.alloc(16);
  await file.read(ends, 0, 8, 0);
  await file.read(ends, 8, 8, Math.max(0, bytes - 8));
  const isFile = ends.toString('latin1', 0, 6) === 'ARROW1';
  const isWhole = isFile
    ? ends.toString('latin1', 10, 16) === 'ARROW1'
    : ends.readUInt32BE(8) === 0xffffffff && ends.readUInt32BE(12) === 0;
  if (!isWhole) throw new Error('it is cut short');
}

/** What an Arrow value is in JSON; see the same for DuckDB. */
function plain(type: DataType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (DataType.isDictionary(type)) return plain(type.dictionary, value);
  if (DataType.isTimestamp(type)) return isoTime(Number(value), type.timezone ? 'Z' : '');
  if (DataType.isDate(type)) return isoTime(Number(value), '').slice(0, type.unit === DateUnit.DAY ? 10 : undefined);
  if (DataType.isTime(type)) return isoTime(Number(value) * MILLISECONDS[type.unit], '').slice(11);
  if (DataType.isDecimal(type)) return decimal(value as Uint32Array, type.scale);
  if (value instanceof Uint8Array) return plainBytes(value);
  if (DataType.isMap(type)) {
    const pair = type.children[0]?.type as DataType | undefined;
    const [key, inner] = pair?.children ?? [];
    const entries = [...(value as Iterable<[unknown, unknown]>)];
    return plainMap(
      entries.map(([k, v]) => [key ? plain(key.type as DataType, k) : k, inner ? plain(inner.type as DataType, v) : v]),
    );
  }
  if (DataType.isStruct(type)) {
    const fields = new Map(type.children.map((field) => [field.name, field.type as DataType]));
    const entries = [...(value as Iterable<[string, unknown]>)];
    return Object.fromEntries(entries.map(([name, field]) => [name, plain(fields.get(name) ?? type, field)]));
  }
  if (isVector(value)) return Array.from(value, (item: unknown) => plain(value.type as DataType, item));
  if (typeof value === 'bigint') return plainInteger(value);
  if (typeof value === 'number') return plainNumber(value);
  return typeof value === 'object' ? JSON.parse(JSON.stringify(value)) : value;
}

const MILLISECONDS = {
  [TimeUnit.SECOND]: 1000,
  [TimeUnit.MILLISECOND]: 1,
  [TimeUnit.MICROSECOND]: 1e-3,
  [TimeUnit.NANOSECOND]: 1e-6,
} as const;

const isVector = (value: unknown): value is Vector =>
  typeof value === 'object' && value !== null && Symbol.iterator in value && 'type' in value;

function isoTime(milliseconds: number, zone: string): string {
  const date = new Date(milliseconds);
  // Outside what JavaScript can count the number is all there is.
  return Number.isNaN(date.getTime()) ? String(milliseconds) : date.toISOString().replace('Z', zone);
}

/** A fixed-point number: 32-bit words, the lowest first, in two's complement. */
function decimal(words: Uint32Array, scale: number): number | string {
  const unsigned = words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
  const value = BigInt.asIntN(words.length * 32, unsigned);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const sign = value < 0n ? '-' : '';
  return plainDecimal(scale > 0 ? `${sign}${whole}.${digits.slice(-scale)}` : `${sign}${whole}`);
}
