import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Grams } from '../../../../data/dedupe/grams.ts';
import { Words } from '../../../../data/dedupe/words.ts';
import { anyText } from '../policies/support.ts';

const wordsOf = (...texts: string[]): number[] => {
  const words = new Words();
  for (const text of texts) words.add(text);
  return [...words.hashes.subarray(0, words.length)];
};

test('case, punctuation, line breaks and compatibility forms make no difference', () => {
  const plain = wordsOf('the office opens at 9 do not wait');
  expect(plain).toHaveLength(8);
  expect(wordsOf('The\r\noffice -- OPENS, at\t9!\n\n(Do not) wait.')).toEqual(plain);
  expect(wordsOf('the oﬃce opens at ９ do not wait')).toEqual(plain);
});

test('apostrophes and invisible characters neither end a word nor change it', () => {
  const plain = wordsOf('dont panic');
  for (const text of ["don't panic", 'don’t panic', 'do\u200bnt pa\u00adnic', '\ufeffdont panic'])
    expect(wordsOf(text)).toEqual(plain);
});

test('scripts without spaces are taken sign by sign, others word by word', () => {
  expect(wordsOf('日本語を話す')).toHaveLength(6);
  expect(wordsOf('日本語。')).toEqual(wordsOf('日 本 語'));
  expect(wordsOf('Привет, мир')).toEqual(wordsOf('ПРИВЕТ МИР'));
  expect(wordsOf('한국어 문장')).toHaveLength(2);
  expect(wordsOf('𠀀𠀁')).toHaveLength(2);
  expect(wordsOf('ok 👍🏽 fine')).toEqual(wordsOf('ok fine'));
});

test('different words differ, and so does their order', () => {
  expect(wordsOf('one two')).not.toEqual(wordsOf('two one'));
  expect(wordsOf('onetwo')).not.toEqual(wordsOf('one two'));
});

test('an ASCII text has the same words however it is read', () => {
  // The last sign is no word and forces the slower way.
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
      expect(wordsOf(`${text} €`)).toEqual(wordsOf(text));
    }),
  );
});

test('any text is read, lone surrogates and all, and texts are read one after the other', () => {
  fc.assert(
    fc.property(anyText, anyText, (a, b) => {
      expect(wordsOf(a, b)).toEqual([...wordsOf(a), ...wordsOf(b)]);
      expect(wordsOf(`${a}\n\n${b}`)).toEqual(wordsOf(a, b));
    }),
  );
  expect(wordsOf('a \ud800 b')).toEqual(wordsOf('a b'));
});

test('runs are the same wherever they stand, and others are others', () => {
  const word = fc.integer({ min: -5, max: 5 });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (words, size) => {
      const { high, low, length } = new Grams(size).read({ hashes: Int32Array.from(words), length: words.length });
      const spelled =
        words.length === 0
          ? []
          : words.length < size
            ? [words.join()]
            : Array.from({ length: words.length - size + 1 }, (_, i) => words.slice(i, i + size).join());
      const hashes = Array.from({ length }, (_, i) => `${high[i]} ${low[i]}`);
      expect(hashes).toHaveLength(spelled.length);
      expect(new Set(hashes).size).toBe(new Set(spelled).size);
      expect(hashes.map((hash) => hashes.indexOf(hash))).toEqual(spelled.map((text) => spelled.indexOf(text)));
    }),
  );
});
