import { expect, test } from 'vitest';
import { NearByLength } from '../../../../data/dedupe/near-by-length.ts';

const text = (words: number, ...changed: number[]): string =>
  Array.from({ length: words }, (_, i) => (changed.includes(i) ? `other${i}` : `word${i}`)).join(' ');

test.each([10, 20, 31, 33, 39, 41, 49, 51, 80, 200])('one changed word of %i is a near repeat', (words) => {
  const index = new NearByLength(0.8);
  expect(index.add([text(words)], 1)).toBeUndefined();
  expect(index.add([text(words, Math.floor(words / 2))], 2)?.place).toBe(1);
});

test.each([31, 32, 40, 49, 50])('a word more than %i does not part two texts', (words) => {
  const index = new NearByLength(0.8);
  index.add([text(words)], 1);
  expect(index.add([text(words + 1)], 2)?.place).toBe(1);
});

test('texts that share half of their words are not', () => {
  const index = new NearByLength(0.8);
  index.add([text(20)], 1);
  expect(index.add([text(20, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18)], 2)).toBeUndefined();
});
