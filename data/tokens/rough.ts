import { textsOf, type Row } from '../row.ts';
import { conversationsOf, onlyText, spokenTexts, type TokenRange } from './counter.ts';

/** Guesses tokens from characters. An estimate, no bound: real counts can lie outside. */
export interface RoughCounter {
  name: string;
  /** Throws BadData, with the row's place, for a row with pictures or files. */
  countRow(row: Row): TokenRange;
  /** Of a pair both answers, each behind the prompt: what is learned, and may be billed. Throws as `countRow`. */
  countLearned(row: Row): TokenRange;
  /** Both of these at once: `longest` as `countRow`, `learned` as `countLearned`. */
  measure(row: Row): { longest: TokenRange; learned: TokenRange };
  countText(text: string): TokenRange;
}

/**
 * For models whose tokenizer is not public, such as Gemini. Their vendors speak of about 4 characters a token in
 * English; here 6 to 2.5, digits up to one token each, and other scripts 4 to 0.5 characters a token.
 */
export function roughCounter(): RoughCounter {
  return {
    name: 'an estimate from characters',
    countText,
    countRow: (row) => measure(row).longest,
    countLearned: (row) => measure(row).learned,
    measure,
  };
}

function measure(row: Row): { longest: TokenRange; learned: TokenRange } {
  onlyText(row);
  const ranges = rangesOf(row);
  const longest = {
    low: Math.max(...ranges.map(({ low }) => low)),
    high: Math.max(...ranges.map(({ high }) => high)),
  };
  return { longest, learned: sum(ranges) };
}

/** Of a pair two, else one. */
function rangesOf(row: Row): TokenRange[] {
  if (row.document) return [sum(textsOf(row).map(countText))];
  const tools = row.tools ? [countText(JSON.stringify(row.tools))] : [];
  return conversationsOf(row).map((messages) =>
    sum([
      ...tools,
      // What frames a message is not public either.
      ...messages.map(() => ({ low: 1, high: 8 })),
      ...messages.flatMap(spokenTexts).map(countText),
    ]),
  );
}

function countText(text: string): TokenRange {
  let letters = 0;
  let digits = 0;
  let others = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) digits++;
    else if (code < 128) letters++;
    else others++;
  }
  return {
    low: Math.ceil(letters / 6 + digits / 3 + others / 4),
    high: Math.ceil(letters / 2.5 + digits + others * 2),
  };
}

const sum = (ranges: readonly TokenRange[]): TokenRange => ({
  low: ranges.reduce((total, { low }) => total + low, 0),
  high: ranges.reduce((total, { high }) => total + high, 0),
});
