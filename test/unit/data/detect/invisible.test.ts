import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { findInvisible, removeInvisible } from '../../../../data/detect/invisible.ts';

test.each([
  ['zeroWidth', 'a\u200bb'],
  ['zeroWidth', 'a\u200db'],
  ['zeroWidth', 'a\u2060b'],
  ['bidi', 'a\u202eb'],
  ['bidi', 'a\u200fb'],
  ['tag', 'a\u{e0041}b'],
  ['softHyphen', 'a\u00adb'],
  ['byteOrderMark', 'a\ufeffb'],
  ['control', 'a\0b'],
  ['control', 'a\u0085b'],
  ['filler', 'a\u3164b'],
  ['variation', 'a\ufe0fb'],
  ['surrogate', 'a\ud800b'],
])('%s is found and removed', (kind, text) => {
  expect(findInvisible(text)).toEqual([{ kind, start: 1, end: text.length - 1 }]);
  expect(removeInvisible(text)).toBe('ab');
});

test.each([
  ['a family', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'],
  ['a rainbow flag', '\u{1f3f3}\ufe0f\u200d\u{1f308}'],
  ['skin tone and a joiner', '\u{1f469}\u{1f3fd}\u200d\u{1f680}'],
  ['the flag of Scotland', '\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'],
  ['a red heart', '\u2764\ufe0f'],
  ['a key cap', '1\ufe0f\u20e3'],
  ['Persian', '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'],
  ['Hindi', '\u0915\u094d\u200d\u0937'],
  ['tab and line ends', 'a\tb\r\nc'],
  ['words of any script', 'na\u00efve \u65e5\u672c\u8a9e \u05e9\u05dc\u05d5\u05dd'],
])('%s is let be', (_what, text) => {
  expect(findInvisible(text)).toEqual([]);
});

test('bytes hidden in variation selectors behind an emoji are found', () => {
  expect(removeInvisible('\u{1f600}\ufe0f\ufe01\ufe02\u{e0101}')).toBe('\u{1f600}\ufe0f');
});

test('whatever the text: nothing is left after removal, and what is left was there', () => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom(
      '\u200d',
      '\u200c',
      '\ufe0f',
      '\u{1f468}',
      '\u0645',
      '\ud83d',
      '\udc68',
      '\u{e0067}',
      '\u{e007f}',
      '\u{1f3f4}',
      'a',
    ),
  );
  fc.assert(
    fc.property(fc.array(unit), (units) => {
      const removed = removeInvisible(units.join(''));
      expect(findInvisible(removed)).toEqual([]);
      expect(units.join('').length).toBeGreaterThanOrEqual(removed.length);
    }),
    { numRuns: 500 },
  );
});
