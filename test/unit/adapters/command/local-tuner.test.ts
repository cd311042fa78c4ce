import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLocalCommandTuner } from '../../../../adapters/command/local-tuner.ts';
import type { JobState, TuneOrder } from '../../../../adapters/contracts.ts';
import { runningJobs } from '../../../../adapters/local/job.ts';
import { isAlive, processOf } from '../../../../adapters/local/processes.ts';
import { RecipeSchema } from '../../../../configs/recipe.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'anneal-run-'));
  const rows = Array.from({ length: 40 }, (_, i) => `{"id":"${i}"}\n`);
  writeFileSync(join(folder, 'train.jsonl'), rows.join(''));
});
afterEach(async () => {
  await tuner().cancel('job');
  rmSync(folder, { recursive: true, force: true });
});

const tuner = () => createLocalCommandTuner({ jobs: join(folder, 'jobs'), laterMs: 10 });
const job = (name = ''): string => join(folder, 'jobs', 'job', name);

/** An order for a trainer in a line of JavaScript; `fs` and `env` are there. */
function order(code: string, tune: object = {}, env: string[] = []): TuneOrder {
  const run = [process.execPath, '-e', `const fs = require('fs'); const { env } = process; ${code}`];
  const settings = RecipeSchema.shape.tune.parse({ provider: 'command', command: { run, env }, ...tune });
  return { base: join(folder, 'base'), train: join(folder, 'train.jsonl'), settings };
}

async function until<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const found = await look();
    if (found != null && found !== false) return found;
    await sleep(20);
  }
}
const endOf = (): Promise<JobState> =>
  until(async () => {
    const found = await tuner().poll('job');
    return found.state === 'running' ? undefined : found;
  });
const carry = async (code: string, tune?: object): Promise<JobState> => {
  await tuner().submit('job', order(code, tune), 'r1');
  return endOf();
};
const RESULT = `fs.writeFileSync('result.json', JSON.stringify({ kind: 'full', steps: 1, trainedTokens: 1 }));`;
const failed = (type: string, message: RegExp): JobState => ({
  state: 'failed',
  error: { type, message: expect.stringMatching(message) as string },
});

test.each([
  [64, 'BadSpec'],
  [65, 'BadData'],
  [66, 'BadModel'],
  [69, 'NotAvailable'],
  [77, 'NoPermission'],
])('ending with %i is final, with the last words of the trainer', async (code, type) => {
  const end = await carry(`console.error('Row 3 is empty.'); process.exit(${code})`);
  expect(end).toEqual(failed(type, new RegExp(`^Row 3 is empty\\. \\(the trainer ended with ${code}: .+\\)$`)));
});

test('a program that is not there is said at once', async () => {
  const settings = RecipeSchema.shape.tune.parse({ provider: 'command', command: { run: ['no-such-trainer'] } });
  await tuner().submit('job', { ...order(''), settings }, 'r1');
  expect(await endOf()).toEqual(failed('NotAvailable', /no-such-trainer/));
});

test('ending well without a result is final', async () => {
  expect(await carry('')).toEqual(failed('NoResult', /wrote no result\.json/));
});

test('a trainer that somebody else stops was cancelled, and is not started again', async () => {
  await tuner().submit('job', order(`fs.writeFileSync('pid', String(process.pid)); setTimeout(() => {}, 60000)`), 'r1');
  await tuner().poll('job');
  const pid = Number(await until(() => existsSync(job('pid')) && readFileSync(job('pid'), 'utf8')));
  process.kill(pid, 'SIGTERM');
  expect(await endOf()).toEqual({ state: 'cancelled' });
});

test('cancelled, nothing of it is left, though it ignores SIGTERM', async () => {
  const code = `process.on('SIGTERM', () => {}); fs.writeFileSync('pid', String(process.pid)); setTimeout(() => {}, 60000)`;
  await tuner().submit('job', order(code), 'r1');
  await tuner().poll('job');
  const pid = Number(await until(() => existsSync(job('pid')) && readFileSync(job('pid'), 'utf8')));
  await tuner().cancel('job');
  await until(() => processOf(pid) === undefined);
  expect(await tuner().poll('job')).toEqual({ state: 'cancelled' });
});

test('paused, it ends and goes on when it is asked after', async () => {
  const code = `const n = fs.existsSync('once') ? 2 : 1; fs.writeFileSync('once', ''); if (n === 2) { ${RESULT} } else setTimeout(() => {}, 60000)`;
  await tuner().submit('job', order(code), 'r1');
  await tuner().poll('job');
  await until(() => existsSync(job('once')));
  await tuner().pause?.('job');
  expect(await runningJobs(join(folder, 'jobs'))).toEqual([]);
  expect(await endOf()).toEqual({ state: 'succeeded' });
});

