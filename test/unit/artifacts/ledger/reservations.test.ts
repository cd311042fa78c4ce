import { afterEach, expect, test, vi } from 'vitest';
import { beginExecution, completeExecution, noteExecution } from '../../../../artifacts/ledger/executions.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { intendAsk, storeReply } from '../../../../artifacts/ledger/replies.ts';
import { bookRun, exhausted, reserve, usedIn, type Cost } from '../../../../artifacts/ledger/reservations.ts';
import { intendJob } from '../../../../artifacts/ledger/job-intents.ts';
import { pastTrainings } from '../../../../artifacts/ledger/past-trainings.ts';
import { updateJob } from '../../../../artifacts/ledger/remote-jobs.ts';
import { closeRun, openRun } from '../../../../artifacts/ledger/runs.ts';
import type { BudgetBounds } from '../../../../configs/continuous.ts';
import { beginning, newLedger, newRun, recipe } from '../../support/ledger.ts';

afterEach(() => void vi.useRealTimers());

const on = (date: string): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(date) });
};
const line = recipe.name;
const cost = (trainerSeconds: number, tokens = 0, usd = 0): Cost => ({ usd, tokens, trainerSeconds });
const want = (ledger: Ledger, runId: string, wanted: Cost, bounds: BudgetBounds) =>
  reserve(ledger, { id: `${runId}/tune`, runId, line, wanted, bounds });

async function ledgerWith(...runs: string[]): Promise<Ledger> {
  const ledger = await newLedger();
  for (const run of runs) await openRun(ledger, newRun(run));
  return ledger;
}

/** A training that was done. */
async function trained(ledger: Ledger, run: string, spent: object, origin = {}): Promise<void> {
  const { id } = await beginExecution(ledger, beginning(run, 'tune'));
  await noteExecution(ledger, id, { parts: { 'params.iterations': '200', 'params.batchSize': '8' } });
  await completeExecution(ledger, id, { outputs: {}, metrics: {}, facts: {}, cost: { ...spent } }, origin);
}

test('what fits into every bound is set aside; what would pass one is not, and the bound is named', async () => {
  const ledger = await ledgerWith('a', 'b');
  const bounds = { run: { trainerSeconds: 100 }, month: { trainerSeconds: 40, tokens: 1000 } };
  expect(await want(ledger, 'a', cost(30, 500), bounds)).toEqual({ reserved: true });
  expect(await want(ledger, 'b', cost(25, 600), bounds)).toEqual({
    reserved: false,
    reached: [
      { scope: 'month', unit: 'tokens', used: 500, wanted: 600, bound: 1000 },
      { scope: 'month', unit: 'trainerSeconds', used: 30, wanted: 25, bound: 40 },
    ],
  });
  expect(await usedIn(ledger, { line })).toEqual(cost(30, 500));
  // To the last second.
  expect(await want(ledger, 'b', cost(10, 500), bounds)).toEqual({ reserved: true });
});

test('the same step sets aside once, however often it is asked', async () => {
  const ledger = await ledgerWith('a');
  const bounds = { run: { trainerSeconds: 40 } };
  for (let i = 0; i < 3; i += 1) expect(await want(ledger, 'a', cost(30), bounds)).toEqual({ reserved: true });
  expect(await usedIn(ledger, { run: 'a' })).toEqual(cost(30));
});

test('of twenty runs that ask at once only those that fit have it', async () => {
  const runs = Array.from({ length: 20 }, (_, i) => `r${i}`);
  const ledger = await ledgerWith(...runs);
  const answers = await Promise.all(runs.map((run) => want(ledger, run, cost(3), { line: { trainerSeconds: 10 } })));
  expect(answers.filter(({ reserved }) => reserved)).toHaveLength(3);
});

test('what it did cost takes the place of what was set aside, and counts once however often it is booked', async () => {
  const ledger = await ledgerWith('a');
  await want(ledger, 'a', cost(30, 900), { run: { trainerSeconds: 40 } });
  await trained(ledger, 'a', { seconds: 22, tokens: 700 });
  for (let i = 0; i < 3; i += 1) await ledger.transaction().execute((tx) => bookRun(tx, 'a', false));
  expect(await usedIn(ledger, { run: 'a' })).toEqual(cost(22, 700));
  // The step that asks again after a crash was paid already.
  expect(await want(ledger, 'a', cost(30), { run: { trainerSeconds: 22 } })).toEqual({ reserved: true });
  expect(await usedIn(ledger, { run: 'a' })).toEqual(cost(22, 700));
});

test('a training that is billed by tokens is booked at the price that was set aside by', async () => {
  const ledger = await ledgerWith('a');
  await want(ledger, 'a', cost(30, 1000, 5), { run: { usd: 10 } });
  await trained(ledger, 'a', { seconds: 22, tokens: 700 });
  await closeRun(ledger, { id: 'a', status: 'completed' });
  expect(await usedIn(ledger, { run: 'a' })).toEqual(cost(22, 700, 3.5));
});

test('a training out of the cache costs nothing', async () => {
  const ledger = await ledgerWith('a');
  await want(ledger, 'a', cost(30, 900), { run: { trainerSeconds: 40 } });
  await trained(ledger, 'a', { seconds: 22, tokens: 700 }, { cachedFrom: 'other/tune' });
  await closeRun(ledger, { id: 'a', status: 'completed' });
  expect(await usedIn(ledger, { line })).toEqual(cost(0));
});

