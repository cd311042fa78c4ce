import * as fc from 'fast-check';
import { countTokens as countCl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { loadEncoding } from '../../../../data/tokens/encodings.ts';
import { processorTime } from '../../../support/stopwatch.ts';

const asText = { disallowedSpecial: new Set<string>() };
const libraries = { o200k_base: countO200k, cl100k_base: countCl100k } as const;
const names = ['o200k_base', 'cl100k_base'] as const;

// What pieces are cut at: case, contractions, digits, marks, slashes, kinds of space, letters beyond ASCII.
const fragments = fc.constantFrom(
  "'s",
  "'LL",
  "'re",
  "'",
  'word',
  'Word',
  'WORDs',
  'x',
  '1',
  '23',
  '4567',
  '٣',
  ' ',
  '  ',
  '\t',
  '\n',
  '\r\n',
  '\n\n',
  '\u000b',
  '\u00a0',
  '\u3000',
  '.',
  '...',
  '!?',
  '/',
  '//',
  '(',
  '"',
  '_',
  '\u0000',
  '\u001f',
  'é',
  'É',
  'ß',
  '日本',
  'ほげ',
  '👍',
  '👩‍👧',
  '\u0301',
  'ⅷ',
  '²',
  'ǅ',
  '<|endoftext|>',
  '<|im_start|>',
  'https://',
  '-',
  '–',
);
const texts = fc.oneof(
  fc.array(fragments, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
);

test.each(names)('%s: the same number as the library, whatever the text', async (name) => {
  const count = await loadEncoding(name);
  fc.assert(
    fc.property(texts, (text) => {
      // The library takes these two for what JavaScript's \s says, the vocabularies were made with Unicode's.
      const plain = text.replaceAll(/[\ufeff\u0085\u017f]/g, '');
      expect(count(plain)).toBe(libraries[name](plain, asText));
    }),
    { numRuns: 1500, seed: 7 },
  );
});

test.each(names)('%s: half a character and control tokens are text like any other', async (name) => {
  const count = await loadEncoding(name);
  expect(count('\ud83d')).toBe(count('\ufffd'));
  expect(count('<|endoftext|>')).toBeGreaterThan(3);
  expect(count('')).toBe(0);
});

test('the white space of the vocabulary is that of Unicode', async () => {
  const count = await loadEncoding('o200k_base');
  // As tiktoken counts them.
  expect(count('\ufeffhello')).toBe(2);
  expect(count(' \ufeff x')).toBe(2);
  expect(count('a\u0085\u0085b')).toBe(6);
  expect(count("it'\u017f")).toBe(3);
});

test('a run of 300,000 letters takes a moment, and as many tokens as its parts say', async () => {
  const count = await loadEncoding('o200k_base');
  const spent = processorTime();
  expect(count('a'.repeat(300_000))).toBe(37_500);
  expect(spent()).toBeLessThan(15_000);
});
