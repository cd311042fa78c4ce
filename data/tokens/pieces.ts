/**
 * How a text is cut into pieces before byte pairs are merged. Each piece is found by the encoding's pattern; the
 * common ones (ASCII words, numbers, marks) are found by looking at the characters instead, which is many times
 * quicker than a Unicode pattern. Both ways give the same cuts: a test compares them over arbitrary text.
 */
export interface PieceRules {
  pattern: RegExp;
  /** o200k begins a new piece where small letters turn into capitals, and takes slashes along with marks. */
  caseMatters: boolean;
}

const OTHER = 0;
const LOWER = 1;
const UPPER = 2;
const DIGIT = 3;
const SPACE = 4;
const BREAK = 5;
const MARK = 6;

const CLASS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z]/.test(character)) return LOWER;
  if (/[A-Z]/.test(character)) return UPPER;
  if (/[0-9]/.test(character)) return DIGIT;
  if (/[\r\n]/.test(character)) return BREAK;
  return /\s/.test(character) ? SPACE : MARK;
});

const classAt = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  // Beyond the end the code is NaN, which is no place in the table: neither.
  return code < 128 ? (CLASS[code] as number) : OTHER;
};

/** Where the piece that starts at `from` ends. */
export function pieceEnd(text: string, from: number, rules: PieceRules): number {
  const quick = quickEnd(text, from, rules);
  if (quick > from) return quick;
  rules.pattern.lastIndex = from;
  return rules.pattern.test(text) ? rules.pattern.lastIndex : from + 1;
}

/** The end, when ASCII alone decides it; `from` when the pattern has to. */
function quickEnd(text: string, from: number, rules: PieceRules): number {
  // In the older encoding a contraction is a piece of its own and comes before everything else.
  if (!rules.caseMatters && text.charCodeAt(from) === 39) return from;
  const first = classAt(text, from);
  const next = classAt(text, from + 1);
  if (first === LOWER || first === UPPER) return wordEnd(text, from, from, rules);
  if (first === SPACE || first === MARK) {
    // One character that is neither letter, digit nor line end may stand before a word.
    if (next === LOWER || next === UPPER) return wordEnd(text, from, from + 1, rules);
    if (first === MARK) return next === OTHER && from + 1 < text.length ? from : marksEnd(text, from, from, rules);
    if (next === MARK && text.charCodeAt(from) === 32) return marksEnd(text, from, from + 1, rules);
    if (next === DIGIT) return from + 1;
    return spaceEnd(text, from, rules);
  }
  if (first === BREAK) return spaceEnd(text, from, rules);
  if (first === DIGIT) {
    let end = from + 1;
    while (end < from + 3 && classAt(text, end) === DIGIT) end++;
    return end < from + 3 && classAt(text, end) === OTHER && end < text.length ? from : end;
  }
  return from;
}

function spaceEnd(text: string, from: number, rules: PieceRules): number {
  let end = from;
  let afterBreak = from;
  for (let found = classAt(text, end); found === SPACE || found === BREAK; found = classAt(text, end)) {
    end++;
    if (found === BREAK) afterBreak = end;
  }
  const isLast = end === text.length;
  if (!isLast && classAt(text, end) === OTHER) return from;
  if (isLast && !rules.caseMatters) return end;
  if (afterBreak > from) return afterBreak;
  // The last space of several goes with the word behind it.
  return isLast || end === from + 1 ? end : end - 1;
}

// The loops over words and marks compare codes themselves: half of all the time is spent in them.
function wordEnd(text: string, from: number, letters: number, rules: PieceRules): number {
  let end = letters;
  let code = text.charCodeAt(end);
  if (rules.caseMatters) {
    while (code >= 65 && code <= 90) code = text.charCodeAt(++end);
    while (code >= 97 && code <= 122) code = text.charCodeAt(++end);
    // An apostrophe could begin a contraction.
    if (code === 39) return from;
  } else {
    while ((code >= 97 && code <= 122) || (code >= 65 && code <= 90)) code = text.charCodeAt(++end);
  }
  // A letter beyond ASCII could go on with the word; beyond the end the code is NaN.
  return code >= 128 ? from : end;
}

function marksEnd(text: string, from: number, marks: number, rules: PieceRules): number {
  let end = marks;
  while (classAt(text, end) === MARK) end++;
  if (classAt(text, end) === OTHER && end < text.length) return from;
  for (;;) {
    const code = text.charCodeAt(end);
    if (code !== 10 && code !== 13 && !(rules.caseMatters && code === 47)) return end;
    end++;
  }
}
