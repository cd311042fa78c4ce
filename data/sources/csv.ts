import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import { messageOf, terminal } from '../../configs/failure.ts';
import { Damage } from './damage.ts';
import { Kept, withoutMark } from './kept.ts';
import { badRecord, invalidUtf8, tooLong } from './record.ts';
import type { FoundRecord, Splitter } from './source.ts';

const [NEWLINE, RETURN, QUOTE] = [10, 13, 34] as const;

/** More columns than any table that people train on; a file with more is something else. */
const MOST_COLUMNS = 10_000;

const DELIMITERS = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' } as const;
type Delimiter = keyof typeof DELIMITERS;

/** A whole record of the file, before it is parsed. */
interface Piece {
  line: number;
  bytes: Buffer;
  size: number;
}

/**
 * Cuts CSV and TSV (RFC 4180) into records: the first one names the columns, every value stays text. Where records
 * end is found here, so that a broken one takes no other with it; csv-parse reads what is between.
 * @throws TerminalError `BadData` for a header that cannot be used. @throws Damage for a quote that never closes.
 */
export class CsvSplitter implements Splitter {
  readonly #path: string;
  readonly #maxRowBytes: number;
  readonly #kept: Kept;
  #line = 1;
  #began = 1;
  #isQuoted = false;
  /** The byte before this one, across chunks: a quote opens only at the beginning of a field. */
  #before: number = NEWLINE;
  #delimiterByte = 0;
  #delimiter: Delimiter = ',';
  readonly #given: Delimiter | undefined;
  #columns: string[] | undefined;
  lastGood = 0;

  constructor(path: string, maxRowBytes: number, delimiter?: Delimiter) {
    this.#path = path;
    this.#given = delimiter;
    this.#maxRowBytes = maxRowBytes;
    this.#kept = new Kept(maxRowBytes);
  }

