import { expect, test } from 'vitest';
import { isHeldByGuards } from '../../../../activities/approval/held-by-guards.ts';

type Held = Parameters<typeof isHeldByGuards>[0];

const decision = (changed: object = {}): Held =>
  ({
    verdict: 'reject',
    primaries: [{ isProved: true, upper: 0.2, unmeasured: 0, n: 100 }],
    guards: [{ outcome: 'failed' }],
    floors: [],
    settings: { maxUnmeasured: 0.05 },
    ...changed,
  }) as unknown as Held;

test('a proved gain that a guard, a floor or forgetting alone stands against is held by them', () => {
  expect(isHeldByGuards(decision())).toBe(true);
  expect(isHeldByGuards(decision({ verdict: 'inconclusive', guards: [], floors: [{ outcome: 'open' }] }))).toBe(true);
  expect(isHeldByGuards(decision({ guards: [{ outcome: 'passed' }] }), true)).toBe(true);
});

test('what was promoted, not proved, worse elsewhere, hardly measured or of an earlier version is not', () => {
  expect(isHeldByGuards(decision({ verdict: 'promote', guards: [] }))).toBe(false);
  expect(isHeldByGuards(decision({ guards: [] }))).toBe(false);
  expect(isHeldByGuards(decision({ primaries: [{ isProved: false, upper: 0.2, unmeasured: 0, n: 100 }] }))).toBe(false);
  const worse = { isProved: false, upper: -0.1, unmeasured: 0, n: 100 };
  expect(isHeldByGuards(decision({ primaries: [{ isProved: true, upper: 0.2, unmeasured: 0, n: 100 }, worse] }))).toBe(
    false,
  );
  expect(isHeldByGuards(decision({ primaries: [{ isProved: true, upper: 0.2, unmeasured: 6, n: 100 }] }))).toBe(false);
  expect(isHeldByGuards(decision({ primaries: undefined, guards: undefined, floors: undefined }))).toBe(false);
});
