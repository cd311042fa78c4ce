import { describe, expect, test } from 'vitest';
import { choose, portions } from '../../../../activities/continuous/mix.ts';

const rows = Array.from({ length: 100 }, (_, i) => ({
  id: String(i).padStart(3, '0'),
  period: i < 80 ? 'p1' : 'p2',
  name: i % 10 === 0 ? 'rare' : 'common',
  draw: String((i * 37) % 100).padStart(3, '0'),
}));
const count = (chosen: typeof rows, key: 'name' | 'period', value: string): number =>
  chosen.filter((row) => row[key] === value).length;

describe('rows to replay', () => {
  test('are the same for the same draw, and as many as were asked for', () => {
    for (const policy of ['uniform', 'perClass', 'perPeriod', 'mostForgotten'] as const) {
      const chosen = choose(rows, 30, policy, new Map());
      expect(chosen).toHaveLength(30);
      expect(
        choose(rows.toReversed(), 30, policy, new Map())
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual(chosen.map(({ id }) => id).toSorted());
    }
  });

  test('per class take all of a rare one before more of a common one', () => {
    const chosen = choose(rows, 30, 'perClass', new Map());
    expect([count(chosen, 'name', 'rare'), count(chosen, 'name', 'common')]).toEqual([10, 20]);
  });

  test('per period are equally many', () => {
    const chosen = choose(rows, 30, 'perPeriod', new Map());
    expect([count(chosen, 'period', 'p1'), count(chosen, 'period', 'p2')]).toEqual([15, 15]);
  });

  test('of what is most forgotten are more, by how much was lost', () => {
    const chosen = choose(
      rows,
      30,
      'mostForgotten',
      new Map([
        ['p1', 0.3],
        ['p2', 0],
      ]),
    );
    expect(count(chosen, 'period', 'p1')).toBeGreaterThan(25);
    expect(count(choose(rows, 30, 'mostForgotten', new Map()), 'period', 'p1')).toBe(15);
  });
});

describe('portions', () => {
  test('give what a small group lacks to the others, and never more than there is', () => {
    expect(portions([2, 50, 50], [1, 1, 1], 32)).toEqual([2, 15, 15]);
    expect(portions([3, 1], [1, 1], 10)).toEqual([3, 1]);
    expect(portions([], [], 5)).toEqual([]);
    expect(portions([5, 5, 5], [1, 1, 1], 2).reduce((a, b) => a + b)).toBe(2);
  });
});
