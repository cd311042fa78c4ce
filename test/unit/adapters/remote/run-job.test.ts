import { expect, test } from 'vitest';
import { runJob } from '../../../../adapters/remote/run-job.ts';
import { RemoteFailure } from '../../../../adapters/remote/failure.ts';
import { findClaimed, updateJob } from '../../../../artifacts/ledger/remote-jobs.ts';
import { fakeVendor, fakeWorker, type FakeVendor } from '../../../support/fake-vendor.ts';

const { signal } = new AbortController();

async function wanted(vendor: FakeVendor) {
  const { ledger, order } = await fakeWorker(vendor);
  const service = await vendor.open(order.settings);
  const intent = {
    jobKey: 'r1.answers',
    key: 'a'.repeat(40),
    provider: 'fake',
    scope: service.scope,
    settings: { settings: order.settings },
    runId: 'r1',
    instance: 'evaluate',
    line: 'line',
    estimateUsd: null,
  };
  return { ledger, service, intent };
}

test('a batch that a person cancels is cancelled at its next look, and its run is told why', async () => {
  const vendor = fakeVendor();
  const { ledger, service, intent } = await wanted(vendor);
  vendor.before = async (doing) => {
    const { label, decision, name } = (await findClaimed(ledger, intent.jobKey)) ?? {};
    if (doing === 'get' && label && name && decision === null && vendor.jobs[0]?.state === 'pending')
      await updateJob(ledger, label, { decision: 'cancel' });
  };
  const work = runJob({ ledger, service, pollMs: 1, settleMs: 1, signal }, intent, async () => ({}));
  await expect(work).rejects.toThrow(/^the job job-1 did not succeed/);
  expect(vendor.jobs).toMatchObject([{ state: 'cancelled' }]);
  expect(await findClaimed(ledger, intent.jobKey)).toMatchObject({ state: 'cancelled', decision: null });
  await ledger.destroy();
});

test('a vendor that is away for a while costs a batch none of the errors of its step', async () => {
  const vendor = fakeVendor();
  const { ledger, service, intent } = await wanted(vendor);
  let looks = 0;
  vendor.before = (doing) => {
    if (doing !== 'get') return;
    looks += 1;
    if (looks < 20) throw new RemoteFailure(looks % 2 === 0 ? 'quota' : 'away', 'not now');
    for (const job of vendor.jobs) job.state = 'succeeded';
  };
  const { job } = await runJob({ ledger, service, pollMs: 1, settleMs: 1, signal }, intent, async () => ({}));
  expect(job).toMatchObject({ name: 'job-1', state: 'succeeded' });
  expect(vendor.jobs).toHaveLength(1);
  await ledger.destroy();
});
