import { visible } from '../../data/look/visible.ts';
import type { Pair, Side } from './rating.ts';

/** UTF-16 units of a text that are shown; nobody reads more of an answer to the end. */
const MOST = 20_000;

export interface Showing {
  /** Which answer is shown first, or alone. */
  slot: Side;
  hideReference: boolean;
  /** Lowest and highest score, where one answer is scored by itself. */
  scale?: readonly [number, number];
}

/** A pair exactly as a person sees it: who answered what cannot be told, and nothing in it moves the cursor. */
export function shownText(pair: Pair, { slot, hideReference, scale }: Showing): string {
  const other: Side = slot === 'candidate' ? 'champion' : 'candidate';
  const answers: [string, string | null][] = scale
    ? [['ANSWER', pair[slot]]]
    : [
        ['ANSWER 1', pair[slot]],
        ['ANSWER 2', pair[other]],
      ];
  const blocks: [string, string | null][] = [
    ...(pair.prompt === '' ? [] : [['PROMPT', pair.prompt] as [string, string]]),
    ...(pair.reference === undefined || hideReference ? [] : [['REFERENCE', pair.reference] as [string, string]]),
    ...answers,
  ];
  return blocks.map(([title, text]) => `${title}\n${text === null ? '(no answer came)' : indented(text)}\n`).join('\n');
}

/** Every line is set in, so that no text can pass for a title of ours. */
const indented = (text: string): string => {
  const lines = text
    .slice(0, MOST)
    .split(/\r\n|[\n\r]/)
    .map((line) => `  ${visible(line)}`);
  const rest = text.length - MOST;
  return [...lines, ...(rest > 0 ? [`(${rest} more characters are not shown)`] : [])].join('\n');
};
