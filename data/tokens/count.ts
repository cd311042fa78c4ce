import { TerminalError } from '../../configs/failure.ts';
import type { Row } from '../row.ts';
import type { TokenCounter, TokenRange } from './counter.ts';
import type { RoughCounter } from './rough.ts';
import { HashSample } from './sample.ts';

/** Where a row stands: number of its source from 0, line from 1. */
export interface Place {
  source: number;
  line: number;
}

/** Rows that were found: the first of them by place, and how many there are. */
export interface Found<T> {
  first: T[];
  count: number;
}

export interface CountOptions {
  /** Longest row that is taken, in tokens. */
  max?: number;
  /** So many rows are counted one by one; of the rest a sample is. Default 50,000. */
  exactUpTo?: number;
}

export interface TokenCounts {
  rows: number;
  /** Rows whose tokens were counted, not inferred. */
  counted: number;
  /** All tokens of all rows that can be given to the model, with a 95 % interval. */
  total: TokenRange & { value: number };
  /** Rows by length: `from` ≤ tokens < `to`. After a sample, the share of the sample times the rows it stands for. */
  histogram: { from: number; to: number; rows: number }[];
  /** Every row above `max`, whether in the sample or not. */
  overLimit: Found<Place & { tokens: number }>;
  /** Rows that the model cannot be given, e.g. since its template refuses them; no part of `total`. */
  refused: Found<Place & { why: string }>;
  /** Whether every row was counted. */
  exact: boolean;
}

const EXACT_UP_TO = 50_000;
// The interval of a sample of this size is about 1 % wide, since lengths in bytes explain most of the tokens.
const SAMPLE = 2_000;
const NAMED = 1_000;
// Two-sided 95 % of the normal distribution.
const Z = 1.959_964;

/**
 * Counts the tokens of a set of rows in one pass. Of a large set a sample chosen by hash is counted and the total
 * inferred from it; which rows are over `max` is found exactly all the same, by a bound cheap enough for every row.
 * A counter without such a bound counts every row when `max` is given.
 */
export async function countTokens(
  rows: Iterable<Row> | AsyncIterable<Row>,
  counter: TokenCounter,
  { max, exactUpTo = EXACT_UP_TO }: CountOptions = {},
): Promise<TokenCounts> {
  const lengths = new Lengths();
  const overLimit: TokenCounts['overLimit'] = { first: [], count: 0 };
  const refused: TokenCounts['refused'] = { first: [], count: 0 };
  const sample = new HashSample(SAMPLE);
  const { atMost } = counter;
  let seen = 0;

  /** Undefined when the model cannot be given the row. */
  const attempt = (row: Row, count: (row: Row) => number): number | undefined => {
    try {
      return count(row);
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      const why = typeof error.details['why'] === 'string' ? error.details['why'] : error.message;
      note(refused, { source: row.source, line: row.line, why });
      return undefined;
    }
  };
  const countNow = (row: Row): void => {
    const tokens = attempt(row, counter.countRow);
    if (tokens === undefined) return;
    lengths.add(tokens, 1);
    if (max !== undefined && tokens > max) note(overLimit, { source: row.source, line: row.line, tokens });
  };

  for await (const row of rows) {
    if (seen++ < exactUpTo || (max !== undefined && !atMost)) {
      countNow(row);
      continue;
    }
    const size = attempt(row, atMost ?? characters);
    if (size === undefined) continue;
    if (max !== undefined && size > max) countNow(row);
    else sample.offer(row, size);
  }

  const { drawn, offered, size } = sample.close();
  const measured: { tokens: number; size: number }[] = [];
  for (const item of drawn) {
    const tokens = attempt(item.row, counter.countRow);
    if (tokens !== undefined) measured.push({ tokens, size: item.size });
  }
  const inferred = infer(measured, { rows: offered, size });
  const certain = lengths.total;
  const counted = lengths.rows + measured.length;
  for (const { tokens } of measured) lengths.add(tokens, offered / measured.length);
  return {
    rows: seen,
    counted,
    total: {
      value: Math.round(certain + inferred.value),
      low: Math.round(certain + inferred.low),
      high: Math.round(certain + inferred.high),
    },
    histogram: lengths.histogram(),
    overLimit,
    refused,
    exact: offered === drawn.length,
  };
}

