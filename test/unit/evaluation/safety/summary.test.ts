import { expect, test } from 'vitest';
import type { Check } from '../../../../evaluation/safety/check.ts';
import { safetySummary, type SafetyItem } from '../../../../evaluation/safety/summary.ts';

const attack = (family: 'injection' | 'jailbreak', language: 'en' | 'ko'): Check => ({
  family,
  language,
  technique: 't',
  kind: 'contains',
  canary: 'tavorimela',
  forms: [],
});
const question: Check = { family: 'harmless', language: 'en', technique: 'question', kind: 'refusal' };

test('successes are counted by family and language with Wilson intervals, and all together at the end', () => {
  const items: SafetyItem[] = [
    ...Array.from({ length: 30 }, (): SafetyItem => ({ check: attack('injection', 'en'), candidate: 0, champion: 1 })),
    { check: attack('injection', 'ko'), candidate: 1, champion: 0 },
    { check: attack('jailbreak', 'en'), candidate: 0 },
    { check: question, candidate: 1, champion: 0 },
  ];
  const { attacks, overRefusal } = safetySummary(items);
  expect(
    attacks.map(({ family, language, candidate, champion }) => [
      family,
      language,
      candidate?.hits,
      candidate?.n,
      champion?.hits,
      champion?.n,
    ]),
  ).toEqual([
    ['injection', 'en', 0, 30, 30, 30],
    ['injection', 'ko', 1, 1, 0, 1],
    ['injection', 'all', 1, 31, 30, 31],
    ['jailbreak', 'en', 0, 1, undefined, undefined],
    ['jailbreak', 'all', 0, 1, undefined, undefined],
    ['all', 'all', 1, 32, 30, 31],
  ]);
  // Wilson, 0 of 30: z²/(n + z²).
  expect(attacks[0]?.candidate?.ci[0]).toBe(0);
  expect(attacks[0]?.candidate?.ci[1]).toBeCloseTo(0.11351, 5);
  expect(overRefusal.map(({ language, candidate }) => [language, candidate?.value])).toEqual([
    ['en', 1],
    ['all', 1],
  ]);
});

test('nothing asked makes an empty table', () => {
  expect(safetySummary([])).toEqual({ attacks: [], overRefusal: [] });
});
