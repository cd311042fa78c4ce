import { expect, test } from 'vitest';
import { ScheduleSpec } from '../../../configs/schedule.ts';
import { clockInWords, clockOf, isTimeZone, timeIn } from '../../../worker/schedules/clock.ts';
import { changeInWords, fieldChanges } from '../../../worker/schedules/diff.ts';
import { policiesOf, recipeFor } from '../../../worker/schedules/action.ts';
import { Continuous } from '../../../configs/continuous.ts';
import type { Recipe } from '../../../configs/recipe.ts';

const spec = (given: object): ScheduleSpec => ScheduleSpec.parse({ folder: '/', ...given });

test('usual cron expressions are told in words, others as they are', () => {
  const said = (cron: string): string => clockInWords(spec({ cron: [cron], timezone: 'Europe/Berlin' }));
  expect(
    [
      '* * * * *',
      '*/15 * * * *',
      '5 * * * *',
      '30 2 * * *',
      '0 5 * * MON',
      '0 5 * * 1-5',
      '0 5 * * 0,3',
      '0 0 1 * *',
      '@daily',
      'TZ=UTC 0 5 * * *',
      '0 5,17 * * *',
      '0 5 1 1 * 2027',
    ].map(said),
  ).toEqual([
    'every minute, Europe/Berlin',
    'every 15 minutes, Europe/Berlin',
    'every hour at minute 5, Europe/Berlin',
    'every day at 02:30, Europe/Berlin',
    'every Monday at 05:00, Europe/Berlin',
    'every Monday to Friday at 05:00, Europe/Berlin',
    'every Sunday, Wednesday at 05:00, Europe/Berlin',
    'every month on day 1 at 00:00, Europe/Berlin',
    'every day at 00:00, Europe/Berlin',
    'every day at 05:00, UTC',
    'cron 0 5,17 * * *, Europe/Berlin',
    'cron 0 5 1 1 * 2027, Europe/Berlin',
  ]);
  expect(clockInWords(spec({ every: '6h' }))).toBe('every 6h');
  expect(clockInWords(spec({}))).toBe('by no clock: on triggers alone');
});

test('a zone inside of an expression takes the place of the one beside it', () => {
  expect(clockOf(spec({ cron: ['TZ=UTC 0 5 * * *'], timezone: 'Europe/Berlin' }))).toEqual({
    cronExpressions: ['TZ=UTC 0 5 * * *'],
  });
  expect(clockOf(spec({ every: '90m' }))).toEqual({ intervals: [{ every: 5_400_000 }], timezone: 'UTC' });
});

test('times are shown with their distance from UTC there and then', () => {
  expect(timeIn('Europe/Berlin', new Date('2027-03-27T01:30:00Z'))).toBe('2027-03-27 02:30 GMT+1');
  expect(timeIn('Europe/Berlin', new Date('2027-03-29T00:30:00Z'))).toBe('2027-03-29 02:30 GMT+2');
  expect(timeIn('UTC', new Date('2027-03-29T00:30:07Z'))).toBe('2027-03-29 00:30:07 UTC');
  expect(['Europe/Berlin', 'UTC', 'Europe/Nowhere', ''].map(isTimeZone)).toEqual([true, true, false, false]);
});

test('a difference names the field, what it was and what it is', () => {
  const from = { name: 'a', tune: { iterations: 100, lora: { rank: 8 } }, list: [{ x: 1 }, { x: 2 }] };
  const to = { name: 'a', tune: { iterations: 200, lora: { rank: 8 }, price: 3 }, list: [{ x: 1 }, { x: 3 }] };
  expect(fieldChanges(from, to).map(changeInWords)).toEqual([
    'tune.iterations: 100 → 200',
    'tune.price: (not set) → 3',
    'list: [{"x":1},{"x":2}] → [{"x":1},{"x":3}]',
  ]);
  expect(fieldChanges(from, structuredClone(from))).toEqual([]);
  expect(fieldChanges({ a: 1 }, {}).map(changeInWords)).toEqual(['a: 1 → (not set)']);
});

test("overlap goes into the recipe, where the run itself decides; Temporal's own policy lets every action start", () => {
  const recipe = { name: 'a', continuous: Continuous.parse({ overlap: 'skip' }) } as Recipe;
  const meant = (overlap?: string) =>
    recipeFor(spec(overlap === undefined ? {} : { overlap }), recipe).continuous?.overlap;
  expect([undefined, 'skip', 'buffer-one', 'cancel-other'].map(meant)).toEqual(['skip', 'skip', 'queue', 'cancel']);
  expect(policiesOf(spec({ catchup: '3d' }))).toEqual({
    overlap: 'ALLOW_ALL',
    catchupWindow: 259_200_000,
    pauseOnFailure: false,
  });
});
