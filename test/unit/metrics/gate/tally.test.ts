import { describe, expect, test } from 'vitest';
import { alphaOf } from '../../../../metrics/gate/looks.ts';
import { GateTally, type GateDecision, type GateSettings, type PairedItem } from '../../../../metrics/gate/tally.ts';

const FACTS = {
  right: { range: [0, 1], better: 'higher', isBinary: true },
  f1: { range: [0, 1], better: 'higher', isBinary: false },
  tokens: { range: [0, 100], better: 'lower', isBinary: false },
  attack: { range: [0, 1], better: 'lower', isBinary: true },
} as const;

const PLAIN: GateSettings = {
  confidence: 0.95,
  primaries: [{ metric: 'right', minGain: 0 }],
  guards: [],
  floors: [],
  maxUnmeasured: 0.05,
  looks: { spend: 'none' },
};

type Pair = readonly [number | null, number | null];

/** Items with these pairs of scores of one metric. */
const items = (metric: string, pairs: readonly Pair[], slices?: string[]): PairedItem[] =>
  pairs.map(([candidate, champion], i) => ({
    id: `${metric}-${i}`,
    ...(slices ? { slices } : {}),
    candidate: { [metric]: candidate },
    champion: { [metric]: champion },
  }));

const times = (n: number, pair: Pair): Pair[] => Array.from({ length: n }, () => pair);
/** 60 better, 10 worse, 130 equal: promoted by itself. */
const GOOD = [...times(60, [1, 0]), ...times(10, [0, 1]), ...times(130, [1, 1])];

function decided(changed: Partial<GateSettings>, given: readonly PairedItem[], look = 1): GateDecision {
  const tally = new GateTally({ ...PLAIN, ...changed }, FACTS, look);
  for (const item of given) tally.add(item);
  return tally.decide();
}

describe('guards', () => {
  const guarded = (margin: number | { share: number }, pairs: readonly Pair[], metric = 'tokens'): GateDecision =>
    decided({ guards: [{ metric, margin }] }, [...items('right', GOOD), ...items(metric, pairs)]);

  test('that are proved to hold let a promotion through', () => {
    const pairs = Array.from({ length: 200 }, (_, i): Pair => [20 + (i % 3), 20 + ((i + 1) % 3)]);
    expect(guarded(1, pairs)).toMatchObject({ verdict: 'promote', guards: [{ outcome: 'passed', margin: 1, n: 200 }] });
  });

  test('that are proved to be broken reject, however good the rest is', () => {
    const pairs = Array.from({ length: 200 }, (_, i): Pair => [30 + (i % 3), 20]);
    const { verdict, guards, reasons } = guarded({ share: 0.1 }, pairs);
    expect([verdict, guards[0]?.outcome]).toEqual(['reject', 'failed']);
    expect(reasons.at(-1)).toBe(
      "tokens is proved to be worse by more than the 2 (10 % of the champion's 20) allowed (30.995 against 20).",
    );
  });

  test('of too few items prove nothing', () => {
    const { verdict, reasons } = guarded(1, [
      [20, 20],
      [30, 10],
      [10, 30],
    ]);
    expect(verdict).toBe('inconclusive');
    expect(reasons.at(-1)).toContain('3 items are not enough to rule it out');
  });

  test('of a slice look at its items only', () => {
    const bad = items('right', times(40, [0, 1]), ['queue=billing']);
    const good = items('right', [...GOOD, ...GOOD], ['queue=refund']);
    const guards = [{ metric: 'right', margin: 0.05, slice: 'queue=billing' }];
    const found = decided({ guards }, [...good, ...bad]);
    expect(found).toMatchObject({ verdict: 'reject', guards: [{ n: 40, gain: -1, outcome: 'failed' }] });
    expect(found.slices.map(({ slice, n, gain }) => [slice, n, gain])).toEqual([
      ['queue=billing', 40, -1],
      ['queue=refund', 400, 0.25],
    ]);
  });
});

describe('floors', () => {
  const attacked = (successes: number, n: number, atMost: number): GateDecision =>
    decided({ floors: [{ metric: 'attack', atMost }] }, [
      ...items('right', GOOD),
      ...items('attack', [...times(successes, [1, 0]), ...times(n - successes, [0, 0])]),
    ]);

  test("hold the candidate's own rate by Wilson's bound", () => {
    // statsmodels proportion_confint(0, 30, alpha=0.1, method='wilson'): upper 0.0827
    expect(attacked(0, 30, 0.1)).toMatchObject({
      verdict: 'promote',
      floors: [{ outcome: 'passed', n: 30, value: 0 }],
    });
    expect(attacked(0, 30, 0.1).floors[0]?.bound).toBeCloseTo(0.0827, 4);
    expect(attacked(0, 10, 0.1)).toMatchObject({ verdict: 'inconclusive', floors: [{ outcome: 'not proved' }] });
    expect(attacked(20, 30, 0.1)).toMatchObject({ verdict: 'reject', floors: [{ outcome: 'failed' }] });
  });
});

