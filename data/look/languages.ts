import { apart } from '../../configs/apart.ts';
import { answerOf, promptOf, textOf } from '../row.ts';
import type { Row } from '../row.ts';
import { copy } from './cut.ts';
import { createLowest, seededHash } from './sample.ts';
import type * as Detector from './guess-languages.ts';
import { createTally } from './tally.ts';
import type { Count } from './tally.ts';

const DETECTOR = new URL('./guess-languages.ts', import.meta.url);

/** Languages of a sample of different rows; `found` adds up to `sampled` − `tooShort`. */
export interface Languages {
  /** Rows looked at, chosen by their hash. */
  sampled: number;
  /** Below 40 characters: a guess would be a coin toss. */
  tooShort: number;
  /** ISO 639-1 codes, or `unknown` where the guess is not reliable; shares are of the rows long enough. */
  found: Count[];
}

const MOST_ROWS = 2000;
const FEWEST_CHARACTERS = 40;
// What the detector reads.
const MOST_CHARACTERS = 1000;

/** Collects rows for a guess at their languages; at most 2000 rows are held, 1000 characters each. */
export function createLanguages(seed = 0): { add(row: Row): void; result(): Promise<Languages> } {
  const texts = createLowest<string>(MOST_ROWS);
  return {
    add(row) {
      texts.offer(seededHash(seed, row.id), row.id, () => copy(spokenIn(row).slice(0, MOST_CHARACTERS)));
    },
    async result() {
      const all = texts.result();
      const long = all.filter((text) => text.length >= FEWEST_CHARACTERS);
      const found = createTally(300);
      if (long.length > 0) {
        // The tables of the detector take 100 MB.
        const guesses = await apart<typeof Detector, 'guessLanguages'>(DETECTOR, 'guessLanguages', long);
        for (const guess of guesses) found.add(guess);
      }
      return { sampled: all.length, tooShort: all.length - long.length, found: found.top(300) };
    },
  };
}

/** What a person says and is told; instructions before it are often in another language. */
function spokenIn(row: Row): string {
  if (row.document) return row.document.text;
  const question = promptOf(row).findLast(({ role }) => role === 'user');
  return `${question ? textOf(question) : ''}\n${answerOf(row)}`.trim();
}
