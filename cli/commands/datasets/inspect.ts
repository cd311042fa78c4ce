import { inspectData, type InspectedData } from '../../../worker/datasets/inspect.ts';
import { rangeOf, textBars, visible } from '../../../worker/datasets/text.ts';
import { bytes, paint, print, printJson, shortDigest, table } from '../../output.ts';
import { readingOf, wholeNumber, withShelf, type ReadingFlags } from '../../shelf.ts';

interface Flags extends ReadingFlags {
  samples?: string;
  seed?: string;
  json: boolean;
}

export async function inspect(flags: Flags, what: string): Promise<void> {
  const options = {
    ...readingOf(flags),
    samples: wholeNumber('samples', flags.samples, 1000),
    seed: wholeNumber('seed', flags.seed, 4_294_967_295),
  };
  const found = await withShelf((shelf) => inspectData(what, shelf, options));
  if (flags.json) printJson(found);
  else show(found);
}

const isPlain = (): boolean => !process.stdout.isTTY && process.env['LANG'] === 'C';
const width = (): number => Math.min(process.stdout.columns ?? 80, 100);
const number = (value: number): string => value.toLocaleString('en-US');
const counted = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`;
const heading = (text: string): void => print(`\n${paint('bold', text)}`);

function show(found: InspectedData): void {
  const { statistics, sources, bad, digest } = found;
  print(`${found.name}${digest === null ? '' : `  ${shortDigest(digest)}`}`);
  for (const { from, bytes: size } of sources)
    print(`  from ${visible(from)}${size === undefined ? '' : `, ${bytes(size)}`}`);
  const kinds = Object.entries(statistics.kinds).flatMap(([kind, rows]) => (rows > 0 ? [counted(rows, kind)] : []));
  print(`  ${counted(statistics.rows, 'row')}${kinds.length > 0 ? `: ${kinds.join(', ')}` : ''}`);
  if (bad.rows > 0) {
    print(`  ${paint('red', `${number(bad.rows)} cannot be read`)}`);
    for (const { line, reason } of bad.first.slice(0, 5)) print(`    line ${line} ${visible(reason)}`);
  }
  if (statistics.rows === 0) return;
  showClasses(found);
  showLengths(found);
  showFindings(found);
  if (found.samples.length > 0) heading('samples');
  for (const { line, source, id, label, prompt, answer } of found.samples) {
    print(
      paint(
        'dim',
        `  ${id}  line ${line}${source > 0 ? ` of file ${source + 1}` : ''}${label === null ? '' : `  ${visible(label)}`}`,
      ),
    );
    print(`    ${oneLine(prompt)}`);
    if (answer !== '' && answer !== label) print(`    → ${oneLine(answer)}`);
  }
}

const oneLine = (text: string): string => {
  const shown = visible(text.replaceAll(/\s+/g, ' '));
  return shown.length > width() - 8 ? `${shown.slice(0, width() - 9)}…` : shown;
};

function showClasses({ statistics: { labels }, label }: InspectedData): void {
  if (labels.by === 'none') return;
  heading(
    `classes (${number(labels.different)}${label ? `, column ${visible(label.column)}${label.guessed ? ', guessed' : ''}` : ''})`,
  );
  const bars = labels.top.slice(0, 20).map(({ label: name, rows, share }) => ({
    label: name,
    value: rows,
    note: `${number(rows)}  ${(share * 100).toFixed(1)} %`,
  }));
  for (const line of textBars(bars, { width: width(), ascii: isPlain() })) print(`  ${line}`);
}

function showLengths({ statistics, tokens, tokenizer }: InspectedData): void {
  const sides = [
    ['prompt', 'characters', statistics.prompt],
    ['answer', 'characters', statistics.answer],
    ['document', 'characters', statistics.document],
    ['row', `tokens of ${tokenizer}`, typeof tokens === 'object' ? tokens.lengths : null],
  ] as const;
  heading('lengths');
  const rows = sides.flatMap(([name, unit, lengths]) =>
    lengths
      ? [
          [
            name,
            unit,
            ...[lengths.mean, lengths.median, lengths.p95, lengths.max].map((value) => number(Math.round(value))),
          ],
        ]
      : [],
  );
  print(
    table([
      ['  what', 'in', 'mean', 'median', '95 %', 'most'],
      ...rows.map(([name = '', ...rest]) => [`  ${name}`, ...rest]),
    ]),
  );
  for (const [name, unit, lengths] of sides) {
    if (!lengths || name === 'answer' || lengths.histogram.length < 2) continue;
    print(paint('dim', `  ${name}, ${unit}`));
    const bars = lengths.histogram.map((bar) => ({ label: rangeOf(bar, isPlain()), value: bar.rows }));
    for (const line of textBars(bars, { width: Math.min(60, width()), ascii: isPlain() })) print(`    ${line}`);
  }
  if (typeof tokens === 'string') print(`  tokens: ${visible(tokens)}`);
  else if (tokens && tokens.over.rows > 0)
    print(
      `  ${paint('red', `${number(tokens.over.rows)} rows over ${tokens.limit} tokens`)}: ${places(tokens.over.places)}`,
    );
}

const places = (found: readonly { source: number; line: number }[]): string =>
  found
    .slice(0, 8)
    .map(({ source, line }) => `line ${line}${source > 0 ? ` of file ${source + 1}` : ''}`)
    .join(', ');

function showFindings({ duplicates, leaks, pii = [], secrets = [], languages }: InspectedData): void {
  heading('findings');
  const rows: string[][] = [
    ['exact duplicates', number(duplicates.exact.rows), places(duplicates.exact.examples)],
    ...(duplicates.near ? [['near duplicates', number(duplicates.near.rows), places(duplicates.near.examples)]] : []),
    leaks
      ? [
          'leaks',
          number(leaks.rows),
          leaks.examples
            .slice(0, 3)
            .map(({ line, reason }) => `line ${line} ${visible(reason)}`)
            .join('; '),
        ]
      : ['leaks', '', 'no test or evaluation set is registered here'],
    ...pii.map(({ kind, rows, places: at }) => [`personal data, ${kind}`, number(rows), places(at)]),
    ...secrets.map(({ kind, rows, places: at }) => [`secrets, ${kind}`, number(rows), places(at)]),
    ...languages.found
      .slice(0, 5)
      .map(({ name, rows, share }) => [
        `language ${name}`,
        number(rows),
        `${(share * 100).toFixed(0)} % of ${languages.sampled - languages.tooShort} long enough`,
      ]),
  ];
  print(table(rows.map(([name = '', ...rest]) => [`  ${name}`, ...rest])));
}
