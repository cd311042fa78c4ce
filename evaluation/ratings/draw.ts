import { createHash } from 'node:crypto';
import type { Side } from './rating.ts';

/** A number that looks like chance and is the same every time for the same words. */
export const chanceOf = (...words: readonly (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(words)).digest('hex');

/** Things in an order that is chance under a seed, whatever order they come in. */
export function shuffled<T>(list: readonly T[], idOf: (one: T) => string, ...seed: readonly (string | number)[]): T[] {
  return list
    .map((one) => ({ one, place: chanceOf(...seed, idOf(one)) }))
    .toSorted((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0))
    .map(({ one }) => one);
}

/** Which side a rater sees first on a row: a coin that falls the same way again. */
export const slotOf = (id: string, ...seed: readonly (string | number)[]): Side =>
  Number.parseInt(chanceOf('slot', ...seed, id).slice(0, 2), 16) % 2 === 0 ? 'candidate' : 'champion';
