import { expect, test } from 'vitest';
import { updateFor, wantedIn } from '../../../cli/budgets.ts';

const ASKS = 'the budget is reached: 790 tokens spent, 800 tokens allowed';
const LINE = 'the budget of this month: 30 of 40 trainer seconds used, this training needs about 25: …';
const update = (waiting: string, ...texts: string[]) => updateFor(wantedIn(texts), waiting, 'ann');

test('a run that waits for its own limit of asks has that one raised', () => {
  expect(update(ASKS, '5')).toEqual({ name: 'raiseBudget', args: [{ usd: 5 }] });
  expect(update(ASKS, 'usd=0.5', 'tokens=2000')).toEqual({ name: 'raiseBudget', args: [{ usd: 0.5, tokens: 2000 }] });
});

test('bounds of run, line and month are raised by their names; without one it is the run’s', () => {
  expect(update(LINE, 'month.trainerSeconds=60', 'line.usd=5', 'line.tokens=7', 'tokens=9')).toEqual({
    name: 'raiseBounds',
    args: [
      {
        bounds: { month: { trainerSeconds: 60 }, line: { usd: 5, tokens: 7 }, run: { tokens: 9 } },
        by: 'ann',
      },
    ],
  });
  expect(update(LINE, '5').args).toEqual([{ bounds: { run: { usd: 5 } }, by: 'ann' }]);
  expect(update(ASKS, 'month.usd=5').name).toBe('raiseBounds');
  expect(update(ASKS, 'trainerSeconds=5').name).toBe('raiseBounds');
});

test('what is no amount is refused with the forms there are', () => {
  for (const text of [
    '',
    'x',
    '-1',
    '0',
    'Infinity',
    'tokens=1.5',
    'week.usd=5',
    'month.5',
    'usd=',
    'usd=5 ',
    'hours=3',
  ])
    expect(() => wantedIn([text]), text).toThrow(
      `--budget: expected usd=5, tokens=200000 or trainerSeconds=600, or one of them behind run., line. or month., found "${text}"`,
    );
});
