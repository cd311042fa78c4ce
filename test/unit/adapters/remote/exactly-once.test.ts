import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RemoteFailure } from '../../../../adapters/remote/failure.ts';
import { beginExecution, cancelExecution } from '../../../../artifacts/ledger/executions.ts';
import { closeRun } from '../../../../artifacts/ledger/runs.ts';
import { findClaimed, listJobs, updateJob } from '../../../../artifacts/ledger/remote-jobs.ts';
import { terminal } from '../../../../configs/failure.ts';
import { beginning } from '../../support/ledger.ts';
import { fakeVendor, fakeWorker, type FakeVendor, type FakeWorker } from '../../../support/fake-vendor.ts';

let folder: string;
let vendor: FakeVendor;
let worker: FakeWorker;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'anneal-once-'));
  vendor = fakeVendor();
  worker = await fakeWorker(vendor, folder);
});
afterEach(async () => {
  await worker.ledger.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const job = async (run: string) => {
  const found = await findClaimed(worker.ledger, `${run}.tune`);
  if (!found) throw new Error(`${run} has no job`);
  return found;
};
const namesAndTries = () => vendor.jobs.map(({ name, labels }) => `${name} ${labels['anneal_try']}`);
/** Does something once, at a call of the vendor. */
const once = (doing: Parameters<FakeVendor['before']>[0], work: () => Promise<void> | void): void => {
  vendor.before = async (what) => {
    if (what !== doing) return;
    vendor.before = () => undefined;
    await work();
  };
};

describe('a training that is ordered', () => {
  test('is found by its label when the answer was lost, though lists lag', async () => {
    vendor.listLagMs = 20;
    once('created', () => {
      throw new RemoteFailure('ambiguous', 'no answer came');
    });
    await expect(worker.submit('r1')).rejects.toThrow('no answer came');
    await worker.submit('r1');
    expect(vendor.jobs).toHaveLength(1);
    expect(await job('r1')).toMatchObject({ name: 'job-1', adopted: 1, state: 'pending', sent_at: null });
  });

  test('is ordered again when the call certainly did nothing', async () => {
    once('create', () => {
      throw new RemoteFailure('quota', 'not now');
    });
    await expect(worker.submit('r1')).rejects.toThrow('not now');
    await worker.submit('r1');
    expect(vendor.jobs).toHaveLength(1);
    expect(await job('r1')).toMatchObject({ adopted: 0 });
  });

  test('is not sent on an old look: another worker sent it and died while this one put rows in place', async () => {
    once('stage', async () => {
      const sent = { sent_at: new Date().toISOString(), sent_by: 'elsewhere 1 -', request_json: '{}' };
      await updateJob(worker.ledger, (await job('r1')).label, sent);
    });
    await expect(worker.submit('r1')).rejects.toThrow('another worker is ordering');
    expect(vendor.jobs).toEqual([]);
  });

  test('is not sent any more when its run was cancelled meanwhile', async () => {
    once('stage', () => worker.tuner.cancel('r1.tune'));
    await worker.submit('r1');
    expect(vendor.jobs).toEqual([]);
    expect(await worker.poll('r1')).toEqual({ state: 'cancelled' });
  });

  test('is cancelled by who creates it when its run is cancelled during the call', async () => {
    once('created', () => worker.tuner.cancel('r1.tune'));
    await worker.submit('r1');
    expect(vendor.jobs).toMatchObject([{ name: 'job-1', state: 'cancelled' }]);
    expect(await job('r1')).toMatchObject({ name: 'job-1', state: 'cancelled' });
  });

  test('is looked for and cancelled when its worker died in the call and its run is cancelled', async () => {
    once('created', () => {
      throw new RemoteFailure('ambiguous', 'no answer came');
    });
    await expect(worker.submit('r1')).rejects.toThrow('no answer came');
    await worker.tuner.cancel('r1.tune');
    expect(vendor.jobs).toMatchObject([{ state: 'cancelled' }]);
    expect(await job('r1')).toMatchObject({ name: 'job-1', state: 'cancelled' });
  });

  test('goes on at a vendor that cannot cancel, and is taken by the next run', async () => {
    await worker.submit('r1');
    vendor.canCancel = false;
    await worker.tuner.cancel('r1.tune');
    await closeRun(worker.ledger, { id: 'r1', status: 'cancelled' });
    await worker.submit('r2');
    expect(vendor.jobs).toMatchObject([{ state: 'pending' }]);
    expect(await job('r2')).toMatchObject({ name: 'job-1', isShared: true });
  });

  test('that the vendor refuses has failed, and the next run tries again under another number', async () => {
    once('create', () => {
      throw terminal('NoPermission', 'the identity lacks a permission: give it one');
    });
    await expect(worker.submit('r1')).rejects.toThrow('lacks a permission');
    expect(await worker.poll('r1')).toMatchObject({ state: 'failed', error: { type: 'NoPermission' } });
    await worker.submit('r2');
    expect(namesAndTries()).toEqual(['job-1 2']);
  });

  test('is not ordered by a worker that comes to it when its run was cancelled already', async () => {
    await beginExecution(worker.ledger, beginning('r1', 'tune'));
    await cancelExecution(worker.ledger, 'r1/tune');
    await worker.tuner.cancel('r1.tune');
    await expect(worker.submit('r1')).rejects.toThrow('the run r1 was over before its job was ordered');
    expect(vendor.jobs).toEqual([]);
  });

  test('is not ordered when its run was ended while rows were put in place; the next run does it', async () => {
    once('stage', () => closeRun(worker.ledger, { id: 'r1', status: 'failed' }));
    await expect(worker.submit('r1')).rejects.toThrow(RemoteFailure);
    expect(vendor.jobs).toEqual([]);
    await worker.submit('r2');
    expect(namesAndTries()).toEqual(['job-1 1']);
  });

  test('that succeeded and was deleted before it was collected is ordered again by the next run', async () => {
    await worker.submit('r1');
    (vendor.jobs[0] as { state: string }).state = 'succeeded';
    await worker.poll('r1');
    vendor.jobs.length = 0;
    await expect(worker.tuner.collect('r1.tune')).rejects.toThrow('succeeded and was deleted');
    await closeRun(worker.ledger, { id: 'r1', status: 'failed' });
    await worker.submit('r2');
    expect(namesAndTries()).toEqual(['job-1 2']);
  });

  test('that was deleted has failed, and the next run orders another', async () => {
    await worker.submit('r1');
    const { label } = await job('r1');
    await updateJob(worker.ledger, label, { created_at: '2026-01-01T00:00:00.000Z', polled_at: null });
    vendor.jobs.length = 0;
    expect(await worker.poll('r1')).toMatchObject({ state: 'failed', error: { type: 'JobGone' } });
    await worker.submit('r2');
    expect(namesAndTries()).toEqual(['job-1 2']);
  });
});

describe('two runs of the same training', () => {
  test('share one job, the second marked as having taken it, and the first pays', async () => {
    await Promise.all(['r1', 'r2'].map((run) => worker.submit(run).catch(() => worker.submit(run))));
    expect(vendor.jobs).toHaveLength(1);
    (vendor.jobs[0] as { state: string }).state = 'succeeded';
    for (const run of ['r1', 'r2']) {
      expect(await worker.poll(run)).toEqual({ state: 'succeeded' });
      await worker.tuner.collect(`${run}.tune`);
    }
    const [first, second] = (await job('r1')).isShared ? ['r2', 'r1'] : ['r1', 'r2'];
    expect(await worker.tuner.describe?.(`${first}.tune`)).toEqual({ name: 'job-1', adopted: false, usd: 2 });
    expect(await worker.tuner.describe?.(`${second}.tune`)).toEqual({ name: 'job-1', adopted: true, usd: 0 });
  });

  test('when one is cancelled the other keeps the job, and pays for it', async () => {
    await worker.submit('r1');
    await worker.submit('r2');
    await worker.tuner.cancel('r1.tune');
    await closeRun(worker.ledger, { id: 'r1', status: 'cancelled' });
    expect(vendor.jobs).toMatchObject([{ state: 'pending' }]);
    (vendor.jobs[0] as { state: string }).state = 'succeeded';
    await worker.poll('r2');
    await worker.tuner.collect('r2.tune');
    expect(await worker.tuner.describe?.('r2.tune')).toEqual({ name: 'job-1', adopted: true, usd: 2 });
    await worker.tuner.cancel('r2.tune');
    expect(vendor.jobs).toMatchObject([{ state: 'succeeded' }]);
  });

  test('a forced one has a job of its own', async () => {
    await worker.submit('r1');
    await worker.submit('r2', 'training', { isForced: true });
    expect(vendor.jobs).toHaveLength(2);
    expect(await job('r2')).toMatchObject({ isShared: false, adopted: 0 });
  });

  test('one that comes after an intent of which nothing was sent does it as it is set up itself', async () => {
    once('stage', () => {
      throw terminal('NoPermission', 'the bucket is closed to us: open it');
    });
    await expect(worker.submit('r1')).rejects.toThrow('bucket');
    await closeRun(worker.ledger, { id: 'r1', status: 'failed' });
    const { order } = worker;
    const settings = { ...order.settings, google: { location: 'there' } } as typeof order.settings;
    await worker.submit('r2', 'training', { order: { ...order, settings } });
    expect(vendor.jobs).toMatchObject([{ location: 'there', labels: { anneal_try: '1' } }]);
    expect(await job('r2')).toMatchObject({ scope: 'fake:there', run_id: 'r2', isShared: false });
  });
});

describe('a state folder that was lost', () => {
  test('a job that goes on is taken by its label', async () => {
    await worker.submit('r1');
    const other = await fakeWorker(vendor);
    await other.submit('r9');
    expect(vendor.jobs).toHaveLength(1);
    expect(await listJobs(other.ledger)).toMatchObject([{ name: 'job-1', adopted: 1, try: 1 }]);
    expect(await other.tuner.describe?.('r9.tune')).toMatchObject({ name: 'job-1', adopted: true });
    await other.ledger.destroy();
  });

  test('jobs that failed there keep their numbers', async () => {
    await worker.submit('r1');
    (vendor.jobs[0] as { state: string }).state = 'failed';
    const other = await fakeWorker(vendor);
    await other.submit('r9');
    expect(namesAndTries()).toEqual(['job-1 1', 'job-2 2']);
    expect(await listJobs(other.ledger)).toMatchObject([{ name: 'job-2', adopted: 0, try: 2 }]);
    await other.ledger.destroy();
  });
});
