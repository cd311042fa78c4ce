import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { pollJob, submitJob } from '../../../../adapters/local/job.ts';
import { readProgress, readResult } from '../../../../adapters/local/job-output.ts';
import { countOf, fakeJob, pidOf, pollToEnd, reached, submitted } from '../../support/fake-job.ts';
import { until } from '../../support/program.ts';

const Result = z.object({ steps: z.number(), times: z.number() });

describe('a job that is killed', () => {
  test('is started again and goes on from its last checkpoint', async () => {
    const { folder, program } = await submitted({ steps: 60 });
    await pollJob(folder, program);
    await until(reached(folder, 12), 'step 12');
    process.kill(pidOf(folder), 'SIGKILL');
    expect(await pollToEnd(folder, program)).toMatchObject({ end: { state: 'succeeded' } });
    expect(await readResult(folder, Result)).toEqual({ steps: 60, times: 2 });
    const [first, second] = (await readProgress(folder)).filter(({ event }) => event === 'start');
    expect(first).toMatchObject({ step: 0, resumedFrom: null });
    expect(second?.step).toBeGreaterThanOrEqual(10);
  });

  test('leaves half a line, which is passed over', async () => {
    const { folder } = await submitted({ steps: 1 });
    writeFileSync(
      join(folder, 'progress.jsonl'),
      '{"event":"step","step":1}\n{"event":"st\n{"event":"step","step":2}\n{"event":"new kind"}\n{"event":"chec',
    );
    expect(await readProgress(folder)).toEqual([
      { event: 'step', step: 1 },
      { event: 'step', step: 2 },
    ]);
  });

  test('five times without getting any further has failed, with the end of its log', async () => {
    const { folder, program } = await submitted({ steps: 9, dieAfter: 2, dieTimes: 99 });
    const { end } = await pollToEnd(folder, program);
    expect(countOf(folder, 'starts.jsonl')).toBe(5);
    expect(end).toMatchObject({ state: 'failed', error: { type: 'Crashed' } });
    expect(end.state === 'failed' && end.error.message.replaceAll(folder, 'FOLDER')).toMatchInlineSnapshot(`
      "The program ended 5 times without getting further; its log FOLDER/log.txt ends: start 1 from step 0
      start 2 from step 0
      start 3 from step 0
      start 4 from step 0
      start 5 from step 0"
    `);
    expect(await pollJob(folder, program)).toEqual(end);
    expect(countOf(folder, 'starts.jsonl')).toBe(5);
  });

  test.each([
    ['a checkpoint', { silent: false }],
    ['a beginning further on', { silent: true }],
  ])('more often than that goes on as long as it gets further, shown by %s', async (_what, shown) => {
    const { folder, program } = await submitted({ steps: 20, checkpointEvery: 2, dieAfter: 2, dieTimes: 7, ...shown });
    expect(await pollToEnd(folder, program)).toMatchObject({ end: { state: 'succeeded' } });
    expect(await readResult(folder, Result)).toEqual({ steps: 20, times: 8 });
  });
});

describe('an error of the program', () => {
  test.each(['BadSpec', 'BadModel', 'BadData', 'OutOfMemory', 'DiskFull'])(
    'that starting again cannot mend is final: %s',
    async (type) => {
      const { folder, program } = await submitted({ steps: 3, error: { type, message: 'row 3 has no prompt' } });
      const { end } = await pollToEnd(folder, program);
      expect(end).toEqual({ state: 'failed', error: { type, message: 'row 3 has no prompt' } });
      expect(await pollJob(folder, program)).toEqual(end);
      expect(countOf(folder, 'starts.jsonl')).toBe(1);
    },
  );

  test('of another kind is tried again, and at last told with the log', async () => {
    const { folder, program } = await submitted({ steps: 3, error: { type: 'Internal', message: 'KeyError: x.' } });
    const { end } = await pollToEnd(folder, program);
    expect(countOf(folder, 'starts.jsonl')).toBe(5);
    expect(end.state === 'failed' && { ...end.error, message: end.error.message.replaceAll(folder, 'FOLDER') })
      .toMatchInlineSnapshot(`
        {
          "message": "KeyError: x. The program ended 5 times without getting further; its log FOLDER/log.txt ends: KeyError: x.
        start 4 from step 0
        KeyError: x.
        start 5 from step 0
        KeyError: x.",
          "type": "Internal",
        }
      `);
  });

  test('that keeps it from being started at all is told with the reason', async () => {
    const { folder } = fakeJob();
    const program = { command: join(folder, 'no-such-python'), args: [], env: {} };
    await submitJob(folder, 'r1', {}, program);
    const { end } = await pollToEnd(folder, program);
    expect(end.state === 'failed' && end.error.message.replaceAll(folder, 'FOLDER')).toMatchInlineSnapshot(`
      "The program ended 5 times without getting further; its log FOLDER/log.txt ends: cannot start FOLDER/no-such-python: spawn FOLDER/no-such-python ENOENT
      cannot start FOLDER/no-such-python: spawn FOLDER/no-such-python ENOENT
      cannot start FOLDER/no-such-python: spawn FOLDER/no-such-python ENOENT
      cannot start FOLDER/no-such-python: spawn FOLDER/no-such-python ENOENT
      cannot start FOLDER/no-such-python: spawn FOLDER/no-such-python ENOENT"
    `);
  });
});
