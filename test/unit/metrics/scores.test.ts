import { describe, expect, test } from 'vitest';
import { exactMatch } from '../../../metrics/exact-match.ts';
import { parseMetric } from '../../../metrics/registry.ts';
import { tokenF1 } from '../../../metrics/token-f1.ts';

describe('exact match', () => {
  test.each([
    ['Refund', 'refund'],
    ['  refund\n', 'refund'],
    ['two  words', 'two\nwords'],
    ['two\u00a0words', 'two words'],
    ['Caf\u00e9', 'CAFE\u0301'],
    ['\ufb01ne ①', 'fine 1'],
    ['ÄÖÜ', 'äöü'],
    ['', ' \n'],
  ])('takes %j and %j for equal', (prediction, reference) => {
    expect(exactMatch(prediction, reference)).toBe(1);
    expect(exactMatch(reference, prediction)).toBe(1);
  });

  test.each([
    ['refunds', 'refund'],
    ['refund.', 'refund'],
    ['two words', 'twowords'],
    ['', 'refund'],
    ['cafe', 'café'],
  ])('takes %j and %j for different', (prediction, reference) => {
    expect(exactMatch(prediction, reference)).toBe(0);
  });
});

describe('token F1', () => {
  test.each([
    ['the cat sat', 'the cat sat', 1],
    ['The CAT, sat!', 'the cat sat', 1],
    ['the cat', 'the cat sat', 0.8], // P 2/2, R 2/3
    ['the cat sat down', 'cat', 0.4], // P 1/4, R 1/1
    ['cat cat cat', 'cat', 0.5], // a repeated word counts once: P 1/3, R 1/1
    ['cat', 'cat cat', 2 / 3],
    ['dog', 'cat', 0],
    ['', '', 1],
    ['...', '!', 1],
    ['', 'cat', 0],
    ['cat', '', 0],
    ['Straße 12', 'straße 12', 1],
    ['नमस्ते दुनिया', 'नमस्ते', 2 / 3],
  ])('of %j against %j is %f', (prediction, reference, score) => {
    expect(tokenF1(prediction, reference)).toBeCloseTo(score, 12);
    expect(tokenF1(reference, prediction)).toBeCloseTo(score, 12);
  });

  test('takes words that every object has by birth for words', () => {
    expect(tokenF1('constructor __proto__', 'constructor __proto__')).toBe(1);
  });
});

test.each(['exactMatch', 'tokenF1'])('%s does not come without its number of items and its interval', (name) => {
  const metric = parseMetric(name);
  const scores = [1, 0, 1, 1].map((value) => ({ value }));
  const items = scores.map(() => ({ prediction: 'a', references: ['a'] }));
  const { value, n, ci } = metric.summary(items, scores);
  expect({ value, n }).toEqual({ value: 0.75, n: 4 });
  expect(ci[0]).toBeGreaterThanOrEqual(0);
  expect(ci[0]).toBeLessThan(0.75);
  expect(ci[1]).toBeGreaterThan(0.75);
  expect(ci[1]).toBeLessThanOrEqual(1);
  expect(() => metric.summary([], [])).toThrow(RangeError);
});
