import { stripVTControlCharacters, styleText } from 'node:util';
import { plain } from '../configs/plain.ts';
import { visible } from '../worker/datasets/text.ts';

/** Results go to stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Exactly one JSON document. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** What is going on goes to stderr. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** An error, for people. */
export function complain(message: string): void {
  process.stderr.write(`${styleText('red', 'error:', { stream: process.stderr })} ${noteText(message)}\n`);
}

type Style = Parameters<typeof styleText>[0];

/** Text in a colour where stdout takes colours. */
export const paint = (style: Style, text: string): string => styleText(style, text, { stream: process.stdout });

/** Several lines for people that may hold text of rows: nothing in them moves the cursor or turns the direction. */
export const noteText = (note: string, indent = ''): string =>
  note
    .split('\n')
    .map((line) => visible(line))
    .join(`\n${indent}`);

/** Columns side by side, as wide as they need to be; what rows hold never reaches the terminal as control characters. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, width(cell))));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - width(cell))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const width = (text: string): number => stripVTControlCharacters(text).length;

export type Facts = Record<string, string | number | boolean | null>;

/** What a step found, on one line; its reason in words is left to those who show it at length. */
export function factsLine(facts: Facts, nameOf: (key: string) => string = (key) => key): string {
  return plain(
    Object.entries(facts)
      .filter(([key]) => key !== 'reason')
      .map(([key, value]) => `${nameOf(key)} ${typeof value === 'number' ? +value.toFixed(4) : String(value)}`)
      .join(', '),
  );
}

/** US dollars, e.g. $1.20; of little ones four places. */
export const dollars = (usd: number): string => `$${usd.toFixed(usd < 0.1 && usd > 0 ? 4 : 2)}`;

/** `0.2 s`, `74 s`, `12 min`, `3.4 h`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** `sha256:` and the first 12 digits: enough to find an artifact by, short enough to read. */
export const shortDigest = (digest: string): string => digest.slice(0, 'sha256:'.length + 12);

/** Bytes in the unit that fits. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = count === 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  return `${power === 0 ? count : (count / 2 ** (10 * power)).toFixed(1)} ${units[power]}`;
}
