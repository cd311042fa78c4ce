import { expect, test } from 'vitest';
import { amount, doesNotFit, nothingLeft } from '../../../../activities/budgeting/words.ts';

test('what does not fit says how much was used, what is needed, and the command that is enough', () => {
  expect(
    doesNotFit(
      [
        { scope: 'month', unit: 'trainerSeconds', used: 30.4, wanted: 24.8, bound: 40 },
        { scope: 'line', unit: 'usd', used: 1.5, wanted: 0.751, bound: 2 },
        { scope: 'run', unit: 'tokens', used: 0, wanted: 123_456, bound: 100_000 },
      ],
      'r1',
    ),
  ).toMatchInlineSnapshot(
    `"the budget of this month: 30 of 40 trainer seconds used, this training needs about 25; the budget of this line: $1.50 of $2.00 used, this training needs about $0.7510; the budget of this run: 0 of 100,000 tokens used, this training needs about 123,456: \`anneal resume r1 --budget month.trainerSeconds=56 --budget line.usd=2.3 --budget run.tokens=130000\`"`,
  );
});

test('of a bound that is reached already half as much again is proposed', () => {
  expect(doesNotFit([{ scope: 'line', unit: 'trainerSeconds', used: 12, wanted: 0, bound: 10 }], 'r1')).toContain(
    'nothing is left: `anneal resume r1 --budget line.trainerSeconds=18`',
  );
});

test('a run that does not begin is told where to raise the bound', () => {
  expect(nothingLeft([{ scope: 'month', unit: 'usd', used: 40, wanted: 0, bound: 40 }])).toBe(
    'the budget of this month is used up, $40.00 of $40.00: raise continuous.budget.month.usd or wait for the next month',
  );
});

test('small sums of money keep their digits', () => {
  expect([0, 0.0000012, 0.05, 5].map((value) => amount('usd', value))).toEqual([
    '$0.00',
    '$0.000001',
    '$0.0500',
    '$5.00',
  ]);
});
