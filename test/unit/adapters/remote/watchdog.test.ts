import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TuneOrder } from '../../../../adapters/contracts.ts';
import { stuck } from '../../../../adapters/remote/watchdog.ts';
import { findClaimed, listJobs, updateJob } from '../../../../artifacts/ledger/remote-jobs.ts';
import { findRun, listEvents } from '../../../../artifacts/ledger/runs.ts';
import { fakeVendor, fakeWorker, type FakeVendor, type FakeWorker } from '../../../support/fake-vendor.ts';

let vendor: FakeVendor;
let worker: FakeWorker;

beforeEach(async () => {
  vendor = fakeVendor();
  worker = await fakeWorker(vendor);
});
afterEach(() => worker.ledger.destroy());

const LONG_AGO = '2026-01-01T00:00:00.000Z';
const job = async () => {
  const found = await findClaimed(worker.ledger, 'r1.tune');
  if (!found) throw new Error('there is no job');
  return found;
};
/** Orders a training whose watchdog does so, and lets it wait for ever. */
async function stuckJob(then: string, more: object = {}): Promise<void> {
  // oxlint-disable-next-line unicorn/no-thenable -- a recipe reads so; it is data and never awaited.
  const watchdog = { pending: '1h', running: '1h', deadline: '9000d', then, ...more };
  const settings = { ...worker.order.settings, watchdog } as unknown as TuneOrder['settings'];
  await worker.submit('r1', 'training', { order: { ...worker.order, settings } });
  await wait();
}
const wait = async () => updateJob(worker.ledger, (await job()).label, { state_at: LONG_AGO, progress_at: LONG_AGO });
const events = async () => (await listEvents(worker.ledger, 'r1')).map(({ message }) => message);
const waiting = async () => (await findRun(worker.ledger, 'r1'))?.waiting ?? null;
const jobs = () => vendor.jobs.map(({ name, state, location }) => `${name} ${state} ${location}`);