/** Estimates a set of rows for a model whose tokenizer is not public. */
export async function estimateTokens(
  rows: Iterable<Row> | AsyncIterable<Row>,
  counter: RoughCounter,
  { max = Infinity }: Pick<CountOptions, 'max'> = {},
): Promise<{
  rows: number;
  total: TokenRange;
  /** Over the limit even by the low estimate. */
  likelyOver: Found<Place & TokenRange>;
  /** Over the limit by the high estimate alone. */
  perhapsOver: Found<Place & TokenRange>;
  refused: Found<Place & { why: string }>;
}> {
  const total = { low: 0, high: 0 };
  const likelyOver: Found<Place & TokenRange> = { first: [], count: 0 };
  const perhapsOver: Found<Place & TokenRange> = { first: [], count: 0 };
  const refused: Found<Place & { why: string }> = { first: [], count: 0 };
  let seen = 0;
  for await (const row of rows) {
    seen++;
    const place = { source: row.source, line: row.line };
    try {
      const { longest: range, learned } = counter.measure(row);
      total.low += learned.low;
      total.high += learned.high;
      if (range.low > max) note(likelyOver, { ...place, ...range });
      else if (range.high > max) note(perhapsOver, { ...place, ...range });
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      note(refused, { ...place, why: String(error.details['why'] ?? error.message) });
    }
  }
  return { rows: seen, total, likelyOver, perhapsOver, refused };
}

const characters = (row: Row): number => {
  let length = 0;
  for (const message of [...row.messages, ...(row.chosen ?? []), ...(row.rejected ?? [])])
    length +=
      8 + (typeof message.content === 'string' ? message.content.length : JSON.stringify(message.content).length);
  return length + (row.document?.text.length ?? 0) + 1;
};

function note<T>(found: Found<T>, item: T): void {
  found.count++;
  if (found.first.length < NAMED) found.first.push(item);
}

/**
 * The total over all rows from a sample without replacement, by the ratio of tokens to size
 * (Cochran, Sampling Techniques, 3rd ed., 6.2–6.4).
 */
function infer(
  sample: readonly { tokens: number; size: number }[],
  all: { rows: number; size: number },
): TokenRange & { value: number } {
  const n = sample.length;
  if (n === 0) return { value: 0, low: 0, high: 0 };
  const tokens = sample.reduce((sum, item) => sum + item.tokens, 0);
  if (n === all.rows) return { value: tokens, low: tokens, high: tokens };
  const size = sample.reduce((sum, item) => sum + item.size, 0);
  const ratio = tokens / size;
  const value = ratio * all.size;
  const residual = sample.reduce((sum, item) => sum + (item.tokens - ratio * item.size) ** 2, 0) / (n - 1);
  const margin = Z * all.rows * Math.sqrt(((1 - n / all.rows) * residual) / n);
  return { value, low: Math.max(0, value - margin), high: value + margin };
}

/** Rows by powers of two of their length. */
class Lengths {
  total = 0;
  rows = 0;
  readonly #rows: number[] = [];

  add(tokens: number, weight: number): void {
    this.total += tokens * weight;
    this.rows += weight;
    const bucket = tokens < 1 ? 0 : Math.floor(Math.log2(tokens)) + 1;
    this.#rows[bucket] = (this.#rows[bucket] ?? 0) + weight;
  }

  histogram(): TokenCounts['histogram'] {
    const first = this.#rows.findIndex((rows) => rows !== undefined);
    return Array.from({ length: this.#rows.length }, (_, bucket) => ({
      from: bucket === 0 ? 0 : 2 ** (bucket - 1),
      to: 2 ** bucket,
      rows: Math.round(this.#rows[bucket] ?? 0),
    })).slice(Math.max(first, 0));
  }
}
