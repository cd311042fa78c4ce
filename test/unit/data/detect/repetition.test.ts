import { expect, test } from 'vitest';
import { repetitionShare } from '../../../../data/detect/repetition.ts';
import { processorTime } from '../../../support/stopwatch.ts';

const words = (count: number, from = 0): string => Array.from({ length: count }, (_, i) => `w${from + i}`).join(' ');

test.each([
  ['different words', words(100), 0],
  ['a text said twice', `${words(50)} ${words(50)}`, 0.5],
  ['a line said four times', Array.from({ length: 4 }, () => words(10)).join('\n'), 0.75],
  ['one word over and over', 'no '.repeat(100), 0.99],
  ['other case', `${words(20)} ${words(20).toUpperCase()}`, 0.5],
  ['a few words over and over', 'ha '.repeat(19), 0],
  ['a text without gaps said twice', '\u6211\u4eca\u5929\u53bb\u4e86\u5546\u5e97\u4e70\u4e1c\u897f'.repeat(2), 0.5],
  ['nothing', '', 0],
])('%s', (_what, text, share) => {
  expect(repetitionShare(text)).toBeCloseTo(share, 10);
});

test('short lines between others count', () => {
  const lines = Array.from({ length: 10 }, (_, i) => `see above\nw${i} x${i} y${i}`).join('\n');
  expect(repetitionShare(lines)).toBeCloseTo(18 / 50, 10);
});

test('a megabyte takes under five seconds', () => {
  const spent = processorTime();
  repetitionShare('a b '.repeat(250_000));
  repetitionShare('\n'.repeat(1_000_000));
  repetitionShare(words(150_000));
  expect(spent()).toBeLessThan(5000);
});