describe('a job that gets no further', () => {
  test('warn: the run is told once, and the job goes on', async () => {
    await stuckJob('warn');
    expect(await worker.poll('r1')).toEqual({ state: 'running' });
    await worker.poll('r1');
    expect(await events()).toEqual([
      expect.stringMatching(
        /^the job job-1 has been pending for .* d, longer than tune\.watchdog\.pending 1h; it goes on/,
      ),
    ]);
    expect(jobs()).toEqual(['job-1 pending here']);
  });

  test('cancel: it is cancelled and the run fails, with the reason', async () => {
    await stuckJob('cancel');
    expect(await worker.poll('r1')).toMatchObject({ state: 'failed', error: { type: 'JobStuck' } });
    expect(jobs()).toEqual(['job-1 cancelled here']);
    expect(await worker.poll('r1')).toMatchObject({ state: 'failed', error: { type: 'JobStuck' } });
  });

  test('cancel: a worker killed before it could cancel leaves it to the next look', async () => {
    await stuckJob('cancel');
    vendor.before = (doing) => {
      if (doing === 'cancel') throw new Error('killed');
    };
    await expect(worker.poll('r1')).rejects.toThrow('killed');
    vendor.before = () => undefined;
    expect(await worker.poll('r1')).toMatchObject({ state: 'failed', error: { type: 'JobStuck' } });
    expect(jobs()).toEqual(['job-1 cancelled here']);
  });

  test('cancel: one that has succeeded at the last moment is taken', async () => {
    await stuckJob('cancel');
    vendor.before = (doing) => {
      if (doing === 'cancel') (vendor.jobs[0] as { state: string }).state = 'succeeded';
    };
    expect(await worker.poll('r1')).toEqual({ state: 'succeeded' });
    expect(await worker.poll('r1')).toEqual({ state: 'succeeded' });
  });

  test('resubmit: it is cancelled and ordered elsewhere, and both are in the ledger', async () => {
    await stuckJob('resubmit', { elsewhere: { location: 'there' } });
    expect(await worker.poll('r1')).toEqual({ state: 'running' });
    expect(jobs()).toEqual(['job-1 cancelled here', 'job-2 pending there']);
    expect((await listJobs(worker.ledger)).map(({ label, state }) => `${label.slice(-2)} ${state}`).toSorted()).toEqual(
      ['-1 cancelled', '-2 pending'],
    );
    expect(await events()).toEqual([expect.stringMatching(/^the job job-1 has been pending .*: ordered again$/)]);
    expect(await worker.poll('r1')).toEqual({ state: 'running' });
    expect(vendor.jobs).toHaveLength(2);
  });

  test.each(['cancel', 'find', 'create'] as const)(
    'resubmit: a worker killed at %s leaves it to the next look',
    async (at) => {
      await stuckJob('resubmit');
      vendor.before = (doing) => {
        if (doing === at) throw new Error('killed');
      };
      await expect(worker.poll('r1')).rejects.toThrow('killed');
      vendor.before = () => undefined;
      await updateJob(worker.ledger, (await listJobs(worker.ledger)).find((row) => row.try === 1)?.label ?? '', {
        polled_at: null,
      });
      expect(await worker.poll('r1')).toEqual({ state: 'running' });
      expect(jobs()).toEqual(['job-1 cancelled here', 'job-2 pending here']);
    },
  );

  test('resubmit: where the vendor cannot cancel, the old job is not taken for the new one', async () => {
    await stuckJob('resubmit');
    vendor.canCancel = false;
    await worker.poll('r1');
    expect(jobs()).toEqual(['job-1 pending here', 'job-2 pending here']);
    expect((await events()).at(-1)).toBe('the job job-1 could not be cancelled: this vendor cannot cancel');
  });

  test('resubmit: after three tries it is given up', async () => {
    await stuckJob('resubmit');
    await worker.poll('r1');
    await wait();
    await worker.poll('r1');
    await wait();
    expect(await worker.poll('r1')).toMatchObject({ state: 'failed', error: { type: 'JobStuck' } });
    expect(jobs()).toEqual(['job-1 cancelled here', 'job-2 cancelled here', 'job-3 cancelled here']);
  });

  test('ask: the run waits for a decision, and no more once the job gets further', async () => {
    await stuckJob('ask');
    expect(await worker.poll('r1')).toEqual({ state: 'running' });
    expect(await waiting()).toMatch(/`anneal jobs wait \w+-1`, `anneal jobs resubmit \w+-1` or `anneal jobs cancel/);
    (vendor.jobs[0] as { state: string }).state = 'running';
    await worker.poll('r1');
    expect(await waiting()).toBeNull();
  });

  test.each([
    ['wait', { state: 'running' }, ['job-1 pending here']],
    ['cancel', { state: 'failed' }, ['job-1 cancelled here']],
    ['resubmit', { state: 'running' }, ['job-1 cancelled here', 'job-2 pending here']],
  ])('ask: the decision %s is carried out once', async (decision, state, left) => {
    await stuckJob('ask');
    await worker.poll('r1');
    await updateJob(worker.ledger, (await job()).label, { decision });
    expect(await worker.poll('r1')).toMatchObject(state);
    expect(await waiting()).toBeNull();
    expect(await worker.poll('r1')).toMatchObject(state);
    expect(jobs()).toEqual(left);
    expect((await listJobs(worker.ledger)).map(({ decision: open }) => open).filter(Boolean)).toEqual([]);
  });
});

test('a deadline counts from when it was created, whatever the job does', () => {
  const at = Date.UTC(2026, 10, 25);
  const ago = (hours: number): string => new Date(at - hours * 3_600_000).toISOString();
  const row = {
    state: 'running',
    state_at: ago(1),
    progress_at: ago(0.1),
    created_at: ago(49),
    intent_at: ago(60),
  } as const;
  expect(stuck(row, undefined, at)).toMatchInlineSnapshot(`
    {
      "elsewhere": undefined,
      "policy": "ask",
      "why": "has been under way for 2 d, longer than tune.watchdog.deadline 48h",
    }
  `);
  expect(stuck({ ...row, created_at: ago(47) }, undefined, at)).toBeUndefined();
});
