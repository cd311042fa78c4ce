import { describe, expect, test } from 'vitest';
import { exactEffect, exactPower } from '../../../../metrics/gate/power.ts';
import { planGate, type PlanLine, type PlanQuestion } from '../../../../metrics/gate/plan.ts';
import { GateTally, type GateSettings } from '../../../../metrics/gate/tally.ts';
import { processorTime } from '../../../support/stopwatch.ts';

const FACTS = {
  right: { range: [0, 1], better: 'higher', isBinary: true },
  f1: { range: [0, 1], better: 'higher', isBinary: false },
  tokens: { range: [0, 100], better: 'lower', isBinary: false },
} as const;

const PLAIN: GateSettings = {
  confidence: 0.95,
  primaries: [{ metric: 'right', minGain: 0 }],
  guards: [],
  floors: [],
  maxUnmeasured: 0.05,
  looks: { spend: 'none' },
};

function planned(changed: Partial<GateSettings>, more: Partial<PlanQuestion> = {}): PlanLine[] {
  return planGate({ settings: { ...PLAIN, ...changed }, facts: FACTS, look: 1, items: 500, ...more });
}

describe('a metric that decides', () => {
  test.each([
    // Simulated with the paired t test in numpy, 2,000 runs a figure: items, gain, power.
    ['right', 0.422, 200, 0.05, 0.517],
    ['right', 0.422, 500, 0.05, 0.857],
    ['right', 0.422, 1000, 0.02, 0.428],
    ['f1', 0.125, 100, 0.0191, 0.454],
    ['f1', 0.125, 500, 0.0095, 0.519],
  ])('%s, with a deviation of %d, %d items and a gain of %d, has the power that a simulation found', (...row) => {
    const [metric, deviation, items, wanted, power] = row;
    const [line] = planned(
      { primaries: [{ metric, minGain: 0 }] },
      { items, spreads: { [metric]: { deviation } }, wanted: { [metric]: wanted } },
    );
    // Three standard errors of 2,000 runs.
    expect(Math.abs((line?.power ?? 0) - power)).toBeLessThan(3 * Math.sqrt(0.25 / 2000));
    expect(line?.basis).toBe('earlier gate');
  });

  test('is found with 0.8 at the effect that is stated, and with the items that are said to be needed', () => {
    for (const metric of ['right', 'f1'])
      for (const items of [50, 500, 5000]) {
        const primaries = [{ metric, minGain: 0.01 }];
        const effect = planned({ primaries }, { items })[0]?.effect as number;
        const [line] = planned({ primaries }, { items, wanted: { [metric]: effect } });
        expect(line?.power).toBeCloseTo(0.8, 2);
        expect(Math.abs((line?.needed as number) / items - 1)).toBeLessThan(0.03);
      }
  });

  test('has less risk to spend at a later look, and where several decide', () => {
    const two = ['right', 'f1'].map((metric) => ({ metric, minGain: 0 }));
    expect(planned({ looks: { spend: 'harmonic' } }, { look: 2 })[0]?.alpha).toBeCloseTo(0.05 * 0.15198, 6);
    expect(planned({ primaries: two }).map(({ alpha }) => alpha)).toEqual([0.025, 0.025].map((a) => expect.closeTo(a)));
  });

  test('is not found on a test set that is used up', () => {
    const [line] = planned({ looks: { spend: 'planned', planned: 2 } }, { look: 3, wanted: { right: 0.5 } });
    expect(line).toMatchObject({ alpha: 0, effect: null, power: 0, needed: null });
    expect(line?.words).toContain('the test set has been used up: bring fresh rows');
  });

  test('of few items that differ goes by the exact test', () => {
    expect(planned({}, { items: 4 })[0]?.effect).toBeNull();
    expect(planned({}, { items: 5, wanted: { right: 0.99 } })[0]?.power).toBeGreaterThan(0.9);
  });

  test('cannot gain what is not asked for', () => {
    const [line] = planned({ primaries: [{ metric: 'right', minGain: 0.05 }] }, { wanted: { right: 0.02 } });
    expect(line?.needed).toBeNull();
    expect(line?.words).toContain('A gain of 0.02 is not more than the 0.05 asked for');
  });

  test('says all this in words', () => {
    expect(planned({}, { wanted: { right: 0.05 } })[0]?.words).toMatchInlineSnapshot(
      `"right: with 500 items a true gain of 0.0495 or more is found with 80 % probability. A gain of 0.05 is found with 81 % probability; it needs 490 items for 80 %. Assumed: differences with a deviation of 0.4472 per item, as nothing is known yet."`,
    );
  });

  test('has the effect that a gate on such items prints', () => {
    const tally = new GateTally(PLAIN, FACTS);
    for (let i = 0; i < 500; i += 1)
      tally.add({ id: `${i}`, candidate: { right: i % 5 === 0 ? 1 : 0 }, champion: { right: i % 10 === 1 ? 1 : 0 } });
    const printed = tally.decide().minimumDetectableEffect as number;
    const deviation = Math.sqrt(0.3 - 0.1 ** 2);
    const [line] = planned({}, { spreads: { right: { deviation } } });
    expect(line?.effect).toBeCloseTo(printed, 2);
  });
});