test('when its supervisor is killed, the trainer left over is ended before another is started', async () => {
  const code = `fs.appendFileSync('pids', process.pid + '\\n'); setTimeout(() => {}, 60000)`;
  await tuner().submit('job', order(code), 'r1');
  await tuner().poll('job');
  const pids = (): number[] =>
    existsSync(job('pids')) ? readFileSync(job('pids'), 'utf8').trim().split('\n').map(Number) : [];
  const first = processOf(await until(() => pids()[0]));
  const [supervisor] = await runningJobs(join(folder, 'jobs'));
  await until(() => existsSync(job('turns/1.trainer')));
  process.kill(supervisor?.pid as number, 'SIGKILL');
  await until(async () => {
    await tuner().poll('job');
    return pids()[1];
  });
  expect(first && isAlive(first)).toBe(false);
});

test('it sees PATH, HOME, LANG, what is named, and its job; no other variable of the worker', async () => {
  process.env['PLANTED_KEY'] = 'sk-planted-secret';
  process.env['NAMED_KEY'] = 'sk-named-secret';
  const code = `fs.writeFileSync('seen', Object.keys(env).filter((name) => name !== 'LANG').sort().join(' ')); console.error('key ' + env.NAMED_KEY); process.exit(65)`;
  await tuner().submit('job', order(code, {}, ['NAMED_KEY']), 'r1');
  const end = await endOf();
  expect(readFileSync(job('seen'), 'utf8')).toBe(
    'ANNEAL_JOB ANNEAL_JOB_LABEL ANNEAL_OUTPUT ANNEAL_SPEC HOME NAMED_KEY PATH',
  );
  expect(JSON.stringify(end)).not.toContain('named-secret');
  for (const name of ['spec.json', 'job.json', 'command.json', 'progress.jsonl'])
    expect(readFileSync(job(name), 'utf8')).not.toContain('secret');
});

test('rows are held out for a trainer that chooses its best checkpoint, the same ones each time', async () => {
  await carry(RESULT, { choose: { checkpoint: 'best', dev: 0.25 } });
  const lines = (name: string): string[] => readFileSync(job(name), 'utf8').trim().split('\n');
  const held = lines('validation.jsonl');
  expect(held.length).toBeGreaterThan(3);
  expect([...lines('train.jsonl'), ...held].toSorted()).toEqual(
    readFileSync(join(folder, 'train.jsonl'), 'utf8').trim().split('\n').toSorted(),
  );
  expect(JSON.parse(readFileSync(job('spec.json'), 'utf8'))).toMatchObject({ validation: 'validation.jsonl' });
  await tuner().submit('again', order(RESULT, { choose: { checkpoint: 'best', dev: 0.25 } }), 'r1');
  expect(
    readFileSync(join(folder, 'jobs', 'again', 'validation.jsonl'), 'utf8')
      .trim()
      .split('\n'),
  ).toEqual(held);
});

test.each([
  ['a PEFT adapter', 'adapter', ['adapter_config.json', 'adapter_model.safetensors'], /merge it into its base/],
  ['a model without a tokenizer', 'full', ['config.json', 'model.safetensors'], /save the tokenizer/],
  ['a model without weights', 'full', ['config.json', 'tokenizer.json'], /no \*\.safetensors/],
  ['a remote model without its name', 'remote', ['config.json'], /has no remote\.json/],
])('%s is refused, with what to do', async (_, kind, files, message) => {
  await carry(RESULT.replace('full', kind));
  for (const name of files) writeFileSync(job(`output/${name}`), '{}');
  await expect(tuner().collect('job')).rejects.toMatchObject({
    type: 'BadResult',
    message: expect.stringMatching(message) as string,
  });
});

test('a link in the output is refused: it could point anywhere', async () => {
  await carry(RESULT);
  symlinkSync('/etc/hostname', job('output/config.json'));
  await expect(tuner().collect('job')).rejects.toThrow(/config\.json in it is a link/);
});

test('a remote model is what remote.json says', async () => {
  await carry(RESULT.replace('full', 'remote'));
  const named = { provider: 'openai', model: 'triage-7', base: 'Qwen/Qwen3-0.6B', baseUrl: 'http://gpu-1:8000/v1' };
  mkdirSync(job('output'), { recursive: true });
  writeFileSync(job('output/remote.json'), JSON.stringify(named));
  expect(await tuner().collect('job')).toMatchObject({ kind: 'remote', steps: 1, folder: job('output') });
});

test('a change of a file that a command names is another trainer; where it lies is not', async () => {
  const identityAt = async (name: string, text: string): Promise<Record<string, string>> => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'train.py'), text);
    const command = { run: ['python3', join(folder, name, 'train.py'), '--fast'] };
    return tuner().identity(RecipeSchema.shape.tune.parse({ provider: 'command', command }));
  };
  const one = await identityAt('one', 'print(1)');
  expect(await identityAt('two', 'print(1)')).toEqual(one);
  expect(await identityAt('three', 'print(2)')).not.toEqual(one);
});
