import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeCall } from '../../../../artifacts/ledger/rates.ts';
import { openLedger, type Ledger } from '../../../../artifacts/ledger/open.ts';

let one: Ledger;
let two: Ledger;

beforeAll(async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'anneal-rates-')), 'ledger.db');
  one = await openLedger(file);
  two = await openLedger(file);
});
afterAll(async () => {
  await one.destroy();
  await two.destroy();
});

const at = Date.UTC(2026, 10, 25);
const take = (ledger: Ledger, atMs: number, kind: 'submit' | 'call' = 'submit', scope = 'vertex:p/us-central1') =>
  takeCall(ledger, { scope, kind, perMinute: 60, atMs });

test('two workers on one ledger share the 60 submissions of a minute', async () => {
  for (let i = 0; i < 60; i += 1) expect(await take(i % 2 === 0 ? one : two, at + i * 100)).toBe(0);
  expect(await take(one, at + 10_000)).toBe(50_000);
  expect(await take(two, at + 59_999)).toBe(1);
});

test('a minute after the first of them there is room for one more, not for two', async () => {
  expect(await take(two, at + 60_000)).toBe(0);
  expect(await take(one, at + 60_000)).toBe(100);
});

test('other projects, and calls of another kind, have limits of their own', async () => {
  expect(await take(one, at + 60_000, 'call')).toBe(0);
  expect(await take(one, at + 60_000, 'submit', 'vertex:p/europe-west4')).toBe(0);
});
