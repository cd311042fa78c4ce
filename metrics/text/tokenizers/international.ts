import { words } from '../words.ts';

/**
 * The tokens of sacrebleu's `intl` (mteval-v14): symbols stand alone, and so does punctuation unless digits surround
 * it. The classes are those of the Unicode version of this JavaScript engine; characters that are newer than the
 * Unicode version of a Python installation may fall into another class there.
 */
export const tokenizeInternational = (text: string): string[] =>
  words(
    text
      .replace(/(\P{N})(\p{P})/gu, '$1 $2 ')
      .replace(/(\p{P})(\P{N})/gu, ' $1 $2')
      .replace(/\p{S}/gu, ' $& '),
  );
