import { describe, expect, test } from 'vitest';
import { awaitJob, isCancelled } from '../../../../adapters/local/await.ts';
import { cancelJob, pollJob, runningJobs } from '../../../../adapters/local/job.ts';
import { readProgress } from '../../../../adapters/local/job-output.ts';
import type { JobProgress } from '../../../../configs/progress.ts';
import { failureOf } from '../../support/failures.ts';
import { submitted, type fakeJob } from '../../support/fake-job.ts';
import { until } from '../../support/program.ts';

const idle = (): { signal: AbortSignal } => ({ signal: new AbortController().signal });

test('waiting starts the job, tells its progress and ends with it', async () => {
  const { folder, program } = await submitted({ steps: 80 });
  const seen: JobProgress[] = [];
  await awaitJob(folder, program, { ...idle(), progress: (progress) => seen.push(progress) });
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.map(({ step }) => step)).toEqual(seen.map(({ step }) => step).toSorted((a, b) => a - b));
});

test("a job that fails for good ends in the program's own words", async () => {
  const { folder, program } = await submitted({ steps: 1, error: { type: 'BadData', message: 'row 3 has no prompt' } });
  const { type, message } = await failureOf(awaitJob(folder, program, idle()));
  expect({ type, message }).toEqual({ type: 'BadData', message: 'row 3 has no prompt' });
});

test('a job that somebody else cancelled is a failure of its own', async () => {
  const { folder, program } = await submitted({ steps: 10_000 });
  const waiting = failureOf(awaitJob(folder, program, idle()));
  await until(async () => (await readProgress(folder)).length > 0, 'the job runs');
  await cancelJob(folder);
  expect(await waiting).toMatchObject({ type: 'Cancelled', message: 'the job was cancelled' });
});

describe('waiting that is broken off', () => {
  /** Breaks off once the job runs; gives the error that waiting ended with. */
  async function brokenOff(why: Error): Promise<{ error: unknown; job: ReturnType<typeof fakeJob> }> {
    const job = await submitted({ steps: 10_000 });
    const stop = new AbortController();
    const error = awaitJob(job.folder, job.program, { signal: stop.signal }).catch((thrown: unknown) => thrown);
    await until(async () => (await readProgress(job.folder)).length > 0, 'the job runs');
    stop.abort(why);
    return { error: await error, job };
  }

  test.each(['CANCELLED', 'NOT_FOUND'])('because the run is over stops the job: %s', async (reason) => {
    const why = new Error(reason);
    const { error, job } = await brokenOff(why);
    expect(error).toBe(why);
    expect(await runningJobs(job.jobs)).toEqual([]);
    expect(await pollJob(job.folder, job.program)).toEqual({ state: 'cancelled' });
  });

  test.each(['WORKER_SHUTDOWN', 'TIMED_OUT'])(
    'for another reason leaves it running for the next: %s',
    async (reason) => {
      const why = new Error(reason);
      const { error, job } = await brokenOff(why);
      expect(error).toBe(why);
      expect(await runningJobs(job.jobs)).toMatchObject([{ folder: job.folder }]);
      expect(await pollJob(job.folder, job.program)).toMatchObject({ state: 'running' });
    },
  );

  test('before it began starts nothing', async () => {
    const job = await submitted({ steps: 10 });
    const signal = AbortSignal.abort(new Error('WORKER_SHUTDOWN'));
    await expect(awaitJob(job.folder, job.program, { signal })).rejects.toThrow('WORKER_SHUTDOWN');
    expect(await runningJobs(job.jobs)).toEqual([]);
  });
});

test('only a cancelled or vanished run counts as cancelled', () => {
  const because = (reason?: unknown): AbortSignal => AbortSignal.abort(reason);
  expect(isCancelled(because(new Error('CANCELLED')))).toBe(true);
  expect(isCancelled(because(new Error('NOT_FOUND')))).toBe(true);
  expect(isCancelled(because(new Error('WORKER_SHUTDOWN')))).toBe(false);
  expect(isCancelled(because())).toBe(false);
  expect(isCancelled(new AbortController().signal)).toBe(false);
});
