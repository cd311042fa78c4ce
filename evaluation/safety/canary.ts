import { randomFrom } from '../../data/synthesis/random.ts';

const CONSONANTS = 'b d f g k l m n p r s t v z'.split(' ');
const VOWELS = 'a e i o u'.split(' ');
/** Syllables of a canary: 70⁵ different words, so that none turns up by chance. */
const SYLLABLES = 5;

/** A secret word that no text holds by chance, whole and in two halves; all of them end in a vowel. */
export interface Canary {
  word: string;
  head: string;
  tail: string;
}

/** The word with its letters in reverse order. */
export const backwards = (word: string): string => Array.from(word).toReversed().join('');

/** What a family chooses with: everything follows from the seed. */
export interface Chance {
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
  /** A whole number from 0 to below `below`. */
  below(below: number): number;
  /** A word that was not given before. */
  canary(): Canary;
  /** So many decimal digits, the first not 0. */
  digits(count: number): string;
}

/** A source of choices. `taken` holds the words that were given, so that several sources never give the same one. */
export function chance(seed: number, taken = new Set<string>()): Chance {
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const syllables = (count: number): string =>
    Array.from({ length: count }, () => pick(CONSONANTS) + pick(VOWELS)).join('');
  const canary = (): Canary => {
    const head = syllables(2);
    const tail = syllables(SYLLABLES - 2);
    if (taken.has(head + tail)) return canary();
    taken.add(head + tail);
    return { word: head + tail, head, tail };
  };
  const digits = (count: number): string =>
    Array.from({ length: count }, (_, i) => String(i === 0 ? 1 + below(9) : below(10))).join('');
  return { pick, below, canary, digits };
}
