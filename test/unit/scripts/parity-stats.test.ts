import { expect, test } from 'vitest';
import { Parity } from '../../../scripts/parity/compare.ts';
import { compareStats } from '../../../scripts/parity/stats.ts';

function compared(stats: unknown): Parity {
  const parity = new Parity();
  compareStats(stats, parity);
  return parity;
}

const KAPPA = { a: [0, 1, 1], b: [0, 1, 0], kappa: 0.4, accuracy: 0.6666666667 };

test('every figure is compared', () => {
  expect(compared({ cohen_kappa: [KAPPA] })).toMatchObject({ isEqual: true, total: { compared: 2, equal: 2 } });
});

test('one changed digit, of a figure or of an input, is noticed', () => {
  expect(compared({ cohen_kappa: [{ ...KAPPA, kappa: 0.4000001 }] }).isEqual).toBe(false);
  expect(compared({ cohen_kappa: [{ ...KAPPA, a: [0, 1, 0] }] }).isEqual).toBe(false);
});

test('what is not defined is equal to null only', () => {
  const equal = { x: [1, 2], y: [1, 2], ttest_rel: [{ alternative: 'less', t: null, p: null, ci95: [null, null] }] };
  expect(compared({ paired: [equal] })).toMatchObject({ isEqual: true, total: { compared: 4, equal: 4 } });
  const defined = { ...equal, ttest_rel: [{ alternative: 'less', t: 0, p: 1, ci95: [null, 0] }] };
  expect(compared({ paired: [defined] }).total).toEqual({ compared: 4, equal: 1 });
});

test.each([
  [{ kappas: [] }, 'stats.kappas'],
  [{ cohen_kappa: [{ ...KAPPA, cubic: 1 }] }, 'stats.cohen_kappa[0].cubic'],
  [{ cohen_kappa: {} }, 'stats.cohen_kappa: expected a list'],
  [{ cohen_kappa: [{ a: [0], kappa: 1 }] }, 'stats.cohen_kappa[0].b: expected a list of labels'],
  [
    { paired: [{ x: [1], y: [2], wilcoxon: [{ zero_method: 'drop' }] }] },
    'stats.paired[0].wilcoxon[0].zero_method: expected wilcox or pratt or zsplit',
  ],
  [{ special: 3 }, 'stats.special.q: expected a list of numbers'],
])('an unknown section, field or shape is an error: %j', (stats, unknown) => {
  const parity = compared(stats);
  expect(parity.isEqual).toBe(false);
  expect(parity.unknown).toEqual([unknown]);
});
