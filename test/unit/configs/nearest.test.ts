import { expect, test } from 'vitest';
import { nearest } from '../../../configs/nearest.ts';

test.each([
  ['iteration', 'iterations'],
  ['ITERATIONS', 'iterations'],
  ['batchsize', 'batchSize'],
  ['learning_rate', 'learningRate'],
  ['rnk', 'rank'],
])('%s is taken for a slip of %s', (word, meant) => {
  expect(nearest(word, ['rank', 'iterations', 'batchSize', 'learningRate'])).toBe(meant);
});

test('a word that is like none has no nearest', () => {
  expect(nearest('zebra', ['iterations', 'learningRate'])).toBeUndefined();
  expect(nearest('zebra', [])).toBeUndefined();
});
