import type { FormatName } from '../configs/data.ts';
import { terminal } from '../configs/failure.ts';
import { columnsOf } from '../configs/template.ts';
import { detectFormat, readRow } from './formats/detect.ts';
import { isOwnRow, isQuarantined } from './formats/internal.ts';
import { looseContent } from './loose.ts';
import type { FormatOptions } from './formats/format.ts';
import { identify, type Row } from './row.ts';
import { RowTally } from './row-tally.ts';
import { readBatches } from './sources/read.ts';
import { readSql } from './sources/sql.ts';
import type { FoundRecord, SourceFile, SourceOrder } from './sources/source.ts';

/** A source and how its rows are to be understood. */
export interface IntakeOrder extends SourceOrder, FormatOptions {
  format: FormatName | 'auto';
  /** Takes rows of columns without a template, for looking at them only. */
  loose?: boolean | undefined;
  /** Numbers of the sources that are datasets of the ledger: only there it counts that a person confirmed a row. */
  trusted?: ReadonlySet<number> | undefined;
}

/** A record that cannot be used, as it is put aside: a person mends `row` and sends the file back as a source. */
export interface BadRow {
  source: number;
  line: number;
  reason: string;
  /** What was read, where it was an object. */
  row?: Record<string, unknown>;
  /** The beginning of what stands there, where it was not. */
  excerpt?: string;
}

/** A piece of a source. */
export interface Taken {
  rows: Row[];
  bad: BadRow[];
}

/** Reads files, or what a query gives, into the one form, in batches. The files count as sources from 0. */
export async function* takeIn(
  order: IntakeOrder,
  files: readonly SourceFile[],
  signal?: AbortSignal,
): AsyncGenerator<Taken> {
  if (order.sql !== undefined) {
    for await (const batch of readSql(order, files, signal)) yield understand(batch, 0, order);
    return;
  }
  for (const [source, file] of files.entries()) {
    for await (const batch of readBatches(file, order, signal)) yield understand(batch, source, order);
  }
}

function understand(batch: readonly FoundRecord[], source: number, order: IntakeOrder): Taken {
  const taken: Taken = { rows: [], bad: [] };
  for (const found of batch) {
    if ('reason' in found) {
      taken.bad.push({ source, line: found.line, reason: found.reason, excerpt: found.excerpt });
      continue;
    }
    const read = isLoose(found.value, order)
      ? { content: looseContent(found.value, order.label) }
      : readRow(found.value, order.format, order);
    if ('reason' in read) taken.bad.push({ source, line: found.line, reason: read.reason, row: found.value });
    else {
      const { content } = read;
      if (content.origin?.confirmedBy !== undefined && order.trusted?.has(source) !== true)
        delete content.origin.confirmedBy;
      taken.rows.push(identify(content, source, found.line));
    }
  }
  return taken;
}

const isLoose = (value: Record<string, unknown>, order: IntakeOrder): boolean =>
  order.loose === true &&
  order.format === 'auto' &&
  detectFormat(value, order) === undefined &&
  !isOwnRow(value) &&
  !isQuarantined(value);

/** Files with bad rows that are named one by one. */
const FILES_NAMED = 10;

/** Counts good and bad rows of each file, and knows when there are too many bad ones. */
export class IntakeTally {
  readonly #names: readonly string[];
  readonly #tallies: RowTally[];
  readonly #columns: readonly string[];
  readonly #maxBadShare: number;

  /** @param names Names of the sources, for people. */
  constructor(names: readonly string[], order: FormatOptions, maxBadShare: number) {
    this.#names = names;
    this.#tallies = names.map(() => new RowTally());
    this.#columns = order.template ? columnsOf(order.template) : [];
    this.#maxBadShare = maxBadShare;
  }

  add({ rows, bad }: Taken): void {
    for (const row of rows) (this.#tallies[row.source] as RowTally).good += 1;
    for (const { source, line, reason, row } of bad) {
      const columns = row ? { columns: Object.keys(row).slice(0, 1000) } : {};
      (this.#tallies[source] as RowTally).refuse({ line, reason, ...columns });
    }
  }

  get good(): number {
    return this.#tallies.reduce((sum, { good }) => sum + good, 0);
  }

  get bad(): number {
    return this.#tallies.reduce((sum, { bad }) => sum + bad, 0);
  }

  /** Rows of each source. */
  get counts(): { good: number; bad: number }[] {
    return this.#tallies.map(({ good, bad }) => ({ good, bad }));
  }

  /** The first source with too many bad rows, or with none at all, as a sentence with the remedy. */
  get problem(): string | undefined {
    for (const [i, tally] of this.#tallies.entries()) {
      const problem = tally.problem(this.#names[i] as string, this.#columns, this.#maxBadShare);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** What is said of bad rows that are put aside, a line for each source that has some. */
  get notes(): string[] {
    const notes = this.#tallies.flatMap((tally, i) => tally.note(this.#names[i] as string) ?? []);
    const more = notes.length - FILES_NAMED;
    return more > 0 ? [...notes.slice(0, FILES_NAMED), `and ${more} more files have rows that are put aside`] : notes;
  }

  /** @throws TerminalError `TooManyBadRows` or `EmptyData`. */
  check(): void {
    const { problem } = this;
    if (problem === undefined) return;
    const worst = this.#tallies.find(({ first }) => first);
    throw terminal(this.bad > 0 ? 'TooManyBadRows' : 'EmptyData', problem, {
      file: this.#names[0] ?? '',
      line: worst?.first?.line ?? 0,
      bad: this.bad,
      rows: this.good + this.bad,
    });
  }
}
