import { expect, test } from 'vitest';
import { sureness } from '../../../../metrics/gate/sureness.ts';

test('a confidence short of certainty never reads as certainty', () => {
  expect([0.05, 0.0304, 0.0001, 7.6e-7, 0].map(sureness)).toEqual([
    '95 %',
    '96.96 %',
    '99.99 %',
    '99.99992 %',
    '100 %',
  ]);
});
