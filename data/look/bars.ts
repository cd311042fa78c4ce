import { visible } from './visible.ts';

/** A bar of a text histogram. */
export interface TextBar {
  label: string;
  value: number;
  /** What stands behind the bar; default the value. */
  note?: string;
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * Lines such as `billing ████▌ 45`, none wider than `width` columns; the longest bar takes the room that labels
 * and numbers leave. `ascii`: only `#`, for terminals without the block characters.
 */
export function textBars(
  bars: readonly TextBar[],
  { width = 80, ascii = false }: { width?: number; ascii?: boolean } = {},
): string[] {
  const ellipsis = ascii ? '~' : '…';
  const spelled = bars.map(({ label, value, note }) => ({
    label: fit(visible(label), Math.max(4, Math.floor(width / 3)), ellipsis, ascii),
    value: Number.isFinite(value) ? Math.max(0, value) : 0,
    note: fit(visible(note ?? value.toLocaleString('en-US')), Math.max(4, Math.floor(width / 3)), ellipsis, ascii),
  }));
  const most = Math.max(...spelled.map(({ value }) => value), 0);
  const widest = (texts: string[]) => Math.max(...texts.map(columnsOf), 0);
  const labelWidth = widest(spelled.map(({ label }) => label));
  const noteWidth = widest(spelled.map(({ note }) => note));
  const room = Math.max(1, width - labelWidth - noteWidth - 2);
  return spelled.map(({ label, value, note }) => {
    const bar = most === 0 ? '' : barOf((value / most) * room, value > 0, ascii);
    return `${pad(label, labelWidth)} ${pad(bar, room)} ${' '.repeat(noteWidth - columnsOf(note))}${note}`;
  });
}

function barOf(length: number, isSome: boolean, ascii: boolean): string {
  if (ascii) return '#'.repeat(Math.max(isSome ? 1 : 0, Math.round(length)));
  // What is not nothing shows at least a hair.
  const eighths = Math.max(isSome ? 1 : 0, Math.round(length * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff00-\uff60]/u;
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

const graphemes = (text: string): string[] => [...segmenter.segment(text)].map(({ segment }) => segment);
const columnOf = (grapheme: string): number => (NO_WIDTH.test(grapheme) ? 0 : WIDE.test(grapheme) ? 2 : 1);

/** Columns that a text takes on a terminal: East Asian letters and emoji take two. */
export function columnsOf(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : graphemes(text).reduce((sum, one) => sum + columnOf(one), 0);
}

/** Cut to so many columns, never inside a letter. */
function fit(text: string, columns: number, ellipsis: string, ascii: boolean): string {
  const spelled = ascii ? text.replace(/[^ -~]/gu, '?') : text;
  if (columnsOf(spelled) <= columns) return spelled;
  let taken = 0;
  const kept = graphemes(spelled.slice(0, columns * 8)).filter((one) => (taken += columnOf(one)) < columns);
  return `${kept.join('')}${ellipsis}`;
}

const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - columnsOf(text)));

/** A histogram's bars as text, e.g. `64–127`. */
export function rangeOf({ from, to }: { from: number; to: number }, ascii = false): string {
  const spell = (value: number) => value.toLocaleString('en-US');
  return to - from <= 1 ? spell(from) : `${spell(from)}${ascii ? '-' : '–'}${spell(to - 1)}`;
}