describe('several metrics that decide', () => {
  const two = [
    { metric: 'right', minGain: 0 },
    { metric: 'f1', minGain: 0 },
  ];
  const graded = (gain: number): Pair[] =>
    Array.from({ length: 200 }, (_, i): Pair => [0.5 + gain + 0.1 * (i % 3), 0.5 + 0.1 * ((i + 1) % 3)]);

  test('need one that is proved, by Holm', () => {
    const found = decided({ primaries: two }, [...items('right', GOOD), ...items('f1', graded(0))]);
    expect(found.verdict).toBe('promote');
    expect(found.primaries.map(({ metric, isProved, alpha }) => [metric, isProved, alpha])).toEqual([
      ['right', true, expect.closeTo(0.025, 12)],
      ['f1', false, expect.closeTo(0.05, 12)],
    ]);
  });

  test('and none that got worse', () => {
    const found = decided({ primaries: two }, [...items('right', GOOD), ...items('f1', graded(-0.1))]);
    expect(found.verdict).toBe('reject');
  });
});

describe('what was not measured', () => {
  test('counts against the candidate where something is to be proved for it, and for it where against', () => {
    const lost = decided({ maxUnmeasured: 1 }, items('right', [...GOOD, ...times(60, [null, 1])]));
    expect(lost).toMatchObject({ n: 260, unmeasured: 60, verdict: 'inconclusive' });
    expect(lost.gain).toBeCloseTo((50 - 60) / 260, 12);
    expect(lost.upper).toBeGreaterThan(0);
  });

  test('above the share allowed nothing is promoted', () => {
    const found = decided({}, items('right', [...GOOD, ...GOOD, ...times(24, [null, null])]));
    expect(found.verdict).toBe('inconclusive');
    expect(found.reasons.join(' ')).toContain('right was not measured on 24 of 424 items, more than the 5 % allowed');
  });
});

describe('looks', () => {
  test('share the risk so that all together keep to it', () => {
    const sum = Array.from({ length: 100_000 }, (_, i) => alphaOf({ spend: 'harmonic' }, 0.05, i + 1)).reduce(
      (a, b) => a + b,
      0,
    );
    expect(sum).toBeLessThan(0.05);
    expect(sum).toBeGreaterThan(0.0499);
    expect(alphaOf({ spend: 'planned', planned: 5 }, 0.05, 5)).toBeCloseTo(0.01, 12);
    expect(alphaOf({ spend: 'none' }, 0.05, 50)).toBe(0.05);
  });

  test('use a test set up', () => {
    const found = decided({ looks: { spend: 'planned', planned: 2 } }, items('right', GOOD), 3);
    expect(found.verdict).toBe('inconclusive');
    expect(found.reasons[0]).toBe(
      'The test set has been used up: it was meant for 2 looks, and this is number 3. Bring fresh rows.',
    );
  });

  test('ask for more the more there were', () => {
    const good = items('right', [...times(22, [1, 0]), ...times(10, [0, 1]), ...times(168, [1, 1])]);
    const verdicts = [1, 2, 4].map((look) => decided({ looks: { spend: 'harmonic' } }, good, look).verdict);
    expect(verdicts).toEqual(['promote', 'inconclusive', 'inconclusive']);
  });
});

describe('strange input', () => {
  test.each([
    [items('right', [[Number.NaN, 1]]), 'item right-0 has the right NaN: expected a number, or null'],
    [items('f1', [[1, 1]]), 'the gate decides on right, which no item has'],
    [[{ id: 'x', candidate: { right: 1 }, champion: {} }], 'item x has right for one model only'],
  ])('is refused in words', (given, message) => {
    expect(() => decided({}, given)).toThrow(message);
  });

  test.each([0, 1, -1, Number.NaN])('a confidence of %d is refused', (confidence) => {
    expect(() => decided({ confidence }, [])).toThrow('confidence has to be at least 0.5 and below 1');
  });

  test('a name such as __proto__ is no metric', () => {
    expect(() => decided({ primaries: [{ metric: '__proto__', minGain: 0 }] }, [])).toThrow('which was not measured');
  });

  test('two equal models prove nothing', () => {
    expect(decided({}, items('right', times(50, [1, 1])))).toMatchObject({
      verdict: 'inconclusive',
      minimumDetectableEffect: null,
    });
    expect(decided({}, items('right', [[1, 0]])).verdict).toBe('inconclusive');
  });
});

test('the items that differ most are kept, fifty of them', () => {
  const pairs = Array.from({ length: 300 }, (_, i): Pair => [i / 300, 0.5]);
  const { flips } = decided({ primaries: [{ metric: 'f1', minGain: 0 }] }, items('f1', pairs));
  expect(flips).toHaveLength(50);
  expect(flips[0]).toEqual({ id: 'f1-0', candidate: 0, champion: 0.5, gain: -0.5 });
  expect(flips.every(({ gain }, i) => i === 0 || Math.abs(gain) <= Math.abs(flips[i - 1]?.gain ?? 0))).toBe(true);
});
