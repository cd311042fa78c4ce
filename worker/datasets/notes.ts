import { basename } from 'node:path';
import type { PreparedStatistics } from '../../data/prepared.ts';
import { visible } from './text.ts';

/** Rows that a note names one by one. */
const LINES_NAMED = 5;

/** Says a place in words. */
export type NamePlace = (place: { source: number; line: number }) => string;

/** What a person should know of rows that will be left out or were found odd: a line for each policy, then the places. */
export function notesOn(
  { policies, notes }: PreparedStatistics,
  names: Record<'train' | 'test', readonly string[]>,
): string[] {
  const found = policies.flatMap(({ policy, side, removed, changed, noted, examples, reasons, findings }) => {
    const what = [[removed, 'left out'] as const, [changed, 'changed'] as const, [noted, 'noted'] as const].flatMap(
      ([rows, word]) => (rows > 0 ? [`${rows} ${word}`] : []),
    );
    if (what.length === 0) return [];
    const place = placeIn(names[side]);
    const lines = examples.slice(0, LINES_NAMED).map((one) => visible(`${place(one)}: ${one.reason}`));
    const total = Object.values(reasons).reduce((sum, rows) => sum + rows, 0);
    if (total > lines.length) lines.push(`and ${total - lines.length} more`);
    const head = `${side === 'train' ? 'training' : 'test'} rows, ${policy}: ${what.join(', ')}${countsOf(findings)}`;
    return [[head, ...lines].join('\n  ')];
  });
  return [...notes, ...found];
}

/** How often each kind was found, for the policies that count kinds. */
function countsOf(findings: Record<string, unknown> | undefined): string {
  const { counts } = (findings ?? {}) as { counts?: Record<string, number> };
  const kinds = Object.entries(counts ?? {});
  return kinds.length === 0 ? '' : ` (${kinds.map(([kind, count]) => `${kind} ${count}`).join(', ')})`;
}

/** Names a place: `line 12 of week-1.jsonl`, with as much of the path as tells the files apart. */
export function placeIn(names: readonly string[]): NamePlace {
  const short = names.map((name) => basename(name));
  return ({ source, line }) => {
    const name = short.filter((other) => other === short[source]).length > 1 ? names[source] : short[source];
    return name === undefined ? `line ${line}` : `line ${line} of ${name}`;
  };
}

/** Rows that were met: the first of them, and how many. */
export interface Met<T> {
  first: (T & { source: number; line: number })[];
  count: number;
}

/** Places of rows, with a word on each. */
export function placed<T>({ first, count }: Met<T>, place: NamePlace, say: (one: T) => string = () => ''): string {
  const named = first.slice(0, LINES_NAMED).map((one) => visible(`${place(one)}${say(one)}`));
  return `${named.join(', ')}${count > named.length ? ` and ${count - named.length} more` : ''}`;
}

/** A note on rows that a model cannot be given, if there are any. */
export const refusals = (refused: Met<{ why: string }>, place: NamePlace): string[] =>
  refused.count === 0
    ? []
    : [`rows that the model cannot be given: ${placed(refused, place, ({ why }) => ` (${why})`)}`];
