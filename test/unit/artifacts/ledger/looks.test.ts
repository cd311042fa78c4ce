import { beforeEach, expect, test } from 'vitest';
import { findAnswers, noteAnswers } from '../../../../artifacts/ledger/answers.ts';
import { enterLook, listLooks, lookedAt, numberOfLook, type Look } from '../../../../artifacts/ledger/looks.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { newLedger } from '../../support/ledger.ts';

let ledger: Ledger;
beforeEach(async () => {
  ledger = await newLedger();
});

const look = (changed: Partial<Look> = {}): Look => ({
  test: 'sha256:test',
  rows: 'main',
  metrics: ['exactMatch'],
  candidate: 'sha256:a',
  champion: 'sha256:b',
  ...changed,
});

test('looks at a test set are counted, each comparison once', async () => {
  expect(await numberOfLook(ledger, look())).toBe(1);
  expect(await enterLook(ledger, look(), 'r1/gate')).toBe(1);
  expect(await enterLook(ledger, look({ candidate: 'sha256:c' }), 'r2/gate')).toBe(2);
  expect(await enterLook(ledger, look(), 'r3/gate')).toBe(1);
  expect(await enterLook(ledger, look({ metrics: ['tokenF1'] }), 'r4/gate')).toBe(3);
  expect(await enterLook(ledger, look({ test: 'sha256:other' }), 'r5/gate')).toBe(1);
  expect(await enterLook(ledger, look({ rows: 'confirm' }), 'r6/gate')).toBe(1);
  expect(await numberOfLook(ledger, look({ candidate: 'sha256:d' }))).toBe(4);
  expect(await lookedAt(ledger, 'sha256:test')).toBe(3);
  const by = (await listLooks(ledger, 'sha256:test')).map(({ looked_by }) => looked_by);
  expect(by.toSorted()).toEqual(['r1/gate', 'r2/gate', 'r4/gate', 'r6/gate']);
});

test('looks at the same time have different numbers', async () => {
  const numbers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => enterLook(ledger, look({ candidate: `sha256:${i}` }), `r${i}/gate`)),
  );
  expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('answers are found by what they depend on, the newest of them', async () => {
  const facts = { chatTemplateSha256: 't', promptTokens: 1, completionTokens: 2, seconds: 3 };
  expect(await findAnswers(ledger, 'k')).toBeUndefined();
  await noteAnswers(ledger, 'k', 'r1', { predictions: 'sha256:1', timings: null, facts });
  await noteAnswers(ledger, 'k', 'r2', { predictions: 'sha256:2', timings: 'sha256:3', facts });
  expect(await findAnswers(ledger, 'k')).toEqual({ predictions: 'sha256:2', timings: 'sha256:3', facts });
});
