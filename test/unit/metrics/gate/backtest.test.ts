import { expect, test } from 'vitest';
import { backtest } from '../../../../metrics/gate/backtest.ts';
import { GateTally, type GateSettings, type PairedItem } from '../../../../metrics/gate/tally.ts';

const FACTS = {
  right: { range: [0, 1], better: 'higher', isBinary: true },
  tokens: { range: [0, 100], better: 'lower', isBinary: false },
} as const;

const THEN: GateSettings = {
  confidence: 0.95,
  primaries: [{ metric: 'right', minGain: 0 }],
  guards: [],
  floors: [],
  maxUnmeasured: 0.05,
  looks: { spend: 'none' },
};

/** Better on 60, worse on 10, and much longer. */
const ITEMS: PairedItem[] = Array.from({ length: 200 }, (_, i) => ({
  id: String(i),
  candidate: { right: i < 60 || i >= 70 ? 1 : 0, tokens: 30 + (i % 3) },
  champion: { right: i < 60 ? 0 : 1, tokens: 20 + (i % 2) },
}));

const decided = () => {
  const tally = new GateTally(THEN, FACTS);
  for (const item of ITEMS) tally.add(item);
  return tally.decide();
};

test('a guard that was not there blocks what was promoted, and is named', async () => {
  const settings = { ...THEN, guards: [{ metric: 'tokens', margin: 2 }] };
  const { was, now, isSame, why } = await backtest({ items: ITEMS, facts: FACTS, old: decided(), settings, look: 1 });
  expect([was, now.verdict, isSame]).toEqual(['promote', 'reject', false]);
  expect(why.slice(0, 2)).toEqual([
    'The verdict was promote and would be reject.',
    'Then tokens was not looked at; now it is failed.',
  ]);
  expect(why.at(-1)).toContain('tokens is proved to be worse by more than the 2 allowed');
});

test('the same rule comes to the same, in any order and from a stream', async () => {
  async function* stream(): AsyncGenerator<PairedItem> {
    yield* ITEMS.toReversed();
  }
  const old = decided();
  const { now, isSame, why } = await backtest({ items: stream(), facts: FACTS, old, settings: THEN, look: 1 });
  expect(isSame).toBe(true);
  expect(now.lower).toBeCloseTo(old.lower, 12);
  expect(why[0]).toBe('The verdict stays promote.');
  expect(why.slice(1)).toEqual(now.reasons);
});

test('another risk and another gain are stated, and decisions of earlier versions lack some of it', async () => {
  const settings: GateSettings = {
    ...THEN,
    primaries: [{ metric: 'right', minGain: 0.5 }],
    looks: { spend: 'planned', planned: 5 },
  };
  const { confidence, minGain, verdict } = decided();
  const old = { verdict, n: 180, confidence, minGain };
  const { why } = await backtest({ items: ITEMS, facts: FACTS, old, settings, look: 1 });
  expect(why.slice(0, 4)).toEqual([
    'The verdict was promote and would be reject.',
    'Then it saw 180 items, now 200: the scores kept are not those it decided on.',
    'Then it accepted a risk of 5 % of a lucky promotion, now 1 %.',
    'Then a gain of more than 0 was asked for, now 0.5.',
  ]);
});

test('a metric that was not measured then is named', async () => {
  const settings = { ...THEN, primaries: [{ metric: 'f1', minGain: 0 }] };
  await expect(backtest({ items: ITEMS, facts: FACTS, old: decided(), settings, look: 1 })).rejects.toThrow(
    'the gate looks at f1, which was not measured: there are right, tokens',
  );
});
