import { afterEach, expect, test, vi } from 'vitest';
import {
  beatLease,
  findRunInQueue,
  listLeases,
  releaseLease,
  takeLease,
  type LeaseAnswer,
  type LeaseAsk,
} from '../../../../artifacts/ledger/leases.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { closeRun, findRun, openRun } from '../../../../artifacts/ledger/runs.ts';
import { newLedger, newRun } from '../../support/ledger.ts';

afterEach(() => void vi.useRealTimers());

/** Sets the clock to so many seconds after noon. */
const at = (seconds: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-25T12:00:00Z') + seconds * 1000 });
};

const ask = (ledger: Ledger, run: string, changed: Partial<LeaseAsk> = {}): Promise<LeaseAnswer> =>
  takeLease(ledger, {
    resource: 'trainer:a',
    run,
    workflowId: run,
    what: `work of ${run}`,
    priority: 5,
    ttlSeconds: null,
    waiting: (holder) => `for ${holder?.holder ?? 'others'}`,
    ...changed,
  });

const holderOf = (answer: LeaseAnswer): string | undefined =>
  answer.held ? 'itself' : (answer.holder?.holder ?? 'nobody');

async function ledgerWith(...runs: string[]): Promise<Ledger> {
  const ledger = await newLedger();
  for (const run of runs) await openRun(ledger, newRun(run));
  return ledger;
}

test('one run has a lease; the others are told who, and say what they wait for until they have it', async () => {
  const ledger = await ledgerWith('a', 'b');
  at(0);
  expect(await ask(ledger, 'a')).toEqual({ held: true, resource: 'trainer:a' });
  at(1);
  expect(await ask(ledger, 'b')).toMatchObject({
    held: false,
    ahead: 0,
    holder: { holder: 'a', what: 'work of a', since: '2026-11-25T12:00:00.000Z', kind: 'tune' },
  });
  expect(await findRunInQueue(ledger, 'b')).toMatchObject({ run: { waiting: 'for a' }, isQueued: true });
  await releaseLease(ledger, { resource: 'trainer:a', holder: 'a' });
  expect((await ask(ledger, 'b')).held).toBe(true);
  expect(await findRunInQueue(ledger, 'b')).toMatchObject({ run: { waiting: null }, isQueued: false });
});

test('who has it already has it again, and a run of the same holder too', async () => {
  const ledger = await ledgerWith('backfill', 'period-1', 'b');
  await ask(ledger, 'backfill');
  expect((await ask(ledger, 'backfill')).held).toBe(true);
  expect((await ask(ledger, 'period-1', { holder: 'backfill' })).held).toBe(true);
  expect(holderOf(await ask(ledger, 'b'))).toBe('backfill');
  // What a period lets go of is not what the backfill holds.
  await releaseLease(ledger, { resource: 'trainer:a', holder: 'period-1' });
  expect(holderOf(await ask(ledger, 'b'))).toBe('backfill');
});

test('the higher priority goes first, and of equals the one that waits longest', async () => {
  const ledger = await ledgerWith('a', 'early', 'late', 'urgent');
  at(0);
  await ask(ledger, 'a');
  at(1);
  await ask(ledger, 'early');
  at(2);
  await ask(ledger, 'late');
  at(3);
  await ask(ledger, 'urgent', { priority: 9 });
  expect((await listLeases(ledger))[0]?.waiting.map(({ run }) => run)).toEqual(['urgent', 'early', 'late']);
  await releaseLease(ledger, { resource: 'trainer:a', holder: 'a' });
  at(4);
  expect(await ask(ledger, 'late')).toEqual({ held: false, holder: undefined, ahead: 2 });
  expect(await ask(ledger, 'early')).toMatchObject({ held: false, ahead: 1 });
  expect((await ask(ledger, 'urgent', { priority: 9 })).held).toBe(true);
  await releaseLease(ledger, { resource: 'trainer:a', holder: 'urgent' });
  expect((await ask(ledger, 'late')).held).toBe(false);
  expect((await ask(ledger, 'early')).held).toBe(true);
});

test('a waiter that no longer asks is passed over, and keeps its place for when it asks again', async () => {
  const ledger = await ledgerWith('a', 'gone', 'here');
  at(0);
  await ask(ledger, 'a');
  at(1);
  await ask(ledger, 'gone', { priority: 9 });
  await releaseLease(ledger, { resource: 'trainer:a', holder: 'a' });
  at(15);
  expect((await ask(ledger, 'here')).held).toBe(false);
  at(17);
  expect((await ask(ledger, 'here')).held).toBe(true);
  await releaseLease(ledger, { resource: 'trainer:a', holder: 'here' });
  await ask(ledger, 'b');
  at(18);
  await ask(ledger, 'gone', { priority: 5 });
  expect((await listLeases(ledger))[0]?.waiting).toEqual([
    { run: 'gone', priority: 5, since: '2026-11-25T12:00:01.000Z' },
  ]);
});

