import { diffData, type DiffedData } from '../../../worker/datasets/look.ts';
import { visible } from '../../../worker/datasets/text.ts';
import { paint, print, printJson, table } from '../../output.ts';
import { readingOf, wholeNumber, withShelf, type ReadingFlags } from '../../shelf.ts';

interface Flags extends ReadingFlags {
  key?: string;
  limit?: string;
  json: boolean;
}

const LISTED = 10;

export async function diff(flags: Flags, before: string, after: string): Promise<void> {
  const { base: _base, maxTokens: _maxTokens, ...reading } = readingOf(flags);
  const listed = wholeNumber('limit', flags.limit, 1_000_000) ?? (flags.json ? 100 : LISTED);
  const found = await withShelf((shelf) => diffData(before, after, shelf, { ...reading, key: flags.key, listed }));
  if (flags.json) printJson(found);
  else show(found);
}

function show({
  from,
  to,
  counts,
  added,
  removed,
  changed,
  texts,
  labels,
  prompt,
  answer,
  languages,
  ...sides
}: DiffedData): void {
  print(`${from.name}, ${sides.before.rows} rows → ${to.name}, ${sides.after.rows} rows`);
  print(`  ${counts.same} the same, ${counts.added} added, ${counts.removed} removed, ${counts.changed} changed`);
  const text = (side: 'a' | 'b', { source, line }: { source: number; line: number }): string => {
    const sample = texts[`${side}:${source}:${line}`];
    return sample ? short(sample.prompt, 60) + (sample.answer === '' ? '' : ` → ${short(sample.answer, 30)}`) : '';
  };
  const list = (title: string, rows: string[], all: number): void => {
    if (rows.length === 0) return;
    print(`\n${paint('bold', title)}`);
    for (const row of rows) print(`  ${row}`);
    if (all > rows.length) print(paint('dim', `  and ${all - rows.length} more`));
  };
  list(
    'added',
    added.map((row) => `+ ${row.id}  line ${row.line}  ${text('b', row)}`),
    counts.added,
  );
  list(
    'removed',
    removed.map((row) => `- ${row.id}  line ${row.line}  ${text('a', row)}`),
    counts.removed,
  );
  list(
    'changed',
    changed.flatMap((row) => [
      `- ${row.before.id}  line ${row.before.line}  ${text('a', row.before)}`,
      `+ ${row.after.id}  line ${row.after.line}  ${text('b', row.after)}`,
    ]),
    2 * counts.changed,
  );
  shares('classes', labels);
  shares('languages', languages);
  const means = [['prompt', prompt] as const, ['answer', answer] as const].flatMap(([name, shift]) =>
    shift ? [[`  ${name}`, shift.before.toFixed(1), shift.after.toFixed(1), interval(shift.difference, 1, '')]] : [],
  );
  if (means.length > 0)
    print(
      `\n${paint('bold', 'mean characters')}\n${table([['  of', 'before', 'after', 'difference (95 %)'], ...means])}`,
    );
}

function shares(title: string, shifts: DiffedData['labels']): void {
  const moved = shifts.filter(({ difference: { ci } }) => ci !== null && (ci[0] > 0 || ci[1] < 0));
  if (shifts.length === 0) return;
  print(`\n${paint('bold', title)}${moved.length === 0 ? ': no shift that could not be chance' : ''}`);
  const rows = moved
    .slice(0, 15)
    .map(({ name, before, after, difference }) => [
      `  ${visible(name)}`,
      `${before.rows} (${(before.share * 100).toFixed(1)} %)`,
      `${after.rows} (${(after.share * 100).toFixed(1)} %)`,
      interval(difference, 100, ' points'),
    ]);
  if (rows.length > 0) print(table([['  of', 'before', 'after', 'difference (95 %)'], ...rows]));
}

type Difference = NonNullable<DiffedData['prompt']>['difference'];

function interval({ value, ci }: Difference, factor: number, unit: string): string {
  const show = (number: number): string => `${number < 0 ? '' : '+'}${(number * factor).toFixed(1)}`;
  return ci === null ? show(value) + unit : `${show(value)}${unit} (${show(ci[0])} to ${show(ci[1])})`;
}

function short(text: string, most: number): string {
  const line = visible(text.replaceAll(/\s+/g, ' '));
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
