import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cancelJob, pauseJob, pollJob, runningJobs } from '../../../../adapters/local/job.ts';
import { readProgress } from '../../../../adapters/local/job-output.ts';
import { processOf } from '../../../../adapters/local/processes.ts';
import { countOf, fakeJob, pidOf, pollToEnd, reached, submitted, textOf } from '../../support/fake-job.ts';
import { until } from '../../support/program.ts';

describe('cancelling', () => {
  test('ends the program with the children of its own, and the job stays cancelled', async () => {
    const { folder, program } = await submitted({ steps: 10_000, child: true });
    await pollJob(folder, program);
    await until(() => existsSync(join(folder, 'child.pid')), 'the child is there');
    const [leader, child] = [pidOf(folder), Number(textOf(folder, 'child.pid'))];
    expect(processOf(child)).toBeDefined();
    await cancelJob(folder);
    expect(processOf(leader)).toBeUndefined();
    await until(() => processOf(child) === undefined, 'the child has ended', 2000);
    expect(await pollJob(folder, program)).toEqual({ state: 'cancelled' });
    expect(countOf(folder, 'starts.jsonl')).toBe(1);
  });

  test('a job that has not begun keeps it from beginning', async () => {
    const { folder, program } = await submitted({ steps: 3 });
    await cancelJob(folder);
    expect(await pollJob(folder, program)).toEqual({ state: 'cancelled' });
    expect(countOf(folder, 'starts.jsonl')).toBe(0);
  });

  test('a job that has ended leaves it as it is', async () => {
    const { folder, program } = await submitted({ steps: 1 });
    await pollToEnd(folder, program);
    await cancelJob(folder);
    expect(await pollJob(folder, program)).toEqual({ state: 'succeeded' });
  });

  test('a job that was never ordered does nothing', async () => {
    const { folder, jobs } = fakeJob();
    await cancelJob(folder);
    expect(existsSync(jobs)).toBe(false);
  });

  test('at the very moment of a start leaves nothing running', async () => {
    for (let round = 0; round < 8; round++) {
      const { folder, program, jobs } = await submitted({ steps: 10_000 });
      await Promise.all([pollJob(folder, program), cancelJob(folder)]);
      expect(await pollJob(folder, program)).toEqual({ state: 'cancelled' });
      expect(await runningJobs(jobs)).toEqual([]);
    }
  });
});

test('a job that is paused ends after a checkpoint and can be taken up again', async () => {
  const { folder, program } = await submitted({ steps: 60, checkpointEvery: 1000 });
  await pollJob(folder, program);
  await until(reached(folder, 7), 'step 7');
  await pauseJob(folder);
  expect(processOf(pidOf(folder))).toBeUndefined();
  const kept = Number(textOf(folder, 'kept'));
  expect(kept).toBeGreaterThanOrEqual(7);
  expect(await pollToEnd(folder, program)).toMatchObject({ end: { state: 'succeeded' } });
  expect((await readProgress(folder)).findLast(({ event }) => event === 'start')).toMatchObject({ resumedFrom: kept });
});
