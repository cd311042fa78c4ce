import { describe, expect, test } from 'vitest';
import { atMost, failsBeyond, near, tableOf } from '../../../../bench/honesty/figure.ts';
import { honesty, quickly } from '../../../../bench/honesty/honesty.ts';

test('the gate keeps what it promises, in the quick form of npm run bench -- honesty', { timeout: 60_000 }, () => {
  const figures = quickly();
  expect(figures.length).toBeGreaterThan(40);
  expect(tableOf(figures.filter(({ met }) => !met)).split('\n')).toHaveLength(2);
});

describe('a figure', () => {
  test('that only has an upper bound may be far below it, and up to three standard errors above', () => {
    expect(atMost('x', 0, 400, 0.05).met).toBe(true);
    expect(atMost('x', 0.0825, 400, 0.05).met).toBe(true);
    expect(atMost('x', 0.085, 400, 0.05).met).toBe(false);
  });

  test('that is promised exactly may be missed on neither side', () => {
    expect([0.7, 0.76, 0.84, 0.9].map((value) => near('x', value, 400, 0.8).met)).toEqual([false, true, true, false]);
  });

  test('of a rule known to be wrong has to show it', () => {
    expect([0.05, 0.08, 0.09].map((value) => failsBeyond('x', value, 400, 0.05).met)).toEqual([false, false, true]);
  });
});

test('options that are not known are not taken for a run', async () => {
  expect(await honesty(['--fast'])).toBeUndefined();
  expect(await honesty(['--quick', '--quick'])).toBeUndefined();
});
