import { stripVTControlCharacters } from 'node:util';
import { evenly } from '../configs/evenly.ts';
import {
  countsInWords,
  leftOutInWords,
  lifeInWords,
  placeOf,
  reachOf,
  SHOWN,
  spellInterval,
  spellScore,
  type LineCell,
  type LineDocument,
  type LineModel,
} from '../worker/lines.ts';
import { visible } from '../worker/datasets/text.ts';
import { paint, print, table } from './output.ts';

/** Columns of a terminal whose width nobody knows, such as a file. */
const COLUMNS = 120;
const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

type Reach = NonNullable<ReturnType<typeof reachOf>>;
type Spell = (cell: LineCell, ofSlice: number) => string;

/** Prints a line for people: how it went, what each model scores on each slice, and its periods. */
export function printLine(document: LineDocument): void {
  print(lineText(document, process.stdout.columns ?? COLUMNS));
}

/** The same as text, no table wider than `width` where that can be. */
export function lineText(document: LineDocument, width: number): string {
  const by = document.metric === null ? '' : ` by ${visible(document.metric)}`;
  const head = `${visible(document.line)}${by}: ${lifeInWords(document)}`;
  const parts = [head, matrixText(document, width), overTime(document, width), periodsText(document)];
  const { count, words } = document.waiting;
  if (count > 0) parts.push(`since then ${count} run${count === 1 ? ' was' : 's were'} skipped: ${visible(words)}`);
  return parts.filter((part) => part !== '').join('\n\n');
}

function matrixText(document: LineDocument, width: number): string {
  const reach = reachOf(document);
  if (!reach) return 'no model was measured on a slice yet: the first accepted period makes one';
  const { slices, models, format, totals } = document;
  const unit = format === 'share' ? ' in %' : '';
  const rows = evenly(models, SHOWN, ({ isChampion }) => isChampion);
  const spells: Spell[] = [
    (cell, n) =>
      `${spellScore(cell.mean, format)} (${spellInterval(cell, format)})${cell.n === n ? '' : ` n ${cell.n}`}`,
    (cell) => spellScore(cell.mean, format),
  ];
  const most = evenly(
    slices.map((_, at) => at),
    SHOWN,
  );
  const tables = spells.map((spell) => matrixTable(document, { rows, columns: most, reach, spell }));
  let [text, isShort] = [tables[0] ?? '', false];
  let columns = most;
  if (widest(text) > width) [text, isShort] = [tables[1] ?? '', true];
  // Fewer slices, until it fits.
  while (widest(text) > width && columns.length > 2) {
    const keep = Math.max(2, Math.min(columns.length - 1, Math.floor((columns.length * width) / widest(text))));
    columns = evenly(most, keep);
    text = matrixTable(document, { rows, columns, reach, spell: spells[1] as Spell });
  }
  const scale = `${BLOCKS[document.better === 'higher' ? 0 : 7]} ${spellScore(reach.low, format)} to ${BLOCKS[document.better === 'higher' ? 7 : 0]} ${spellScore(reach.high, format)}`;
  const title = `model × slice: mean${unit}${isShort ? '' : ' (95 % interval)'}, from ${scale}; * is the champion`;
  const left = leftOutInWords({ slices: columns.length, models: rows.length }, totals);
  const notes = [left, isShort ? 'intervals are in --json and --html' : ''].filter(Boolean).join('; ');
  return `${title}\n${text}${notes && `\n${paint('dim', `(${notes})`)}`}`;
}

function matrixTable(
  { slices }: LineDocument,
  {
    rows,
    columns,
    reach,
    spell,
  }: { rows: readonly LineModel[]; columns: readonly number[]; reach: Reach; spell: Spell },
): string {
  const heads = columns.map((at) => [visible(slices[at]?.slice ?? ''), `n ${slices[at]?.n ?? 0}`] as const);
  const told = ['model', 'period', 'verdict', 'depth'];
  const body = rows.map(({ model, period, verdict, depth, isChampion, cells }) => [
    `${visible(model)}${isChampion ? ' *' : ''}`,
    visible(period ?? ''),
    visible(verdict ?? ''),
    depth === null ? '' : String(depth),
    ...columns.map((at) => {
      const cell = cells[at];
      return cell ? `${block(placeOf(cell.mean, reach))} ${spell(cell, slices[at]?.n ?? 0)}` : paint('dim', '·');
    }),
  ]);
  return table([
    [...told, ...heads.map(([name]) => name)].map((title) => paint('dim', title)),
    ['', '', '', '', ...heads.map(([, n]) => n)].map((title) => (title === '' ? '' : paint('dim', title))),
    ...body,
  ]);
}

/** A block as high as the place is good; the colour only repeats it. */
function block(place: number): string {
  const sign = BLOCKS[Math.min(7, Math.floor(place * 8))] as string;
  return place >= 2 / 3 ? paint('green', sign) : place < 1 / 3 ? paint('yellow', sign) : sign;
}

/** The champion's mean over all slices, period by period, as a row of blocks. */
function overTime({ periods, better, format }: LineDocument, width: number): string {
  const known = periods.filter(({ mean }) => mean !== null);
  if (known.length < 2) return '';
  const means = known.map(({ mean }) => mean as number);
  const reach = { low: Math.min(...means), high: Math.max(...means), better };
  const shown = evenly(known, Math.max(10, width - 60));
  const blocks = shown.map(({ mean }) => block(placeOf(mean as number, reach))).join('');
  const [first, last] = [known[0], known.at(-1)];
  const said = (one: typeof first): string => `${visible(one?.period ?? '')} ${spellScore(one?.mean ?? 0, format)}`;
  return `the champion's mean over its slices: ${said(first)} ${blocks} ${said(last)}`;
}

function periodsText({ periods, format }: LineDocument): string {
  if (periods.length === 0) return 'no period has come to a verdict yet';
  const shown = evenly(periods, SHOWN);
  const titles = ['period', 'date', 'verdict', 'rows', 'outcome', 'depth', 'champion', 'mean', 'skipped before', 'run'];
  const rows = shown.map((one) => [
    visible(one.period),
    visible(one.at.slice(0, 10)),
    verdictText(one.verdict),
    countsInWords(one.counts),
    visible(one.outcome),
    one.depth === null ? '' : String(one.depth),
    visible(one.champion ?? ''),
    one.mean === null ? '' : spellScore(one.mean, format),
    one.skipped.count === 0 ? '' : visible(one.skipped.words),
    visible(one.run),
  ]);
  const left = periods.length - shown.length;
  const note =
    left > 0
      ? `\n${paint('dim', `(${shown.length} of ${periods.length} periods: first, last and evenly between)`)}`
      : '';
  return `${table([titles.map((title) => paint('dim', title)), ...rows])}${note}`;
}

const verdictText = (verdict: string | null): string =>
  verdict === null ? '' : paint(verdict === 'promote' ? 'green' : 'yellow', visible(verdict));

const widest = (text: string): number =>
  Math.max(0, ...text.split('\n').map((line) => stripVTControlCharacters(line).length));
