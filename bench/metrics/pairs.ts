import { createRandom } from '../data/support.ts';

/** Words of the pairs: inflected, so that stems differ from them, and with marks, so that tokenizers have work. */
const WORDS =
  `the a of to and in is was for with that it on as at by from this are be not have has had or an but they their which
when were we you he she his her its one all can will would there been more if who what about up out so some into than
then could only other time people government company companies years water market markets price prices house houses
official officials minister ministers president elections election reported reporting reports running runs quickly
national international economically economies growth growing increased increasing decreased percent million billion
Monday Tuesday January Berlin Seoul Paris London Washington yesterday tomorrow morning evening study studies studied
researchers research university students teachers schools children parents families hospital doctors patients treatment
treated treatments weather storm storms flooding rivers bridges roads traffic railway stations travelled travelling
airport flights delayed cancellations services services' customers' customer payment payments refunded invoices
accounting accounts delivered deliveries parcels well-known long-term U.S. 3.5 1,000 2024 12:30 $40 20% (see "quoted"
it's don't they're e.g. said announced announcing decided decision decisions happily happiness relational conditional
vietnamization predication operator feudalism decisiveness hopefulness formality sensitivity triplicate`.split(/\s+/);
const ENDS = ['.', '.', '.', '!', '?', ' .'];

/** Words of a pair: 13 in the middle. */
const LENGTHS = [8, 18] as const;
/** Shares of words that are replaced, left out, doubled and moved, so that every kind of edit occurs. */
const EDITS = { replaced: 0.12, dropped: 0.06, added: 0.06, moved: 0.04 };

/** Made-up sentences, each with one that was changed from it as a translation differs from another. */
export function createPairs(count: number, seed = 8): { prediction: string; reference: string }[] {
  const random = createRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const word = (): string => WORDS[Math.floor(WORDS.length * random() ** 1.7)] as string;
  return Array.from({ length: count }, () => {
    const [least, most] = LENGTHS;
    const said = Array.from({ length: least + below(most - least + 1) }, word);
    const end = ENDS[below(ENDS.length)] as string;
    const heard = said.flatMap((one) => {
      const chance = random();
      if (chance < EDITS.dropped) return [];
      if (chance < EDITS.dropped + EDITS.added) return [one, word()];
      return [chance < EDITS.dropped + EDITS.added + EDITS.replaced ? word() : one];
    });
    for (let i = 0; i < heard.length; i += 1)
      if (random() < EDITS.moved) heard.splice(below(heard.length), 0, ...heard.splice(i, 2));
    return { prediction: sentence(heard, end), reference: sentence(said, end) };
  });
}

const sentence = (words: readonly string[], end: string): string => {
  const text = words.join(' ');
  return text.slice(0, 1).toUpperCase() + text.slice(1) + end;
};