  push(chunk: Buffer): FoundRecord[] {
    const pieces: Piece[] = [];
    const found: FoundRecord[] = [];
    let start = 0;
    let quote = chunk.indexOf(QUOTE);
    for (let at = 0; at < chunk.length;) {
      // Without a quote ahead of the next line end, that is where the record ends.
      const newline = this.#isQuoted ? -1 : chunk.indexOf(NEWLINE, at);
      if (quote !== -1 && quote < at) quote = chunk.indexOf(QUOTE, at);
      let end = newline;
      if (this.#isQuoted || (quote !== -1 && (newline === -1 || quote < newline))) end = this.#scan(chunk, at);
      else if (newline === -1) this.#before = chunk[chunk.length - 1] as number;
      if (end === -1) break;
      this.#kept.add(chunk.subarray(start, end));
      pieces.push({ line: this.#began, ...this.#kept.take() });
      if (!this.#columns) this.#readHeader(pieces);
      this.#line += 1;
      this.#began = this.#line;
      this.#before = NEWLINE;
      at = start = end + 1;
    }
    this.#kept.add(chunk.subarray(start));
    this.#parse(pieces, found);
    return found;
  }

  end(): FoundRecord[] {
    const found: FoundRecord[] = [];
    if (this.#isQuoted) {
      const message = `a quote that opens in the record on line ${this.#began} is not closed before the end of the file`;
      throw new Damage('damaged', message);
    }
    if (this.#kept.size > 0) {
      const pieces = [{ line: this.#began, ...this.#kept.take() }];
      if (!this.#columns) this.#readHeader(pieces);
      this.#parse(pieces, found);
    }
    return found;
  }

  /** Goes byte by byte to the line end outside quotes, -1 if the chunk has none. */
  #scan(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#isQuoted) {
        if (byte === QUOTE) this.#isQuoted = false;
        else if (byte === NEWLINE) this.#line += 1;
      } else if (byte === NEWLINE) return at;
      // Directly behind a quote that has closed, one opens again: that is how a quote is written in a quoted field.
      else if (byte === QUOTE) {
        this.#isQuoted = this.#opensAfter(this.#before);
        // A quote in the middle of a bare field is an error of that record, not the beginning of a text.
        this.#before = this.#isQuoted ? QUOTE : 0;
        continue;
      }
      this.#before = byte;
    }
    return -1;
  }

  #opensAfter(before: number): boolean {
    if (before === QUOTE || before === NEWLINE) return true;
    // The mark that Windows programs write first ends with this byte.
    if (this.#began === 1 && before === 0xbf) return true;
    return this.#delimiterByte === 0 ? [...DELIMITER_BYTES].includes(before) : before === this.#delimiterByte;
  }

  #readHeader(pieces: Piece[]): void {
    const header = pieces.pop();
    if (!header) return;
    const bytes = withoutMark(header.bytes);
    const text = bytes.toString('utf8').replace(/\r$/, '');
    if (text.trim() === '') return;
    const refuse = (message: string): never => {
      throw terminal('BadData', `${this.#path}:${header.line} ${message}`, { file: this.#path, line: header.line });
    };
    if (header.size > this.#maxRowBytes) {
      refuse(
        `has a header of ${header.size} bytes, more than maxRowBytes ${this.#maxRowBytes}: it is no table of rows`,
      );
    }
    if (!isUtf8(bytes)) refuse(`${invalidUtf8(bytes, 'line')}: save the file as UTF-8`);
    if (text.replaceAll(/"[^"]*"/g, '').includes('\r')) {
      refuse('ends its lines with CR alone: save the file with LF or CRLF');
    }
    this.#delimiter = this.#given ?? delimiterOf(text);
    this.#delimiterByte = this.#delimiter.charCodeAt(0);
    let columns: string[] = [];
    try {
      columns = parseAll(Buffer.concat([bytes, LINE_END]), this.#delimiter)[0] ?? [];
    } catch (error) {
      refuse(`has a header that cannot be read: ${reasonOf(error)}`);
    }
    if (columns.length > MOST_COLUMNS) {
      refuse(`has ${columns.length} columns, more than the ${MOST_COLUMNS} that a table may have`);
    }
    const empty = columns.findIndex((name) => name.trim() === '');
    if (empty !== -1)
      refuse(`has no name for column ${empty + 1} in its header: the first line has to name every column`);
    const seen = new Set<string>();
    const twice = columns.find((name) => seen.size === seen.add(name).size);
    if (twice !== undefined) refuse(`names two columns "${twice}" in its header: give each a name of its own`);
    this.#columns = columns;
  }

  /** All records of a chunk at once; one by one only if something is wrong with one of them. */
  #parse(pieces: Piece[], found: FoundRecord[]): void {
    const columns = this.#columns;
    const rows = pieces.filter(({ bytes, size }) => size > 1 || (size === 1 && bytes[0] !== RETURN));
    if (!columns || rows.length === 0) return;
    const all = this.#parseTogether(rows);
    for (const [number, piece] of rows.entries()) {
      const record = this.#recordOf(columns, piece, all?.[number]);
      if ('value' in record) this.lastGood = record.line;
      found.push(record);
    }
  }

  #parseTogether(rows: readonly Piece[]): string[][] | undefined {
    if (rows.some(({ size }) => size > this.#maxRowBytes)) return undefined;
    const bytes = Buffer.concat(rows.flatMap((row) => [row.bytes, LINE_END]));
    if (!isUtf8(bytes)) return undefined;
    try {
      const records = parseAll(bytes, this.#delimiter);
      return records.length === rows.length ? records : undefined;
    } catch {
      return undefined;
    }
  }

  #recordOf(columns: readonly string[], { line, bytes, size }: Piece, parsed: string[] | undefined): FoundRecord {
    if (size > this.#maxRowBytes) return badRecord(line, tooLong(size, this.#maxRowBytes), bytes);
    let fields = parsed;
    if (!fields) {
      if (!isUtf8(bytes)) return badRecord(line, invalidUtf8(bytes, 'record'), bytes);
      try {
        fields = parseAll(Buffer.concat([bytes, LINE_END]), this.#delimiter)[0] ?? [];
      } catch (error) {
        return badRecord(line, `is not valid CSV: ${reasonOf(error)}`, bytes);
      }
    }
    if (fields.length !== columns.length) {
      const many = fields.length > columns.length ? 'many' : 'few';
      const reason = `has too ${many} fields: ${fields.length}, and the header names ${columns.length} columns`;
      return badRecord(line, `${reason}, separated by a ${DELIMITERS[this.#delimiter]}`, bytes);
    }
    return { line, value: objectOf(columns, fields) };
  }
}

const LINE_END = Buffer.from('\n');
const DELIMITER_BYTES = Buffer.from(Object.keys(DELIMITERS).join(''));

const parseAll = (bytes: Buffer, delimiter: Delimiter): string[][] =>
  parse(bytes, { delimiter, record_delimiter: ['\r\n', '\n'], relax_column_count: true });

function objectOf(columns: readonly string[], fields: readonly string[]): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (let column = 0; column < columns.length; column++) {
    const name = columns[column] as string;
    if (name === '__proto__') {
      Object.defineProperty(value, name, {
        value: fields[column],
        enumerable: true,
        writable: true,
        configurable: true,
      });
    } else value[name] = fields[column];
  }
  return value;
}

/** The delimiter that stands most often outside quotes; a header of one column has none. */
function delimiterOf(header: string): Delimiter {
  const bare = header.replaceAll(/"[^"]*"/g, '');
  const known = Object.keys(DELIMITERS) as Delimiter[];
  const counted = known.map((delimiter) => ({ delimiter, count: bare.split(delimiter).length }));
  return counted.toSorted((a, b) => b.count - a.count)[0]?.delimiter ?? ',';
}

/** What csv-parse says, without the line, which counts from the beginning of the record. */
const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'INVALID_OPENING_QUOTE' || code === 'CSV_INVALID_OPENING_QUOTE') {
    return 'a quote inside a field that does not begin with one';
  }
  if (code === 'CSV_INVALID_CLOSING_QUOTE') return 'something between a closing quote and the end of its field';
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote that is not closed';
  return messageOf(error);
};
