import { afterEach, beforeEach, expect, test } from 'vitest';
import { beginExecution, completeExecution, noteExecution } from '../../../../artifacts/ledger/executions.ts';
import { reserve, usedIn } from '../../../../artifacts/ledger/reservations.ts';
import { findClaimed, updateJob } from '../../../../artifacts/ledger/remote-jobs.ts';
import { closeRun, findRun } from '../../../../artifacts/ledger/runs.ts';
import { Watchdog } from '../../../../configs/watchdog.ts';
import { fakeVendor, fakeWorker, type FakeVendor, type FakeWorker } from '../../../support/fake-vendor.ts';
import { beginning } from '../../support/ledger.ts';

let vendor: FakeVendor;
let worker: FakeWorker;

beforeEach(async () => {
  vendor = fakeVendor();
  worker = await fakeWorker(vendor);
});
afterEach(() => worker.ledger.destroy());

/** What the fake vendor's training is thought to cost, and what it does cost, in US dollars. */
const [ESTIMATE, COST] = [1, 2];

const spent = async (of: { run: string } | { line: string } = { line: 'line' }) =>
  (await usedIn(worker.ledger, of)).usd;
/** Orders a training for which money was set aside, or for which nothing is bounded. */
async function ordered(run: string, { isBounded = true, order = worker.order } = {}): Promise<void> {
  const wanted = { usd: ESTIMATE, tokens: 500_000, trainerSeconds: 0 };
  const bounds = { run: { usd: 10 } };
  await beginExecution(worker.ledger, beginning(run, 'tune'));
  await worker.submit(run, 'training', { order });
  if (isBounded) await reserve(worker.ledger, { id: `${run}/tune`, runId: run, line: 'line', wanted, bounds });
}
/** Ends a run whose job has succeeded. */
async function completed(run: string): Promise<void> {
  for (const job of vendor.jobs) if (job.state === 'pending') job.state = 'succeeded';
  await worker.poll(run);
  await worker.tuner.collect(`${run}.tune`);
  const { usd = -1 } = (await worker.tuner.describe?.(`${run}.tune`)) ?? {};
  await completeExecution(worker.ledger, `${run}/tune`, { outputs: {}, metrics: {}, facts: {}, cost: { usd } });
  await closeRun(worker.ledger, { id: run, status: 'completed' });
}

test('a run that failed while its job went on counts it, until the run that takes the job does', async () => {
  await ordered('r1');
  await closeRun(worker.ledger, { id: 'r1', status: 'failed' });
  expect(await spent()).toBe(ESTIMATE);
  await ordered('r2');
  await completed('r2');
  expect(vendor.jobs).toHaveLength(1);
  expect([await spent({ run: 'r1' }), await spent({ run: 'r2' })]).toEqual([0, COST]);
});

test('a job is counted also where nothing was bounded and the run fails', async () => {
  await ordered('r1', { isBounded: false });
  await closeRun(worker.ledger, { id: 'r1', status: 'failed' });
  expect(await spent()).toBe(ESTIMATE);
});

test('a job that was given up for a later try is counted beside that', async () => {
  await ordered('r1');
  const { label = '' } = (await findClaimed(worker.ledger, 'r1.tune')) ?? {};
  await updateJob(worker.ledger, label, { decision: 'resubmit' });
  await worker.poll('r1');
  expect(vendor.jobs.map(({ state }) => state)).toEqual(['cancelled', 'pending']);
  await completed('r1');
  expect(await spent()).toBe(ESTIMATE + COST);
});

test('a watchdog orders nothing again that the recipe has no money left for: it asks, and a person may', async () => {
  const recipe = JSON.stringify({ name: 'line', tune: { limits: { usd: 2.5 } } });
  // oxlint-disable-next-line unicorn/no-thenable -- a recipe reads so; it is data and never awaited.
  const settings = { ...worker.order.settings, watchdog: Watchdog.parse({ pending: '1h', then: 'resubmit' }) };
  await ordered('r1', { order: { ...worker.order, settings } });
  await worker.ledger.updateTable('runs').set({ recipe_json: recipe }).execute();
  const stuck = async () => {
    const { label = '' } = (await findClaimed(worker.ledger, 'r1.tune')) ?? {};
    await updateJob(worker.ledger, label, { state_at: '2026-01-01T00:00:00.000Z' });
    await worker.poll('r1');
    return label;
  };
  await stuck();
  expect([vendor.jobs.length, await spent()]).toEqual([2, 2 * ESTIMATE]);
  const label = await stuck();
  expect(vendor.jobs).toHaveLength(2);
  expect((await findRun(worker.ledger, 'r1'))?.waiting).toMatch(
    /longer than tune\.watchdog\.pending 1h, and another for about \$1\.00 would pass what its recipe may spend: `anneal jobs wait /,
  );
  await updateJob(worker.ledger, label, { decision: 'resubmit' });
  await worker.poll('r1');
  expect(vendor.jobs).toHaveLength(3);
  expect(await spent()).toBe(3 * ESTIMATE);
});

test.each(['r1', 'r2'])(
  'of two runs that wait for a job %s is cancelled: what it costs is counted once',
  async (which) => {
    await ordered('r1');
    await ordered('r2');
    const other = which === 'r1' ? 'r2' : 'r1';
    for (const run of ['r1', 'r2'])
      await noteExecution(worker.ledger, `${run}/tune`, { progress: { step: 50, steps: 100 } });
    await worker.tuner.cancel(`${which}.tune`);
    await closeRun(worker.ledger, { id: which, status: 'cancelled' });
    expect([await spent({ run: which }), await spent({ run: other })]).toEqual([0, ESTIMATE]);
    (vendor.jobs[0] as { state: string }).state = 'failed';
    expect(await worker.poll(other)).toMatchObject({ state: 'failed' });
    await closeRun(worker.ledger, { id: other, status: 'failed' });
    expect([await spent({ run: which }), await spent({ run: other })]).toEqual([0, ESTIMATE]);
  },
);
