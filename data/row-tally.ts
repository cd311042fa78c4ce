import { nearest } from '../configs/nearest.ts';

/** A record that cannot be used: where, why, and which columns it had. */
export interface BadRecord {
  line: number;
  reason: string;
  columns?: string[];
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

  /** Counts one that cannot. */
  refuse(found: BadRecord): void {
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
