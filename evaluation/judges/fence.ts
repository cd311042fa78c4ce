import { canonicalJson } from '../../configs/canonical-json.ts';
import { sha256 } from '../../data/synthesis/answer.ts';

/** A text that is shown to a judge and never obeyed, under a title of ours. */
export interface Shown {
  title: string;
  text: string;
  /** Most UTF-16 units of it that are shown. @default 24 000 */
  most?: number;
}

/** Longest text that is shown whole, in UTF-16 units; with two answers and a question it still fits small models. */
export const MOST_SHOWN = 24_000;

/**
 * Texts one below the other, each between lines with a mark. The mark is a hash of everything that is asked, so that
 * equal questions have equal marks, nobody can write a text with its mark in it, and none that has it is accepted.
 */
export function fenced(task: string, shown: readonly Shown[]): { mark: string; body: string } {
  const bounded = shown.map(boundedText);
  let mark: string;
  for (let attempt = 0; ; attempt += 1) {
    mark = sha256(canonicalJson({ task, bounded, attempt })).slice(0, 24);
    if (!bounded.some(({ text, title }) => text.includes(mark) || title.includes(mark))) break;
  }
  const parts = bounded.map(({ title, text, note }) => `${title}${note}:\nBEGIN ${mark}\n${text}\nEND ${mark}`);
  return { mark, body: parts.join('\n\n') };
}

/** What chat templates divide messages with; in a text that is judged it must not divide anything. */
const DIVIDERS = /<(?=\|)|\|(?=>)|<(?=\/?(?:s|bos|eos|start_of_turn|end_of_turn|think)>)|\[(?=\/?INST\])/g;

function boundedText({ title, text, most = MOST_SHOWN }: Shown): { title: string; text: string; note: string } {
  const isCut = text.length > most;
  const note = isCut
    ? ` (only the first ${most} of ${text.length} characters are shown; the cut is not the author's fault)`
    : text.trim() === ''
      ? ' (empty)'
      : '';
  return { title, note, text: text.slice(0, most).toWellFormed().replace(DIVIDERS, '$& ') };
}
