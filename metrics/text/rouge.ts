import { checkSummary, lcsLength, lcsPlaces } from './lcs.ts';
import { stem } from './porter.ts';

export const ROUGE_TYPES = ['rouge1', 'rouge2', 'rougeL', 'rougeLsum'] as const;
export type RougeType = (typeof ROUGE_TYPES)[number];

/** Shares in [0, 1]. */
export interface RougeScore {
  precision: number;
  recall: number;
  f1: number;
}

export interface RougeOptions {
  /** Compares stems (Porter, as NLTK has it) of words longer than three letters, default false. */
  stemmer?: boolean;
  /** Default: all. */
  types?: readonly RougeType[];
}

/** What the figures are equal to. */
export const ROUGE_SCORE = '0.1.2';

/**
 * ROUGE-1, -2, -L and -Lsum of one answer against one reference, equal to rouge_score 0.1.2: words are runs of a to z
 * and 0 to 9 after lower-casing, everything else (all of Korean, Chinese, Japanese) is left out; -Lsum takes lines for
 * sentences. Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries".
 *
 * @throws RangeError when both texts are so long that their longest common subsequence would take minutes.
 */
export function rouge(
  prediction: string,
  reference: string,
  options: RougeOptions = {},
): Record<RougeType, RougeScore> {
  const words = new Numbers();
  const isStemmed = options.stemmer ?? false;
  return rougeOf((text) => words.of(wordsOf(text, isStemmed)), { prediction, reference }, options.types ?? ROUGE_TYPES);
}

/** For each type the score against the reference with the highest F1; of equal ones the first. @throws RangeError without references. */
export function rougeMulti(
  prediction: string,
  references: readonly string[],
  options: RougeOptions = {},
): Record<RougeType, RougeScore> {
  if (references.length === 0) throw new RangeError('ROUGE needs at least one reference');
  return bestOf(references.map((reference) => rouge(prediction, reference, options)));
}

/** For each type the score with the highest F1; of equal ones the first. */
export function bestOf<Type extends string>(scores: readonly Record<Type, RougeScore>[]): Record<Type, RougeScore> {
  const best = { ...(scores[0] as Record<Type, RougeScore>) };
  for (const score of scores.slice(1))
    for (const type of Object.keys(best) as Type[]) if (score[type].f1 > best[type].f1) best[type] = score[type];
  return best;
}

function rougeOf(
  tokens: (text: string) => Int32Array,
  { prediction, reference }: { prediction: string; reference: string },
  types: readonly RougeType[],
): Record<RougeType, RougeScore> {
  const wanted = new Set(types);
  const scores = {} as Record<RougeType, RougeScore>;
  const [expected, answered] = [tokens(reference), tokens(prediction)];
  if (wanted.has('rouge1')) scores.rouge1 = overlap(expected, answered, 1);
  if (wanted.has('rouge2')) scores.rouge2 = overlap(expected, answered, 2);
  if (wanted.has('rougeL')) scores.rougeL = longest(expected, answered);
  if (wanted.has('rougeLsum')) scores.rougeLsum = summary(sentences(reference, tokens), sentences(prediction, tokens));
  return scores;
}

/** The lines that have a word. */
const sentences = (text: string, tokens: (text: string) => Int32Array): Int32Array[] =>
  text
    .split('\n')
    .map(tokens)
    .filter(({ length }) => length > 0);

/** Shared n-grams, counted with repeats. */
export function overlap(expected: Int32Array, answered: Int32Array, n: 1 | 2): RougeScore {
  const left = new Map<number, number>();
  for (let i = 0; i + n <= expected.length; i += 1) {
    const gram = gramAt(expected, i, n);
    left.set(gram, (left.get(gram) ?? 0) + 1);
  }
  let shared = 0;
  for (let i = 0; i + n <= answered.length; i += 1) {
    const gram = gramAt(answered, i, n);
    const count = left.get(gram);
    if (count === undefined || count === 0) continue;
    shared += 1;
    left.set(gram, count - 1);
  }
  const grams = (list: Int32Array): number => Math.max(list.length - n + 1, 1);
  return scoreOf(shared / grams(answered), shared / grams(expected));
}

/** Numbers of words are below 2²⁶, so a pair of them is a whole number that doubles hold. */
const gramAt = (list: Int32Array, i: number, n: 1 | 2): number =>
  n === 1 ? (list[i] as number) : (list[i] as number) * 2 ** 26 + (list[i + 1] as number);

export function longest(expected: Int32Array, answered: Int32Array): RougeScore {
  if (expected.length === 0 || answered.length === 0) return scoreOf(0, 0);
  const length = lcsLength(expected, answered);
  return scoreOf(length / answered.length, length / expected.length);
}

/** Of each expected sentence what its subsequences with all answered ones cover together; no word counts twice. */
function summary(expected: readonly Int32Array[], answered: readonly Int32Array[]): RougeScore {
  const total = (list: readonly Int32Array[]): number => list.reduce((sum, { length }) => sum + length, 0);
  const [m, n] = [total(expected), total(answered)];
  if (m === 0 || n === 0) return scoreOf(0, 0);
  checkSummary([expected.length, answered.length], [m, n]);
  const [leftExpected, leftAnswered] = [countsOf(expected), countsOf(answered)];
  let hits = 0;
  for (const sentence of expected) {
    const covered = new Set(answered.flatMap((other) => lcsPlaces(sentence, other)));
    for (const place of Array.from(covered).toSorted((a, b) => a - b)) {
      const word = sentence[place] as number;
      const [here, there] = [leftExpected.get(word) ?? 0, leftAnswered.get(word) ?? 0];
      if (here === 0 || there === 0) continue;
      hits += 1;
      leftExpected.set(word, here - 1);
      leftAnswered.set(word, there - 1);
    }
  }
  return scoreOf(hits / n, hits / m);
}

function countsOf(lists: readonly Int32Array[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const list of lists) for (const word of list) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

const scoreOf = (precision: number, recall: number): RougeScore => ({
  precision,
  recall,
  f1: precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0,
});

function wordsOf(text: string, isStemmed: boolean): string[] {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return isStemmed ? words.map((word) => (word.length > 3 ? stemOf(word) : word)) : words;
}

/** Stems of words seen before; when it is full it begins anew, so that it never grows beyond some megabytes. */
const stems = new Map<string, string>();
const MAX_STEMS = 50_000;
/** Longer ones are no words of a language, and would fill the memory. */
const MAX_KEPT_LENGTH = 64;

function stemOf(word: string): string {
  const known = stems.get(word);
  if (known !== undefined) return known;
  const found = stem(word);
  if (word.length > MAX_KEPT_LENGTH) return found;
  if (stems.size >= MAX_STEMS) stems.clear();
  stems.set(word, found);
  return found;
}

/** Gives each different word a number, from 0. */
export class Numbers {
  readonly #known = new Map<string, number>();

  of(words: readonly string[]): Int32Array {
    const numbers = new Int32Array(words.length);
    for (let i = 0; i < words.length; i += 1) {
      const word = words[i] as string;
      let number = this.#known.get(word);
      if (number === undefined) {
        number = this.#known.size;
        this.#known.set(word, number);
      }
      numbers[i] = number;
    }
    return numbers;
  }
}
