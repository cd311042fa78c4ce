import { expect, test } from 'vitest';
import { runJob } from '../../../../adapters/remote/run-job.ts';
import { findClaimed, updateJob } from '../../../../artifacts/ledger/remote-jobs.ts';
import { fakeVendor, fakeWorker } from '../../../support/fake-vendor.ts';

test('a batch that a person cancels is cancelled at its next look, and its run is told why', async () => {
  const vendor = fakeVendor();
  const { ledger, order } = await fakeWorker(vendor);
  const service = await vendor.open(order.settings);
  const { signal } = new AbortController();
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
