import { describe, expect, test } from 'vitest';
import { bettingProcess } from '../../../../metrics/inference/betting.ts';
import { SequentialGate, type SequentialLook, type SequentialSettings } from '../../../../metrics/gate/sequential.ts';
import { seeded } from '../../support/random.ts';

const BETTING: SequentialSettings = {
  facts: { range: [0, 1], better: 'higher', isBinary: true },
  minGain: 0,
  alpha: 0.05,
  rule: 'betting',
};

type Pair = readonly [number | null, number | null];
const times = (n: number, pair: Pair): Pair[] => Array.from({ length: n }, () => pair);

function lookedAt(changed: Partial<SequentialSettings>, pairs: readonly Pair[]): SequentialLook {
  const gate = new SequentialGate({ ...BETTING, ...changed });
  for (const pair of pairs) gate.add(...pair);
  return gate.look();
}

describe('betting', () => {
  test('promotes as soon as it has won 1 / alpha, and stays with it', () => {
    const gate = new SequentialGate(BETTING);
    const differences: number[] = [];
    while (gate.look().verdict === 'continue') {
      gate.add(1, 0);
      differences.push(1);
    }
    expect(bettingProcess(differences).value).toBeGreaterThanOrEqual(20);
    expect(bettingProcess(differences.slice(1)).value).toBeLessThan(20);
    for (let i = 0; i < 100; i += 1) gate.add(0, 1);
    expect(gate.look()).toMatchObject({ verdict: 'promote', n: differences.length + 100, looksLeft: null });
  });

  test('rejects what is proved to gain no more than was asked for', () => {
    expect(lookedAt({}, times(40, [0, 1])).verdict).toBe('reject');
    expect(lookedAt({ minGain: 0.2 }, times(200, [1, 1])).verdict).toBe('reject');
    expect(lookedAt({ minGain: 0 }, times(200, [1, 1])).verdict).toBe('continue');
  });

  test('measures by the width of the range, and turns scores of which less is better', () => {
    const facts = { range: [1, 5], better: 'lower', isBinary: false } as const;
    const { logE, gain } = lookedAt({ facts }, times(30, [2, 4]));
    expect(gain).toBe(2);
    expect(logE?.promote).toBeCloseTo(bettingProcess(times(30, [0, 0]).map(() => 0.5)).logValue, 10);
  });

  test('holds what was not measured against either proof', () => {
    const { logE } = lookedAt({}, times(30, [null, null]));
    const lost = bettingProcess(times(30, [0, 0]).map(() => -1)).logValue;
    expect(logE?.promote).toBeCloseTo(lost, 10);
    expect(logE?.reject).toBeCloseTo(lost, 10);
  });

  test('finds a gain of a tenth in about as many items as a simulation needed', () => {
    const random = seeded(3);
    const stops = Array.from({ length: 200 }, () => {
      const gate = new SequentialGate(BETTING);
      let n = 0;
      while (n < 1000 && gate.look().verdict === 'continue')
        for (let i = 0; i < 50; i += 1, n += 1) {
          const u = random();
          // 18 % of the items differ, as there.
          gate.add(u < 0.14 ? 1 : 0, u >= 0.14 && u < 0.18 ? 1 : 0);
        }
      return n;
    });
    const average = stops.reduce((a, b) => a + b, 0) / stops.length;
    // numpy: 163.7, with looks every 50 items.
    expect(average).toBeGreaterThan(130);
    expect(average).toBeLessThan(200);
  });
});

describe('planned looks', () => {
  test('use their number up', () => {
    const gate = new SequentialGate({ ...BETTING, rule: { looks: 2 } });
    for (let i = 0; i < 40; i += 1) gate.add(i % 2, (i + 1) % 2);
    expect(gate.look()).toMatchObject({ verdict: 'continue', looksLeft: 1, logE: null });
    expect(gate.look()).toMatchObject({ verdict: 'inconclusive', looksLeft: 0 });
    for (let i = 0; i < 400; i += 1) gate.add(1, 0);
    expect(gate.look().verdict).toBe('inconclusive');
  });

  test('are stricter the more there are', () => {
    const pairs = [...times(23, [1, 0]), ...times(10, [0, 1]), ...times(167, [1, 1])];
    expect([1, 20].map((looks) => lookedAt({ rule: { looks } }, pairs).verdict)).toEqual(['promote', 'continue']);
    expect(lookedAt({ rule: { looks: 2 } }, times(200, [0, 1])).verdict).toBe('reject');
  });
});

test('before the first item nothing is proved, and no look is used', () => {
  expect(lookedAt({ rule: { looks: 2 } }, [])).toEqual({
    verdict: 'continue',
    n: 0,
    gain: 0,
    looksLeft: 2,
    logE: null,
  });
});

test.each([
  [{ alpha: 0 }, 'a gate errs with a probability above 0'],
  [{ minGain: 1 }, 'a gain of 1 cannot be asked for of scores from 0 to 1'],
  [{ rule: { looks: 0 } }, 'planned looks need their number'],
])('%o is refused in words', (changed, message) => {
  expect(() => lookedAt(changed, [])).toThrow(message);
});

test.each([2, Number.NaN, -0.1])('a score of %d, outside the range, is refused', (score) => {
  expect(() => lookedAt({}, [[score, 0]])).toThrow(`item 1 has the score ${score}, outside 0 to 1`);
});
