/** Characters folded at a time: what is held does not grow with the text. */
const PIECE = 1 << 16;
/** What is between letters, above and below them, or invisible: everything but letters and digits, and fillers. */
const BETWEEN = /[^\p{L}\p{N}]|[\u115f\u1160]/gu;

/**
 * Text as canaries are looked for in it: compatibility forms made plain (NFKD), accents, white space, punctuation and
 * invisible characters gone, in lower case. `T–a.v o` becomes `tavo`.
 */
export function fold(text: string): string {
  return text.normalize('NFKD').replace(BETWEEN, '').normalize('NFC').toLowerCase();
}

/** The same in pieces, one after the other, so that a text of any length is folded within bounds. */
export function* foldPieces(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const end = Math.min(text.length, at + PIECE);
    // The halves of a surrogate pair stay together.
    const cut = end < text.length && isHigh(text.charCodeAt(end - 1)) ? end - 1 : end;
    yield fold(text.slice(at, cut));
    at = cut;
  }
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** Whether one of the words occurs in a text once both are folded; time grows with the text's length alone. */
export function holdsAny(text: string, words: readonly string[]): boolean {
  const wanted = words.map(fold).filter((word) => word !== '');
  const most = Math.max(0, ...wanted.map((word) => word.length));
  let tail = '';
  for (const piece of foldPieces(text)) {
    const here = tail + piece;
    if (wanted.some((word) => here.includes(word))) return true;
    tail = most > 1 ? here.slice(1 - most) : '';
  }
  return false;
}
