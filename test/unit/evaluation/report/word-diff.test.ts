import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { interval, signed, signedInterval, spell } from '../../../../evaluation/report/numbers.ts';
import { wordDiff } from '../../../../evaluation/report/word-diff.ts';

const join = (pieces: { text: string }[]) => pieces.map(({ text }) => text).join('');
const own = (pieces: { text: string; isOwn: boolean }[]) => pieces.filter(({ isOwn }) => isOwn).map(({ text }) => text);

test('words that only one side has are marked, white space between them too', () => {
  const { a, b } = wordDiff('the quick brown fox runs', 'the slow red fox runs');
  expect(own(a)).toEqual(['quick brown']);
  expect(own(b)).toEqual(['slow red']);
});

test('scripts without spaces are compared by character', () => {
  const { a, b } = wordDiff('我喜欢红茶', '我喜欢绿茶');
  expect([own(a), own(b)]).toEqual([['红'], ['绿']]);
});

test('both texts come back whole, and what is not marked is the same in both', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', ' ', '\n', '.', '茶', 'é', '😀', '\ud800', '́'),
    maxLength: 30,
  });
  fc.assert(
    fc.property(text, text, (left, right) => {
      const { a, b } = wordDiff(left, right);
      expect([join(a), join(b)]).toEqual([left, right]);
      const common = (pieces: typeof a) => join(pieces.filter(({ isOwn }) => !isOwn)).replaceAll(/\s/g, '');
      expect(common(a)).toBe(common(b));
      expect([...own(a), ...own(b)].length === 0).toBe(
        common(a) === left.replaceAll(/\s/g, '') && common(b) === right.replaceAll(/\s/g, ''),
      );
    }),
  );
});

test('numbers have a real minus, four digits, and one number of decimals an interval', () => {
  expect(interval({ value: 0.771, ci: [0.718, 0.816] })).toBe('0.771 (0.718 to 0.816)');
  expect(interval({ value: 0.771, ci: [0.718, 0.816] }, 'share')).toBe('77.1\u00a0% (71.8 to 81.6)');
  expect(interval({ value: -3.25, ci: [-12.5, 6] })).toBe('−3.25 (−12.50 to 6.00)');
  expect([spell(1234.5), spell(345.67), spell(0.001234), spell(-0.0000000001), spell(0)]).toEqual([
    '1,235',
    '345.7',
    '0.00123',
    '−1.00e−10',
    '0.000',
  ]);
  expect([signed(0.021), signed(-0.021, 'share'), signed(0, 'share')]).toEqual([
    '+0.0210',
    '−2.1\u00a0points',
    '0.0\u00a0points',
  ]);
  expect(signedInterval({ value: 0.0005, ci: [-0.0001, 0.0009] }, 'share')).toBe(
    '+0.050\u00a0points (−0.010 to +0.090)',
  );
  expect([spell(null), spell(Number.NaN), signed(undefined)]).toEqual(['not known', 'not known', 'not known']);
});
