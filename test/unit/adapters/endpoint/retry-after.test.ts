import { expect, test } from 'vitest';
import { waitOf } from '../../../../adapters/endpoint/retry-after.ts';

const now = Date.parse('2026-11-25T12:00:00Z');
const wait = (headers: Record<string, string>) => waitOf(new Headers(headers), now);

test.each([
  ['seconds', { 'retry-after': '7' }, 7000],
  ['parts of a second', { 'retry-after': '0.25' }, 250],
  ['a date', { 'retry-after': 'Wed, 25 Nov 2026 12:00:30 GMT' }, 30_000],
  ['a date that has passed', { 'retry-after': 'Wed, 25 Nov 2026 11:00:00 GMT' }, 0],
  ['ms, before seconds', { 'retry-after-ms': '120', 'retry-after': '9' }, 120],
  ['a duration', { 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
  ['a short duration', { 'x-ratelimit-reset-tokens': '20ms' }, 20],
  ['a moment in seconds', { 'x-ratelimit-reset': String(now / 1000 + 5) }, 5000],
  ['a moment in ms', { 'x-ratelimit-reset': String(now + 5000) }, 5000],
  ['seconds without x-', { 'ratelimit-reset': '3' }, 3000],
  [
    'the limit that is used up',
    {
      'x-ratelimit-reset-requests': '2s',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-tokens': '1h',
      'x-ratelimit-remaining-tokens': '900',
    },
    2000,
  ],
  ['the longest, when none is used up', { 'x-ratelimit-reset-requests': '2s', 'x-ratelimit-reset-tokens': '9s' }, 9000],
  ['at most a day', { 'retry-after': '99999999' }, 86_400_000],
  ['nothing', {}, undefined],
  ['nonsense', { 'retry-after': 'soon', 'x-ratelimit-reset': '-1e9' }, undefined],
])('a wait is read from %s', (_what, headers, ms) => {
  expect(wait(headers)).toBe(ms);
});
