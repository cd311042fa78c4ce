import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { clearJob, pollJob, runningJobs, submitJob } from '../../../../adapters/local/job.ts';
import { readLog, readResult } from '../../../../adapters/local/job-output.ts';
import { countOf, pidOf, pollToEnd, reached, submitted, textOf } from '../../support/fake-job.ts';
import { failureOf } from '../../support/failures.ts';
import { until } from '../../support/program.ts';

const Result = z.object({ steps: z.number(), times: z.number() });

describe('a job', () => {
  test('waits after its order until it is looked at, and then runs to its end', async () => {
    const { folder, program } = await submitted({ steps: 40 });
    expect(readdirSync(folder).toSorted()).toEqual(['job.json', 'spec.json']);
    expect(await pollJob(folder, program)).toEqual({ state: 'running', progress: undefined });
    const { end, progress } = await pollToEnd(folder, program);
    expect(end).toEqual({ state: 'succeeded' });
    expect(progress).toMatchObject({ steps: 40 });
    expect(await readResult(folder, Result)).toEqual({ steps: 40, times: 1 });
    expect(countOf(folder, 'starts.jsonl')).toBe(1);
    expect(await pollJob(folder, program)).toEqual({ state: 'succeeded' });
    expect(await readLog(folder)).toBe('start 1 from step 0');
  });

  test('ordered a second time stays the one it was', async () => {
    const { folder, program } = await submitted({ steps: 3 });
    await submitJob(folder, 'r2', { steps: 99 }, { ...program, args: ['other.cjs'] });
    expect(JSON.parse(textOf(folder, 'spec.json'))).toEqual({ steps: 3 });
    expect(JSON.parse(textOf(folder, 'job.json'))).toMatchObject({ run: 'r1', args: program.args });
  });

  test('tells how far it is', async () => {
    const { folder, program } = await submitted({ steps: 1000 });
    await pollJob(folder, program);
    await until(reached(folder, 3), 'step 3');
    const found = await pollJob(folder, program);
    expect(found).toMatchObject({ state: 'running', progress: { steps: 1000, tokensPerSecond: 10 } });
    expect(found).not.toHaveProperty('progress.etaSeconds');
  });

  test('that runs is not started a second time by another look', async () => {
    const { folder, program } = await submitted({ steps: 40 });
    for (let look = 0; look < 10; look++) await pollJob(folder, program);
    await pollToEnd(folder, program);
    expect({ starts: countOf(folder, 'starts.jsonl'), ran: countOf(folder, 'ran') }).toEqual({ starts: 1, ran: 1 });
  });

  test.each([{ anonymous: false }, { anonymous: true }])(
    'started by several workers at once is done by one of them, and the vain ones are no crashes: %j',
    async ({ anonymous }) => {
      const { folder, program } = await submitted({ steps: 60, anonymous });
      await Promise.all(Array.from({ length: 4 }, () => pollJob(folder, program)));
      expect(await pollToEnd(folder, program)).toMatchObject({ end: { state: 'succeeded' } });
      expect(await readResult(folder, Result)).toEqual({ steps: 60, times: 1 });
      expect(countOf(folder, 'starts.jsonl')).toBeLessThanOrEqual(4);
    },
  );

  test('whose worker was killed before it noted the start is found by its lock', async () => {
    const { folder, program } = await submitted({ steps: 400 });
    spawn(program.command, [...program.args, '--job', folder], { detached: true, stdio: 'ignore' }).unref();
    await until(reached(folder, 1), 'step 1');
    expect(await pollJob(folder, program)).toMatchObject({ state: 'running' });
    expect(countOf(folder, 'starts.jsonl')).toBe(0);
    expect(await runningJobs(join(folder, '..'))).toEqual([{ pid: pidOf(folder), run: 'r1', folder }]);
  });

  test('is not taken for running because another process was given its number', async () => {
    const { folder, program } = await submitted({ steps: 5 });
    writeFileSync(join(folder, 'lock'), `${process.pid} 12345`);
    appendFileSync(
      join(folder, 'starts.jsonl'),
      `\n${JSON.stringify({ pid: process.pid, born: '1', at: '2020-01-01' })}`,
    );
    await pollJob(folder, program);
    expect(countOf(folder, 'starts.jsonl')).toBe(2);
    expect(await pollToEnd(folder, program)).toMatchObject({ end: { state: 'succeeded' } });
  });
});

test('of all jobs those are listed whose program runs', async () => {
  const { folder, program, jobs } = await submitted({ steps: 10_000 });
  await submitJob(join(jobs, 'r2.tune'), 'r2', { steps: 1 }, program);
  mkdirSync(join(jobs, 'empty'));
  writeFileSync(join(jobs, 'a file'), '');
  expect(await runningJobs(jobs)).toEqual([]);
  await pollJob(folder, program);
  expect(await runningJobs(jobs)).toMatchObject([{ run: 'r1', folder }]);
  expect(await runningJobs(join(jobs, 'nowhere'))).toEqual([]);
});

test('of a log the last lines are shown', async () => {
  const { folder } = await submitted({ steps: 1 });
  expect(await readLog(folder)).toBe('');
  writeFileSync(join(folder, 'log.txt'), Array.from({ length: 100 }, (_, i) => `line ${i + 1}\n`).join(''));
  expect(await readLog(folder, 2)).toBe('line 99\nline 100');
  expect((await readLog(folder)).split('\n')).toHaveLength(40);
});

test('a result of another shape is an error', async () => {
  const { folder } = await submitted({ steps: 1 });
  writeFileSync(join(folder, 'result.json'), '{"steps":"many"}');
  await expect(readResult(folder, Result)).rejects.toThrow('expected number');
});

test('an ended job lets go of its checkpoints, or of everything', async () => {
  const { folder } = await submitted({ steps: 1 });
  mkdirSync(join(folder, 'checkpoints', '5'), { recursive: true });
  await clearJob(folder, 'checkpoints');
  expect(readdirSync(folder).toSorted()).toEqual(['job.json', 'spec.json']);
  await clearJob(folder, 'all');
  expect(existsSync(folder)).toBe(false);
});

test('a job that was never ordered, or whose folder was removed, is named', async () => {
  const { folder, program } = await submitted({ steps: 1 });
  await clearJob(folder, 'all');
  const { type, message } = await failureOf(pollJob(folder, program));
  expect(`${type}: ${message.replace(folder, 'FOLDER')}`).toMatchInlineSnapshot(
    `"NoSuchJob: there is no job in FOLDER: its folder was removed, start the run again"`,
  );
  expect(existsSync(folder)).toBe(false);
});
