import { isSpace } from '../words.ts';

/** Kinds of characters: what stands alone, what splits, and what depends on the neighbours. */
const LETTER = 0;
const SPACE = 1;
const SYMBOL = 2;
const STOP = 3;
const DIGIT = 4;
const DASH = 5;

const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (isSpace(code)) return SPACE;
  if (/[{-~[-`!-&(-+:-@/]/.test(char)) return SYMBOL;
  if (/[.,]/.test(char)) return STOP;
  if (/[0-9]/.test(char)) return DIGIT;
  return char === '-' ? DASH : LETTER;
});

/**
 * Splits a text by the rules of the script mteval-v13a of the Open MT evaluation: ASCII symbols stand alone; so
 * do a stop or comma unless digits surround it, and a dash after a digit.
 *
 * The script says this as four replacements, one after the other; here one pass gives the same tokens. Only in a run
 * of stops and commas does the order of the replacements show. The first takes the stops with what stands before
 * them, two characters at a time, and sets each second one apart; after it, at most the last stop of the run is not
 * set apart yet, and whether it will be depends on what follows.
 *
 * @param isPadded whether white space is to be thought of before and after the text, as the tokenizer 13a has it
 * @param standsAlone further UTF-16 units above ASCII that are tokens of their own
 */
export function splitWestern(
  text: string,
  isPadded: boolean,
  standsAlone: (code: number) => boolean = () => false,
): string[] {
  const tokens: string[] = [];
  const { length } = text;
  let start = -1;
  const kindAt = (i: number): number => {
    const code = text.charCodeAt(i);
    if (code < 128) return KINDS[code]!;
    if (isSpace(code)) return SPACE;
    return standsAlone(code) ? SYMBOL : LETTER;
  };
  const endToken = (end: number): void => {
    if (start >= 0) tokens.push(text.slice(start, end));
    start = -1;
  };
  let i = 0;
  while (i < length) {
    const kind = kindAt(i);
    if (kind === STOP) {
      let end = i + 1;
      while (end < length && kindAt(end) === STOP) end += 1;
      const isLed = i === 0 ? isPadded : kindAt(i - 1) !== DIGIT;
      const isLastOpen = isLed === ((end - i) % 2 === 0);
      const apart = isLastOpen ? end - 1 : end;
      if (i < apart) endToken(i);
      for (; i < apart; i++) tokens.push(text.charAt(i));
      if (!isLastOpen) continue;
      const next = end < length ? kindAt(end) : isPadded ? SPACE : DIGIT;
      if (next === DIGIT) {
        if (start < 0) start = i;
      } else {
        endToken(i);
        tokens.push(text.charAt(i));
      }
    } else if (kind === SPACE) endToken(i);
    else if (kind === SYMBOL || (kind === DASH && i > 0 && kindAt(i - 1) === DIGIT)) {
      endToken(i);
      tokens.push(text.charAt(i));
    } else if (start < 0) start = i;
    i += 1;
  }
  endToken(length);
  return tokens;
}

/** The tokens of sacrebleu's `13a`: line breaks and the commonest entities undone, then split the Western way. */
export function tokenize13a(text: string): string[] {
  let line = text;
  if (line.includes('<skipped>')) line = line.replaceAll('<skipped>', '');
  if (line.includes('\n')) line = line.replaceAll('-\n', '').replaceAll('\n', ' ');
  if (line.includes('&'))
    line = line.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
  return splitWestern(line, true);
}
