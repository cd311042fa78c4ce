import { expect, test } from 'vitest';
import { crossCheckBudget } from '../../../configs/budget-check.ts';

const endpoint = { kind: 'endpoint', baseUrl: 'http://x', model: 'm' };
const price = { inputPerMillion: 1, outputPerMillion: 2 };
const written = {
  synthesize: { generators: { big: endpoint, priced: { ...endpoint, price }, here: { kind: 'mlx', model: 'm' } } },
  evaluate: { judges: { strict: { kind: 'pointwise', generator: endpoint } } },
};

test('money can be bounded only where every price is known', () => {
  expect(crossCheckBudget({ ...written, continuous: { budget: { month: { usd: 5 } } } })).toEqual(
    [
      ['synthesize', 'generators', 'big'],
      ['evaluate', 'judges', 'strict', 'generator'],
    ].map((path) => ({
      path,
      message:
        'has no price, so continuous.budget.month.usd cannot hold: give price.inputPerMillion and price.outputPerMillion in USD (0 when it is free), or bound tokens instead',
    })),
  );
});

test('a bound of evaluate.limits in USD needs the price of each judge, which would else be missed after a training', () => {
  const evaluate = { ...written.evaluate, limits: { usd: 5 } };
  expect(crossCheckBudget({ ...written, evaluate })).toMatchObject([
    {
      path: ['evaluate', 'judges', 'strict', 'generator'],
      message: expect.stringContaining('evaluate.limits.usd cannot hold'),
    },
  ]);
});

test('tokens and seconds need no price', () => {
  expect(crossCheckBudget({ ...written, continuous: { budget: { month: { tokens: 5, trainerSeconds: 1 } } } })).toEqual(
    [],
  );
  expect(crossCheckBudget(written)).toEqual([]);
});

test('what is written wrong is reported elsewhere', () => {
  for (const budget of [null, 5, { month: null }, { month: { usd: null } }])
    expect(crossCheckBudget({ synthesize: { generators: [1] }, evaluate: 3, continuous: { budget } })).toEqual([]);
});
