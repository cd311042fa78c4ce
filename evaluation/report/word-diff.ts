/** A piece of a text: what both have, or what only this one has. */
export interface Piece {
  text: string;
  isOwn: boolean;
}

// A word, one character of a script that writes without spaces, or any other single character; white space goes
// with none. The parts exclude each other, so that the time is linear.
const WORDS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{M}\p{N}_])+|[^\s\p{L}\p{M}\p{N}_]|[\p{M}]/gu;

interface Word {
  text: string;
  start: number;
  end: number;
}

/**
 * Words that only one of two texts has: a longest common subsequence of words. Time and memory grow with the
 * product of their lengths; texts are cut before.
 */
export function wordDiff(a: string, b: string): { a: Piece[]; b: Piece[] } {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  const { ownA, ownB } = own(left, right);
  return { a: pieces(a, left, ownA), b: pieces(b, right, ownB) };
}

const wordsOf = (text: string): Word[] =>
  [...text.matchAll(WORDS)].map(({ 0: word, index }) => ({ text: word, start: index, end: index + word.length }));

function own(a: readonly Word[], b: readonly Word[]): { ownA: boolean[]; ownB: boolean[] } {
  let start = 0;
  while (start < a.length && start < b.length && a[start]!.text === b[start]!.text) start += 1;
  let tail = 0;
  while (tail < a.length - start && tail < b.length - start && a.at(-1 - tail)!.text === b.at(-1 - tail)!.text)
    tail += 1;
  const [n, m] = [a.length - start - tail, b.length - start - tail];
  // longest[i, j]: of what follows word i of a and word j of b.
  const width = m + 1;
  const longest = new Uint16Array((n + 1) * width);
  for (let i = n - 1; i >= 0; i -= 1)
    for (let j = m - 1; j >= 0; j -= 1)
      longest[i * width + j] =
        a[start + i]!.text === b[start + j]!.text
          ? longest[(i + 1) * width + j + 1]! + 1
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
  const ownA = a.map((_, at) => at >= start && at < start + n);
  const ownB = b.map((_, at) => at >= start && at < start + m);
  for (let i = 0, j = 0; i < n && j < m;) {
    if (a[start + i]!.text === b[start + j]!.text) {
      ownA[start + i] = ownB[start + j] = false;
      i += 1;
      j += 1;
    } else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) i += 1;
    else j += 1;
  }
  return { ownA, ownB };
}

/** The whole text again; white space between two words of one kind goes with them. */
function pieces(text: string, words: readonly Word[], isOwn: readonly boolean[]): Piece[] {
  const all: Piece[] = [];
  const add = (part: string, isOwn: boolean) => {
    if (part === '') return;
    const last = all.at(-1);
    if (last?.isOwn === isOwn) last.text += part;
    else all.push({ text: part, isOwn });
  };
  let end = 0;
  words.forEach((word, at) => {
    add(text.slice(end, word.start), at > 0 && isOwn[at - 1] === true && isOwn[at] === true);
    add(word.text, isOwn[at] === true);
    end = word.end;
  });
  add(text.slice(end), false);
  return all;
}
