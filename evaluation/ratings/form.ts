import { parse } from 'csv-parse/sync';
import { Rating } from './rating.ts';

/** Ratings as files that people and spreadsheets read. */

export const FORMATS = ['jsonl', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

const COLUMNS = [
  'id',
  'rater',
  'choice',
  'score',
  'at',
  'shown',
  'slot',
  'prompt',
  'reference',
  'candidate',
  'champion',
] as const;

/** Something wrong with a line of ratings; its message names the place. */
export class BadRatings extends Error {
  override readonly name = 'BadRatings';
}

/** Ratings as text; in CSV an answer that did not come is an empty cell without quotes, an empty answer has them. */
export function writeRatings(ratings: readonly Rating[], format: Format): string {
  if (format === 'jsonl') return ratings.map((rating) => `${JSON.stringify(rating)}\n`).join('');
  const cell = (value: string | number | null | undefined): string =>
    value === null || value === undefined ? '' : `"${String(value).toWellFormed().replaceAll('"', '""')}"`;
  const lines = ratings.map((rating) => COLUMNS.map((column) => cell(rating[column])).join(','));
  return [COLUMNS.join(','), ...lines].map((line) => `${line}\r\n`).join('');
}

/**
 * Reads ratings and looks at every row.
 *
 * @param name Of the file, for messages.
 * @throws BadRatings for the first row that is wrong, one that is there twice, or a file without rows.
 */
export function readRatings(text: string, format: Format, name: string): Rating[] {
  const ratings: Rating[] = [];
  const seen = new Map<string, number>();
  for (const { line, value } of format === 'csv' ? csvRows(text, name) : jsonRows(text, name)) {
    const found = Rating.safeParse(value);
    if (!found.success) {
      const [issue] = found.error.issues;
      const where = issue && issue.path.length > 0 ? `"${issue.path.join('.')}": ` : '';
      throw new BadRatings(
        `${name}:${line}: ${where}${issue?.message ?? 'is no rating'}: mend the row, or leave it out`,
      );
    }
    const rating = found.data;
    const key = JSON.stringify([rating.rater, rating.id]);
    const before = seen.get(key);
    if (before !== undefined)
      throw new BadRatings(
        `${name}:${line}: ${rating.rater} rated ${rating.id} in line ${before} already: leave one of the two`,
      );
    seen.set(key, line);
    ratings.push(rating);
  }
  if (ratings.length === 0) throw new BadRatings(`${name} has no ratings: \`anneal rate export\` writes such a file`);
  const kinds = new Set(ratings.map(({ score }) => score === undefined));
  if (kinds.size > 1) throw new BadRatings(`${name} has choices and scores: keep them in files of their own`);
  return ratings;
}

interface Line {
  line: number;
  value: unknown;
}

function* jsonRows(text: string, name: string): Generator<Line> {
  let line = 0;
  for (const each of text.split('\n')) {
    line += 1;
    if (each.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(each);
    } catch (error) {
      throw new BadRatings(
        `${name}:${line}: is not JSON (${(error as Error).message.slice(0, 120)}): write one object a line`,
      );
    }
    yield { line, value };
  }
}

/** A cell that knows whether it had quotes: an answer that is empty is not one that did not come. */
interface Cell {
  text: string;
  isQuoted: boolean;
}

function csvRows(text: string, name: string): Line[] {
  let records: { record: Cell[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      info: true,
      skip_empty_lines: true,
      cast: (value, { quoting }): Cell => ({ text: value, isQuoted: quoting }),
    }) as unknown as typeof records;
  } catch (error) {
    const { lines, message } = error as Error & { lines?: number };
    throw new BadRatings(`${name}:${lines ?? 1}: ${message}`);
  }
  const [head, ...rows] = records;
  if (!head) return [];
  const columns = head.record.map((cell) => cell.text.trim());
  const strange = columns.find((column) => !(COLUMNS as readonly string[]).includes(column));
  if (strange !== undefined)
    throw new BadRatings(`${name}:1: there is no column "${strange}": the columns are ${COLUMNS.join(', ')}`);
  let end = head.info.lines;
  return rows.map(({ record, info }) => {
    const line = end + 1;
    end = info.lines;
    return { line, value: Object.fromEntries(columns.flatMap((column, i) => valueIn(column, record[i]))) };
  });
}

function valueIn(column: string, cell: Cell | undefined): [string, unknown][] {
  const { text, isQuoted } = cell ?? { text: '', isQuoted: false };
  const isAbsent = text === '' && !isQuoted;
  if (column === 'candidate' || column === 'champion') return [[column, isAbsent ? null : text]];
  if (column === 'prompt') return [[column, text]];
  if (isAbsent || (text === '' && column !== 'reference')) return [];
  if (column === 'score') return [[column, Number.isFinite(Number(text)) ? Number(text) : text]];
  return [[column, text]];
}
