import { expect, test } from 'vitest';
import { createAccount, kindOfReason, passThrough, remove, type Removed, type Stage } from '../../../data/engine.ts';
import type { Decision } from '../../../data/policies/policy.ts';
import type { Row } from '../../../data/row.ts';
import { ask } from './policies/support.ts';

const stage = (policy: string, apply: (row: Row) => Decision): Stage => ({
  run: { apply },
  account: createAccount(policy, 'train'),
});

test('a row goes through every policy until one takes it out, and each keeps its account', () => {
  const stages = [
    stage('look', () => ({ note: 'odd' })),
    stage('change', (row) => ({ row: { ...row, label: 'x' }, why: 'labelled' })),
    stage('drop', ({ line }) => (line === 2 ? { out: 'drop', why: 'is the second' } : undefined)),
    stage('hold', ({ line }) => (line === 3 ? { out: 'quarantine', why: 'is the third' } : undefined)),
  ];
  const removed: Removed[] = [];
  const left = [1, 2, 3].map((line) =>
    passThrough(stages, ask(`q${line}`, 'a', line, 1), (row) => void removed.push(row)),
  );
  expect(left.map((row) => row && [row.line, row.source, row.label])).toEqual([[1, 1, 'x'], undefined, undefined]);
  expect(
    stages.map(({ account }) => [account.in, account.out, account.changed, account.noted, account.removed]),
  ).toEqual([
    [3, 3, 0, 3, 0],
    [3, 3, 3, 0, 0],
    [3, 2, 0, 0, 1],
    [2, 1, 0, 0, 1],
  ]);
  expect(removed).toEqual([
    { side: 'train', source: 1, line: 2, policy: 'drop', reason: 'is the second' },
    {
      side: 'train',
      source: 1,
      line: 3,
      policy: 'hold',
      reason: 'is the third',
      row: { ...ask('q3', 'a', 3, 1), label: 'x' },
    },
  ]);
});

test('a changed row gets the identity of what it says now', () => {
  const shout = stage('shout', (row) => ({
    row: { ...row, messages: row.messages.map((message) => ({ ...message, content: 'HEY' })) },
    why: 'loud',
  }));
  const before = ask('hey', 'ho', 4);
  const after = passThrough([shout], before, () => undefined);
  expect(after?.id).toBe(ask('HEY', 'HEY', 4).id);
  expect(after?.promptId).not.toBe(before.promptId);
});

test('reasons that differ in names and numbers are counted as one kind, and a flood of kinds together', () => {
  const account = createAccount('p', 'train');
  const take = (why: string): void => remove(account, ask('q', 'a'), { out: 'drop', why }, () => undefined);
  take('repeats 50 % of "a \\" b" at line 12');
  take('repeats 61.5 % of "c" at line 3');
  expect(account.reasons).toEqual({ 'repeats N % of "…" at line N': 2 });
  for (let i = 0; i < 100; i += 1)
    take(`reason ${String.fromCharCode(97 + (i % 26))}${String.fromCharCode(97 + (i % 25))}`);
  expect(Object.keys(account.reasons).length).toBeLessThanOrEqual(41);
  expect(account.reasons['other reasons']).toBeGreaterThan(0);
  expect(Object.values(account.reasons).reduce((sum, rows) => sum + rows, 0)).toBe(account.removed);
  expect(account.examples).toHaveLength(20);
});

test('a reason that is called like a part of every object is counted like any other', () => {
  const account = createAccount('p', 'train');
  for (const why of ['constructor', 'toString', 'constructor'])
    remove(account, ask('q', 'a'), { out: 'drop', why }, () => undefined);
  expect(account.reasons).toEqual({ constructor: 2, toString: 1 });
  expect(kindOfReason('x'.repeat(500))).toHaveLength(120);
});
