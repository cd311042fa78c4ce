const RUN = 5;
const FEWEST_WORDS = 20;
// Scripts without gaps between words: there each character is one.
const GAPLESS = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`;
const IS_GAPLESS = new RegExp(`[${GAPLESS}]`, 'u');
const WORD_OR_CHARACTER = new RegExp(`[${GAPLESS}]|[^\\s${GAPLESS}]+`, 'gu');
const WORD = /\S+/g;

/**
 * Share of a text's words, 0 to 1, that stand in a line or a run of five words that came before; what is said
 * twice is one half. 0 for texts below 20 words.
 */
export function repetitionShare(text: string): number {
  const form = IS_GAPLESS.test(text) ? WORD_OR_CHARACTER : WORD;
  const number = numbering();
  const words: number[] = [];
  const lines: { from: number; to: number }[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const from = words.length;
    for (const word of line.match(form) ?? []) words.push(number(word.toLowerCase()));
    if (words.length - from > 1) lines.push({ from, to: words.length });
  }
  if (words.length < FEWEST_WORDS) return 0;
  const repeated = new Uint8Array(words.length);
  const seenLines = new Set<string>();
  for (const { from, to } of lines) {
    const key = words.slice(from, to).join();
    if (seenLines.has(key)) repeated.fill(1, from, to);
    seenLines.add(key);
  }
  const seenRuns = new Set<number>();
  for (const [from, key] of runsOf(words).entries()) {
    // A run that overlaps its first occurrence, as in "no no no no no no", is a repeat as well.
    if (seenRuns.has(key)) repeated.fill(1, from, from + RUN);
    seenRuns.add(key);
  }
  return repeated.reduce((sum, one) => sum + one, 0) / words.length;
}

/** A number for each run of five words, the same for the same words: pairs are numbered, then pairs of pairs. */
function runsOf(words: readonly number[]): number[] {
  const size = words.length + 1;
  const pair = numbering();
  const pairs = words.slice(1).map((word, i) => pair(words[i]! * size + word));
  const four = numbering();
  const fours = pairs.slice(2).map((second, i) => four(pairs[i]! * size + second));
  return words.slice(RUN - 1).map((word, i) => fours[i]! * size + word);
}

/** Numbers things in the order they come, from 0. */
function numbering(): (thing: string | number) => number {
  const numbers = new Map<string | number, number>();
  return (thing) => {
    const found = numbers.get(thing);
    if (found !== undefined) return found;
    numbers.set(thing, numbers.size);
    return numbers.size - 1;
  };
}