test('without signs of life it is free after its time, and its holder learns that', async () => {
  const ledger = await ledgerWith('a', 'b');
  at(0);
  await ask(ledger, 'a');
  expect(await beatLease(ledger, { resource: 'trainer:a', holder: 'a', ttlSeconds: 40 })).toBe(true);
  at(30);
  expect(await beatLease(ledger, { resource: 'trainer:a', holder: 'a', ttlSeconds: 40 })).toBe(true);
  at(69);
  expect(holderOf(await ask(ledger, 'b'))).toBe('a');
  at(70);
  expect(holderOf(await ask(ledger, 'b'))).toBe('itself');
  expect(await beatLease(ledger, { resource: 'trainer:a', holder: 'a', ttlSeconds: 40 })).toBe(false);
});

test('nobody else came: the holder goes on though its time was over', async () => {
  const ledger = await ledgerWith('a');
  at(0);
  await ask(ledger, 'a');
  await beatLease(ledger, { resource: 'trainer:a', holder: 'a', ttlSeconds: 40 });
  at(600);
  expect(await beatLease(ledger, { resource: 'trainer:a', holder: 'a', ttlSeconds: 40 })).toBe(true);
});

test('a clock that was moved back keeps no lease longer than its time', async () => {
  const ledger = await ledgerWith('a', 'b');
  at(7200);
  await ask(ledger, 'a', { ttlSeconds: 40 });
  at(0);
  expect(holderOf(await ask(ledger, 'b'))).toBe('a');
  at(41);
  expect(holderOf(await ask(ledger, 'b'))).toBe('itself');
});

test('a waiter from the future, by a clock that was moved back, holds up nobody', async () => {
  const ledger = await ledgerWith('a', 'b');
  at(7200);
  await ask(ledger, 'x');
  await ask(ledger, 'a', { priority: 9 });
  await releaseLease(ledger, { resource: 'trainer:a', holder: 'x' });
  at(0);
  expect((await ask(ledger, 'b')).held).toBe(true);
});

test('the end of a run lets go of what it holds and waits for', async () => {
  const ledger = await ledgerWith('a', 'b');
  await ask(ledger, 'a');
  await ask(ledger, 'a', { resource: 'line:x' });
  await ask(ledger, 'b', { resource: 'line:x' });
  await closeRun(ledger, { id: 'a', status: 'failed' });
  expect((await listLeases(ledger)).map(({ resource, holders }) => [resource, holders.length])).toEqual([
    ['line:x', 0],
  ]);
  await closeRun(ledger, { id: 'b', status: 'cancelled' });
  expect(await listLeases(ledger)).toEqual([]);
});

test('a lease that was taken by a run while it ended is free', async () => {
  const ledger = await ledgerWith('a', 'b');
  await closeRun(ledger, { id: 'a', status: 'cancelled' });
  await ask(ledger, 'a');
  expect((await ask(ledger, 'b')).held).toBe(true);
});

test('of several slots each is had by one', async () => {
  const ledger = await ledgerWith('a', 'b', 'c');
  const two = { slots: 2 };
  expect(await ask(ledger, 'a', two)).toEqual({ held: true, resource: 'trainer:a' });
  expect(await ask(ledger, 'b', two)).toEqual({ held: true, resource: 'trainer:a#2' });
  expect(holderOf(await ask(ledger, 'c', two))).toBe('a');
  await releaseLease(ledger, { resource: 'trainer:a#2', holder: 'b' });
  expect(await ask(ledger, 'c', two)).toEqual({ held: true, resource: 'trainer:a#2' });
  expect((await listLeases(ledger)).map(({ resource, holders }) => [resource, holders.length])).toEqual([
    ['trainer:a', 2],
  ]);
});

test('of twenty that ask at once one has it', async () => {
  const ledger = await ledgerWith();
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(ledger, `r${i}`)));
  expect(answers.filter(({ held }) => held)).toHaveLength(1);
});

test('who does not wait is not entered as a waiter', async () => {
  const ledger = await ledgerWith('a', 'b');
  await ask(ledger, 'a');
  expect((await ask(ledger, 'b', { waiting: undefined })).held).toBe(false);
  expect((await listLeases(ledger))[0]?.waiting).toEqual([]);
  expect((await findRun(ledger, 'b'))?.waiting).toBeNull();
});
