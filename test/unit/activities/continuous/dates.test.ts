import { expect, test } from 'vitest';
import { dateOf } from '../../../../activities/continuous/arrivals.ts';
import { identify } from '../../../../data/row.ts';

const dateIn = (at: unknown): string | undefined => dateOf(identify({ messages: [], columns: { at } }, 0, 1), 'at');

test('dates of rows are read as a split by time reads them', () => {
  expect(dateIn('2026-01-05T10:00:00Z')).toBe('2026-01-05T10:00:00.000Z');
  expect(dateIn('2026-01-05')).toBe('2026-01-05T00:00:00.000Z');
  // Seconds and milliseconds since 1970.
  expect(dateIn(1_767_607_200)).toBe('2026-01-05T10:00:00.000Z');
  expect(dateIn(1_767_607_200_000)).toBe('2026-01-05T10:00:00.000Z');
  expect(dateIn('5/1/2026')).toBeUndefined();
  expect(dateIn(1e300)).toBeUndefined();
  expect(dateIn(null)).toBeUndefined();
});
