import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runningJobs } from '../../adapters/local/job.ts';
import { createMlxWriter } from '../../adapters/mlx/writer.ts';
import type { WriterRequest } from '../../adapters/contracts.ts';
import { root } from '../../scripts/toolchain.js';
import { until } from '../unit/support/program.ts';
import { noTrainer, sharedFolder } from './support/trainer.ts';
import { writerContract } from './writer.ts';

const folder = sharedFolder();
const jobs = join(folder, 'jobs');
const settings = { jobs, run: 'r1', base: join(root, 'examples', 'support-triage', 'base') };
const request: WriterRequest = {
  messages: [{ role: 'user', content: 'my parcel is late' }],
  seed: 1,
  temperature: 1,
  topP: 0.95,
  maxTokens: 40,
};
const ask = (writer = createMlxWriter(settings), changed: Partial<WriterRequest> = {}) =>
  writer.ask({ ...request, ...changed }, { signal: new AbortController().signal });

writerContract(
  'mlx',
  async () => {
    const picture = [{ type: 'image_url', image_url: { url: 'http://127.0.0.1:9/secret' } }];
    const writer = createMlxWriter(settings);
    return {
      writer,
      another: createMlxWriter(settings),
      request,
      hopeless: { writer, request: { ...request, messages: [{ role: 'user', content: picture }] }, type: 'AskRefused' },
    };
  },
  noTrainer,
);

test('its server is found by the next worker, and started again when it was killed', async (context) => {
  context.skip(noTrainer !== undefined, noTrainer);
  const before = await ask();
  const [server, ...others] = await runningJobs(jobs);
  expect(others).toEqual([]);
  expect(server?.run).toBe('r1');
  process.kill(server?.pid as number, 'SIGKILL');
  await until(async () => (await runningJobs(jobs)).length === 0, 'the server has gone');
  expect((await ask()).text).toBe(before.text);
  expect((await runningJobs(jobs))[0]?.pid).not.toBe(server?.pid);
});

test('its server ends when it is let go, and by itself when nobody wants it', async (context) => {
  context.skip(noTrainer !== undefined, noTrainer);
  const writer = createMlxWriter(settings);
  await ask(writer);
  await writer.close?.();
  expect(await runningJobs(jobs)).toEqual([]);
  await ask(createMlxWriter({ ...settings, run: 'r2', idleMs: 500 }));
  expect(await runningJobs(jobs)).toHaveLength(1);
  await until(async () => (await runningJobs(jobs)).length === 0, 'the idle server has ended');
  const [job = ''] = readdirSync(jobs).filter((name) => name.startsWith('r2.'));
  expect(readFileSync(join(jobs, job, 'progress.jsonl'), 'utf8')).toContain('Nobody asked anything for 0.5 s');
});

test('a folder that is no model is refused in the words of the program', async (context) => {
  context.skip(noTrainer !== undefined, noTrainer);
  await expect(ask(createMlxWriter({ ...settings, run: 'r3', base: folder }))).rejects.toMatchObject({
    type: 'BadModel',
    message: expect.stringContaining('config.json'),
  });
});

test('the server of a cancelled run ends and does not come back', async (context) => {
  context.skip(noTrainer !== undefined, noTrainer);
  const stop = new AbortController();
  const cancelled = new Error('CANCELLED');
  const writer = createMlxWriter({ ...settings, run: 'r4' });
  const asking = writer.ask(request, { signal: stop.signal, sending: async () => stop.abort(cancelled) });
  await expect(asking).rejects.toBe(cancelled);
  expect(await runningJobs(jobs)).toEqual([]);
  await expect(ask(writer)).rejects.toMatchObject({ type: 'Cancelled' });
});
