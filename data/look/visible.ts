import { plain } from '../../configs/plain.ts';

// Direction marks and overrides, zero-width space, byte order mark, tags: they change or hide what is read.
// The joiners U+200C and U+200D stay, since Persian and emoji need them.
const DECEIVING = /[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** One line of untrusted text for people: nothing in it moves the cursor, turns the direction or stays unseen. */
export function visible(text: string): string {
  return plain(text.toWellFormed()).replace(
    DECEIVING,
    (found) => `[U+${found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
  );
}
