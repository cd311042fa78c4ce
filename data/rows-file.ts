import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { systemCode, terminal } from '../configs/failure.ts';
import { nearest } from '../configs/nearest.ts';
import { readJsonl } from './jsonl.ts';
import { unusable } from './template.ts';

/** A line of a row file: a row that can be used, or what is wrong with it. */
export type FoundRow =
  | { line: number; row: Record<string, unknown> }
  | { line: number; reason: string; excerpt: string; columns?: string[] };

/** What a row has to be to be used. */
export interface RowDemands {
  /** Columns that the template needs. */
  columns: readonly string[];
  /** Longest row in bytes. */
  maxRowBytes: number;
}

/**
 * Size in bytes of a file of rows.
 * @throws TerminalError `NoSuchFile`, `EmptyData`, `BadData` for one that is missing, empty or not text.
 */
export async function checkRowsFile(file: string): Promise<number> {
  const size = await sizeOf(file);
  if (size === 0) throw terminal('EmptyData', `${file} is empty: expected JSONL, one JSON object a line`, { file });
  // An archive, a Parquet file or a picture given by mistake is refused as a whole, not line by line.
  for await (const chunk of createReadStream(file, { end: 65_535 })) {
    if ((chunk as Buffer).includes(0)) {
      const message = `${file} is a binary file, not JSONL: expected UTF-8 text, one JSON object a line`;
      throw terminal('BadData', message, { file });
    }
  }
  return size;
}

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw terminal('NoSuchFile', `${file} is a folder: name a JSONL file in it`, { file });
    return found.size;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw terminal('NoSuchFile', `the data file ${file} is not there: check the path`, { file }, error);
    }
    if (code === 'EACCES') {
      throw terminal('NoSuchFile', `the data file ${file} cannot be read: check its permissions`, { file }, error);
    }
    throw error;
  }
}

/** Reads a file of rows line by line, at most `maxBytes` of it. A line cut off by that bound is not reported. */
export async function* readRows(
  file: string,
  { columns, maxRowBytes }: RowDemands,
  maxBytes = Number.POSITIVE_INFINITY,
): AsyncGenerator<FoundRow> {
  const end = Number.isFinite(maxBytes) ? { end: maxBytes - 1 } : {};
  const stream = createReadStream(file, { highWaterMark: 1 << 20, ...end });
  let last: FoundRow | undefined;
  for await (const found of readJsonl(stream, maxRowBytes)) {
    if (last) yield last;
    const reason = 'row' in found ? unusable(found.row, columns) : undefined;
    last =
      'row' in found && reason !== undefined
        ? {
            line: found.line,
            reason,
            excerpt: JSON.stringify(found.row).slice(0, 200),
            columns: Object.keys(found.row),
          }
        : found;
  }
  if (last && stream.bytesRead < maxBytes) yield last;
}

/** Bad rows of a file that are named in a note. */
const NAMED = 5;

/** Counts good and bad rows, and remembers what a person has to be told when there are too many bad ones. */
export class RowTally {
  good = 0;
  bad = 0;
  first: { line: number; reason: string } | undefined;
  #columns: string[] = [];
  /** What is named after the first. */
  #further: string[] = [];

  add(found: FoundRow): void {
    if (!('reason' in found)) {
      this.good += 1;
      return;
    }
    this.bad += 1;
    if (this.first === undefined) this.first = { line: found.line, reason: found.reason };
    else if (this.#further.length < NAMED - 1) this.#further.push(`line ${found.line} ${found.reason}`);
    if (this.#columns.length === 0) this.#columns = found.columns ?? [];
  }

  get rows(): number {
    return this.good + this.bad;
  }

  /** The sentence that ends the run when more than `maxBadShare` of the rows are bad, or none is there. */
  problem(file: string, columns: readonly string[], maxBadShare: number): string | undefined {
    if (this.rows === 0) {
      const isJsonl = /\.(jsonl|ndjson)(\.\w+)?$/i.test(file);
      return `${file} has no rows: ${isJsonl ? 'expected JSONL, one JSON object a line' : 'expected at least one'}`;
    }
    if (!this.first || this.bad / this.rows <= maxBadShare) return undefined;
    const missing = columns.find((column) => this.#columns.length > 0 && !this.#columns.includes(column));
    const near = missing === undefined ? undefined : nearest(missing, this.#columns);
    const hint = near === undefined ? '' : ` Did you mean {{${near}}} in data.template?`;
    const share = `${this.bad} of ${this.rows} rows are bad, more than maxBadShare ${maxBadShare} allows`;
    return `${file}:${this.first.line} ${this.first.reason}. ${share}.${hint} Mend the rows, or raise data.maxBadShare`;
  }

  /** What is said of bad rows that are put aside. */
  note(file: string): string | undefined {
    if (!this.first) return undefined;
    const named = [`line ${this.first.line} ${this.first.reason}`, ...this.#further];
    const more = this.bad > named.length ? `; and ${this.bad - named.length} more` : '';
    return `${file}: ${this.bad} of ${this.rows} rows put aside; the first: ${named.join('; ')}${more}`;
  }
}