test('seconds of other steps are not the trainer’s; their tokens count, and asks by what was paid', async () => {
  const ledger = await ledgerWith('a');
  for (const step of ['evaluate', 'judge']) {
    const { id } = await beginExecution(ledger, beginning('a', step));
    const spent = { seconds: 60, tokens: 50 };
    await completeExecution(ledger, id, { outputs: {}, metrics: {}, facts: {}, cost: spent });
  }
  await intendAsk(ledger, { key: 'k', runId: 'a', generator: 'g', estimate: { tokens: 100, usd: 1 } });
  await closeRun(ledger, { id: 'a', status: 'completed' });
  // The reply never came: it may have been paid.
  expect(await usedIn(ledger, { run: 'a' })).toEqual(cost(0, 150, 1));
  await storeReply(ledger, { key: 'k', reply: {}, promptTokens: 7, completionTokens: 3, usd: 0.1 });
  await ledger.transaction().execute((tx) => bookRun(tx, 'a', false));
  expect(await usedIn(ledger, { run: 'a' })).toEqual(cost(0, 60, 0.1));
});

test('a run that ends otherwise gives back what was set aside, but for the share that was trained', async () => {
  const ledger = await ledgerWith('waited', 'trained');
  const bounds = { line: { trainerSeconds: 100 } };
  await want(ledger, 'waited', cost(40, 100), bounds);
  await want(ledger, 'trained', cost(40, 100, 2), bounds);
  const { id } = await beginExecution(ledger, beginning('trained', 'tune'));
  await noteExecution(ledger, id, { progress: { step: 50, steps: 200 } });
  await closeRun(ledger, { id: 'waited', status: 'cancelled' });
  await closeRun(ledger, { id: 'trained', status: 'failed' });
  expect(await usedIn(ledger, { line })).toEqual(cost(10, 25, 0.5));
  await closeRun(ledger, { id: 'trained', status: 'failed' });
  expect(await usedIn(ledger, { line })).toEqual(cost(10, 25, 0.5));
});

test('a job that was ordered at a vendor counts whole, whatever becomes of its run; one that was refused does not', async () => {
  const ledger = await ledgerWith('refused', 'cancelled');
  for (const run of ['refused', 'cancelled']) {
    await want(ledger, run, cost(0, 1000, 2), { line: { usd: 10 } });
    await beginExecution(ledger, beginning(run, 'tune'));
    const { label } = await intendJob(ledger, {
      jobKey: `${run}.tune`,
      key: run,
      provider: 'vertex',
      scope: 'vertex:p/l',
      settings: {},
      runId: run,
      instance: 'tune',
      line,
      estimateUsd: 1.8,
    });
    await updateJob(ledger, label, run === 'refused' ? { state: 'failed' } : { state: 'cancelling', name: 'job-1' });
    await closeRun(ledger, { id: run, status: 'failed' });
  }
  expect(await usedIn(ledger, { run: 'refused' })).toEqual(cost(0));
  expect(await usedIn(ledger, { run: 'cancelled' })).toEqual(cost(0, 1000, 1.8));
});

test('a month begins at midnight in UTC, and with it there is room again', async () => {
  const ledger = await ledgerWith('a', 'b');
  const bounds = { month: { trainerSeconds: 40 } };
  on('2026-11-30T23:59:59Z');
  await want(ledger, 'a', cost(40), bounds);
  expect(await exhausted(ledger, { runId: 'b', line, bounds })).toMatchObject([
    { scope: 'month', used: 40, bound: 40 },
  ]);
  on('2026-12-01T00:00:00Z');
  expect(await exhausted(ledger, { runId: 'b', line, bounds })).toEqual([]);
  expect(await want(ledger, 'b', cost(40), bounds)).toEqual({ reserved: true });
  expect(await usedIn(ledger, { line })).toEqual(cost(80));
  expect(await usedIn(ledger, { line, month: '2026-12' })).toEqual(cost(40));
});

test('tenths that add up to the bound fit', async () => {
  const ledger = await ledgerWith('a', 'b', 'c');
  const bounds = { line: { usd: 0.3 } };
  for (const run of ['a', 'b', 'c'])
    expect(await want(ledger, run, cost(0, 0, 0.1), bounds)).toEqual({ reserved: true });
});

test('a training of which nothing is known begins while anything is left, and not after', async () => {
  const ledger = await ledgerWith('a', 'b');
  const bounds = { line: { trainerSeconds: 10 } };
  expect(await want(ledger, 'a', cost(0), bounds)).toEqual({ reserved: true });
  await trained(ledger, 'a', { seconds: 12 });
  await closeRun(ledger, { id: 'a', status: 'completed' });
  expect(await want(ledger, 'b', cost(0), bounds)).toMatchObject({ reserved: false, reached: [{ used: 12 }] });
});

test('past trainings are those that did the work, newest first, with their settings', async () => {
  const ledger = await ledgerWith('a', 'b', 'c');
  on('2026-11-25T10:00:00Z');
  await trained(ledger, 'a', { seconds: 10, tokens: 100 });
  on('2026-11-25T11:00:00Z');
  await trained(ledger, 'b', { seconds: 20, tokens: 200 });
  await trained(ledger, 'c', { seconds: 20, tokens: 200 }, { cachedFrom: 'b/tune' });
  const settings = { iterations: 200, batchSize: 8 };
  expect(await pastTrainings(ledger, 5, { line })).toEqual([
    { ...settings, seconds: 20, tokens: 200 },
    { ...settings, seconds: 10, tokens: 100 },
  ]);
  expect(await pastTrainings(ledger, 5, { line: 'other' })).toEqual([]);
  expect(await pastTrainings(ledger, 5, { base: 'org/name' })).toHaveLength(2);
  expect(await pastTrainings(ledger, 5, { base: 'org/other' })).toEqual([]);
});
