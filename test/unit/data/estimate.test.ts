import { expect, test } from 'vitest';
import { estimateTuning } from '../../../data/estimate.ts';

test('epochs times tokens are trained and billed', () => {
  // 250,000 tokens × 4 epochs = 1,000,000 at 25 dollars a million.
  const tokens = { low: 250_000, high: 300_000 };
  expect(estimateTuning({ tokens, passes: { epochs: 4 }, price: { training: 25 } })).toEqual({
    epochs: 4,
    trained: { low: 1_000_000, high: 1_200_000 },
    billed: { low: 1_000_000, high: 1_200_000 },
    seconds: { unknown: 'no earlier run has shown how many tokens a second are trained' },
    usd: { low: 25, high: 30 },
  });
});

test('steps times batch over rows are epochs; this machine sends no bill', () => {
  // 200 steps of 8 rows are 1,600 rows: 4 times 400 rows of 50 tokens.
  const estimate = estimateTuning({
    tokens: { low: 20_000, high: 20_000 },
    passes: { iterations: 200, batchSize: 8, rows: 400 },
    price: { training: 0, free: true },
    tokensPerSecond: { low: 1_000, high: 2_000 },
  });
  expect(estimate).toEqual({
    epochs: 4,
    trained: { low: 80_000, high: 80_000 },
    billed: { low: 0, high: 0 },
    seconds: { low: 40, high: 80 },
    usd: { low: 0, high: 0 },
  });
});

test('no rows are no work', () => {
  const estimate = estimateTuning({
    tokens: { low: 0, high: 0 },
    passes: { iterations: 200, batchSize: 8, rows: 0 },
    price: { training: 5 },
    tokensPerSecond: { low: 10, high: 10 },
  });
  expect(estimate).toMatchObject({ epochs: 0, seconds: { low: 0, high: 0 }, usd: { low: 0, high: 0 } });
});

test('a speed of nothing is no time', () => {
  const { seconds } = estimateTuning({
    tokens: { low: 1, high: 1 },
    passes: { epochs: 1 },
    price: { training: 5 },
    tokensPerSecond: { low: 0, high: 10 },
  });
  expect(seconds).toEqual({ unknown: 'a speed of 0 to 10 tokens a second says nothing' });
});