describe('a guard', () => {
  test('has its own items, its own margin and the whole risk', () => {
    const guards = [
      { metric: 'tokens', margin: { share: 0.1 } },
      { metric: 'f1', margin: 0.02, slice: 'queue=billing' },
    ];
    const [, tokens, sliced] = planned(
      { guards, looks: { spend: 'harmonic' } },
      { look: 3, bySlice: { 'queue=billing': 80 }, spreads: { tokens: { deviation: 12, champion: 40 } } },
    );
    expect(tokens).toMatchObject({ role: 'guard', n: 500, alpha: expect.closeTo(0.05), wanted: 4, needed: 57 });
    expect(sliced).toMatchObject({ slice: 'queue=billing', n: 80, basis: 'assumed', wanted: 0.02 });
  });

  test('whose margin is a share of a mean that is not known says so', () => {
    const [, line] = planned({ guards: [{ metric: 'tokens', margin: { share: 0.1 } }] });
    expect(line).toMatchObject({ wanted: null, power: null, needed: null });
    expect(line?.words).toContain('which is not known yet');
  });

  test('with a margin of nothing needs more items than there are', () => {
    const [, line] = planned({ guards: [{ metric: 'f1', margin: 0 }] });
    expect(line).toMatchObject({ power: expect.closeTo(0.05), needed: null });
  });
});

test.each([
  [{ items: 1.5 }, 'a test set has a whole number of items, found 1.5'],
  [{ wanted: { right: Number.NaN } }, 'the gain wanted of right is NaN'],
  [{ spreads: { right: { deviation: -1 } } }, 'the spread of right has to be 0 or more, found -1'],
  [{ facts: {} }, 'the gate looks at right, which is not known'],
])('%o is refused in words', (more, message) => {
  expect(() => planned({}, more)).toThrow(message);
});

describe('the exact test of few differences', () => {
  test('has the power that counting all cases gives', () => {
    for (const [n, share, gain, alpha] of [
      [20, 0.4, 0.3, 0.05],
      [60, 0.2, 0.15, 0.01],
      [12, 1, 0.8, 0.05],
    ] as const)
      expect(exactPower(n, share, gain, alpha)).toBeCloseTo(counted(n, share, gain, alpha), 8);
  });

  test('is quick however many items there are', () => {
    const spent = processorTime();
    expect(exactEffect(1_000_000, 2e-5, 0.05)).toBeCloseTo(1.156e-5, 7);
    expect(exactEffect(4, 0.5, 0.05)).toBeNull();
    expect(spent()).toBeLessThan(1000);
  });
});

/** The same, with every term written out. */
function counted(n: number, share: number, gain: number, alpha: number): number {
  const choose = (m: number, k: number): number => (k === 0 ? 1 : (choose(m - 1, k - 1) * m) / k);
  const pmf = (k: number, m: number, p: number): number => choose(m, k) * p ** k * (1 - p) ** (m - k);
  const tail = (k: number, m: number, p: number): number => {
    let sum = 0;
    for (let i = k; i <= m; i += 1) sum += pmf(i, m, p);
    return sum;
  };
  let power = 0;
  for (let differ = 0; differ <= n; differ += 1)
    for (let better = 0; better <= differ; better += 1)
      if (tail(better, differ, 0.5) <= alpha)
        power += pmf(differ, n, share) * pmf(better, differ, (1 + gain / share) / 2);
  return power;
}
