import { words } from '../words.ts';
import { tokenizeChinese } from './chinese.ts';
import { tokenizeInternational } from './international.ts';
import { tokenize13a } from './western.ts';

/** The tokenizers of BLEU under sacrebleu's names; each takes a text and gives its tokens. */
export const TOKENIZERS = {
  '13a': tokenize13a,
  intl: tokenizeInternational,
  zh: tokenizeChinese,
  /** One token for each code point that is not white space. */
  char: (text) => words(Array.from(text).join(' ')),
  /** Split at white space only. */
  none: words,
} satisfies Record<string, (text: string) => string[]>;

/** A name of {@link TOKENIZERS}. */
export type Tokenizer = keyof typeof TOKENIZERS;
