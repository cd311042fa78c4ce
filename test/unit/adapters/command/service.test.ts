import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TuningService } from '../../../../adapters/contracts.ts';
import { openCommandService } from '../../../../adapters/command/service.ts';
import type { CommandTuning } from '../../../../configs/tune-command.ts';
import { RecipeSchema } from '../../../../configs/recipe.ts';

const KEY = 'a'.repeat(40);
const LABEL = `anneal-${KEY}-1`;
const labels = { anneal_key: KEY, anneal_try: '1', anneal_run: 'run-1', anneal_line: 'triage' };
const { signal } = new AbortController();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'anneal-command-'));
  writeFileSync(join(folder, 'train.jsonl'), '{"id":"1"}\n{"id":"2"}\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A command that runs a line of JavaScript. */
const js = (code: string): string[] => [process.execPath, '-e', code];
const says = (value: unknown): string[] => js(`console.log(${JSON.stringify(JSON.stringify(value))})`);
const ends = (code: number, complaint: string): string[] =>
  js(`console.error(${JSON.stringify(complaint)}); process.exit(${code})`);

/** Whether a command takes a minute. */
const hangs = (words: string[]): boolean => words[2]?.includes('60000') === true;

const settingsOf = (commands: Partial<CommandTuning>) =>
  RecipeSchema.shape.tune.parse({
    provider: 'command',
    command: { submit: says({ name: '7' }), poll: says({ state: 'running' }), cancel: js(''), ...commands },
  });
const serviceOf = (commands: Partial<CommandTuning> = {}): TuningService =>
  openCommandService(settingsOf(commands), { jobs: join(folder, 'jobs') });
const job = (name = ''): string => join(folder, 'jobs', LABEL, name);
const staged = async (service: TuningService): Promise<unknown> =>
  service.stage({ base: folder, train: join(folder, 'train.jsonl'), settings: settingsOf({}) }, `${KEY}-1`, signal);
const submitted = async (service: TuningService) => service.create(await staged(service), labels, signal);
const failure = async (asked: Promise<unknown>): Promise<object> => {
  const error: unknown = await asked.catch((thrown: unknown) => thrown);
  if (!(error instanceof Error)) throw new Error('it did not fail');
  return Object.assign({}, error, { message: error.message });
};

describe('submitting', () => {
  test('gives the command the job folder, its label and the run, and nothing of the worker but what is named', async () => {
    process.env['PLANTED_KEY'] = 'sk-planted-secret';
    process.env['NAMED'] = 'named';
    const code = `require('fs').writeFileSync('seen.json', JSON.stringify(process.env)); console.log('{"name":"7"}')`;
    const found = await submitted(serviceOf({ submit: js(code), env: ['NAMED'] }));
    expect(found).toMatchObject({ name: '7', state: 'pending', labels: { anneal_key: KEY, anneal_try: '1' } });
    const seen = JSON.parse(readFileSync(job('seen.json'), 'utf8')) as Record<string, string>;
    expect(seen).toMatchObject({
      ANNEAL_JOB: join(folder, 'jobs', LABEL),
      ANNEAL_JOB_LABEL: LABEL,
      ANNEAL_SPEC: job('spec.json'),
      ANNEAL_OUTPUT: job('output'),
      ANNEAL_RUN: 'run-1',
      ANNEAL_LINE: 'triage',
      NAMED: 'named',
    });
    expect(seen['PLANTED_KEY']).toBeUndefined();
    expect(JSON.parse(readFileSync(job('spec.json'), 'utf8'))).toMatchObject({
      contract: 1,
      label: LABEL,
      base: { folder },
      start: null,
      train: 'train.jsonl',
      validation: null,
      objective: 'sft',
      settings: { iterations: 200, lora: { rank: 8 } },
    });
    expect(readFileSync(job('spec.json'), 'utf8')).not.toContain('submit');
  });

  test('words are words: no shell reads them', async () => {
    await submitted(
      serviceOf({ submit: [...js('console.log(JSON.stringify({ name: process.argv[1] }))'), '$(touch${IFS}pwned)'] }),
    );
    expect(readFileSync(job('submit.out'), 'utf8')).toBe('{"name":"$(touch${IFS}pwned)"}\n');
    expect(existsSync(job('pwned'))).toBe(false);
  });

  test('what it refuses is final, "not now" is not, and after both nothing was submitted', async () => {
    const request = await staged(serviceOf());
    const refused = serviceOf({ submit: ends(77, 'no account for you, key hf_abcdefghij') });
    expect(await failure(refused.create(request, labels, signal))).toMatchInlineSnapshot(`
      {
        "details": {},
        "message": "tune.command.submit ended with 77, it is not allowed to: no account for you, key [key]",
        "name": "TerminalError",
        "type": "NoPermission",
      }
    `);
    const later = serviceOf({ submit: ends(75, 'queue is full') });
    expect(await failure(later.create(request, labels, signal))).toMatchInlineSnapshot(`
      {
        "kind": "quota",
        "message": "tune.command.submit ended with 75, to be tried again later: queue is full",
        "name": "RemoteFailure",
        "retryAfterMs": undefined,
      }
    `);
    expect(await serviceOf().find(KEY, signal)).toEqual([]);
  });

  test.each([
    ['it fails in an unknown way', ends(1, 'Socket timed out')],
    ['it prints no name', js('console.log("Submitted batch job 7")')],
    ['its name looks like an option', says({ name: '--all' })],
    ['it hangs', js('setTimeout(() => {}, 60000)')],
  ])(
    'when %s, nobody knows; without find it is not repeated, and the person is told how to go on',
    async (_, submit) => {
      const service = serviceOf({ submit, timeoutSeconds: hangs(submit) ? 1 : 30 });
      const request = await staged(service);
      expect(await failure(service.create(request, labels, signal))).toMatchObject({ kind: 'ambiguous' });
      const again = serviceOf();
      const doubt = {
        type: 'MayBeSubmitted',
        message: expect.stringContaining('Without tune.command.find only you can look'),
      };
      expect(await failure(again.find(KEY, signal))).toMatchObject(doubt);
      expect(await failure(again.create(request, labels, signal))).toMatchObject(doubt);
      writeFileSync(job('submit.out'), '{"name": "8"}');
      expect(await again.find(KEY, signal)).toMatchObject([{ name: '8', labels: { anneal_key: KEY } }]);
    },
  );

  test('with find a submission of unknown outcome is looked for, and only repeated when it is not there', async () => {
    const none = serviceOf({ submit: ends(1, 'lost'), find: says({ jobs: [] }) });
    const request = await staged(none);
    expect(await failure(none.create(request, labels, signal))).toMatchObject({ kind: 'ambiguous' });
    expect(await none.find(KEY, signal)).toEqual([]);
    expect(await serviceOf({ find: says({ jobs: [] }) }).create(request, labels, signal)).toMatchObject({ name: '7' });
  });

  test('a second call for the same try finds the first', async () => {
    const request = await staged(serviceOf());
    await serviceOf().create(request, labels, signal);
    expect(await serviceOf({ submit: says({ name: '8' }) }).create(request, labels, signal)).toMatchObject({
      name: '7',
    });
  });

  test('another try has a folder of its own', async () => {
    const service = serviceOf({ submit: js('console.log(JSON.stringify({ name: process.env.ANNEAL_JOB_LABEL }))') });
    const request = await staged(service);
    await service.create(request, labels, signal);
    const second = await service.create(request, { ...labels, anneal_try: '2' }, signal);
    expect(second.name).toBe(`anneal-${KEY}-2`);
    const spec = JSON.parse(readFileSync(join(folder, 'jobs', second.name, 'spec.json'), 'utf8')) as object;
    expect(spec).toMatchObject({ label: second.name, train: 'train.jsonl' });
    expect(existsSync(join(folder, 'jobs', second.name, 'train.jsonl'))).toBe(true);
  });
});

describe('finding', () => {
  test('takes the jobs of its key alone, whatever is printed beside them', async () => {
    const others = [
      { name: '1', label: LABEL, state: 'running' },
      { name: '2', label: `anneal-${'b'.repeat(40)}-1`, state: 'running' },
      { name: '3', label: 'anneal-night', state: 'pending' },
    ];
    const service = serviceOf({ find: says({ jobs: others }) });
    expect((await service.find(KEY, signal)).map(({ name }) => name)).toEqual(['1']);
    expect((await service.find(undefined, signal)).map(({ name }) => name)).toEqual(['1', '2']);
  });

  test('a job of which no answer came has its folder again once it was found', async () => {
    const lost = serviceOf({ submit: ends(1, 'lost') });
    expect(await failure(submitted(lost))).toMatchObject({ kind: 'ambiguous' });
    const found = { jobs: [{ name: '9', label: LABEL, state: 'running' }] };
    const service = serviceOf({ find: says(found), poll: says({ state: 'gone' }) });
    await service.find(KEY, signal);
    writeFileSync(job('result.json'), '{}');
    expect(await service.get('9', signal)).toMatchObject({ state: 'succeeded', labels: { anneal_key: KEY } });
  });

  test('adds what was submitted a moment ago and is not in the list yet', async () => {
    const service = serviceOf({ find: says({ jobs: [] }) });
    await submitted(service);
    expect(await service.find(KEY, signal)).toMatchObject([{ name: '7', state: 'running' }]);
  });
});

describe('asking', () => {
  test.each([
    ['another word', says({ state: 'finished' })],
    ['no JSON', js('console.log("running")')],
    ['nothing', js('')],
    ['an error', ends(3, 'no route to host')],
    ['more than 4 MiB', js('process.stdout.write("x".repeat(5 << 20), () => setTimeout(() => {}, 60000))')],
    ['nothing in time', js('setTimeout(() => {}, 60000)')],
  ])('%s is no state: asked again later, in a sentence', async (_, poll) => {
    await submitted(serviceOf());
    const error = await failure(serviceOf({ poll, timeoutSeconds: hangs(poll) ? 1 : 30 }).get('7', signal));
    expect(error).toMatchObject({
      kind: 'away',
      message: expect.stringMatching(/^tune\.command\.poll gave no state of the job 7: .{8,}/),
    });
  });

  test('nobody waits for what a command has left behind with its output open, as ssh does', async () => {
    const poll = js(`const sleeps = ['-e', 'setTimeout(() => {}, 60000)'];
      const how = { detached: true, stdio: ['ignore', 'inherit', 'inherit'] };
      const left = require('child_process').spawn(process.execPath, sleeps, how);
      left.unref();
      console.log(JSON.stringify({ state: 'running', step: left.pid }));`);
    await submitted(serviceOf());
    const { state, progress } = await serviceOf({ poll }).get('7', signal);
    process.kill(progress?.step ?? 0, 'SIGKILL');
    expect(state).toBe('running');
  });

  test('a failure says what the trainer said, and what its exit code means', async () => {
    const service = serviceOf({ poll: says({ state: 'failed', exitCode: 65, message: 'Slurm ended it as FAILED.' }) });
    await submitted(service);
    writeFileSync(job('log.txt'), 'loading\nRow 3 has no answer.\n');
    expect(await service.get('7', signal)).toMatchObject({
      state: 'failed',
      error: {
        type: 'BadData',
        message:
          'Row 3 has no answer. Slurm ended it as FAILED. The trainer ended with 65: the rows cannot be trained on.',
      },
    });
  });

  test('a job that the scheduler forgot has succeeded when its result is there, and is gone otherwise', async () => {
    const service = serviceOf({ poll: says({ state: 'gone', message: 'sacct knows it not' }) });
    await submitted(service);
    expect(await failure(service.get('7', signal))).toMatchObject({ kind: 'gone' });
    writeFileSync(job('result.json'), '{}');
    expect(await service.get('7', signal)).toMatchObject({ state: 'succeeded' });
  });

  test('progress comes from the answer, or from the lines in the job folder', async () => {
    const service = serviceOf();
    await submitted(service);
    expect((await service.get('7', signal)).progress).toBeUndefined();
    writeFileSync(job('progress.jsonl'), '{"event":"step","step":3,"steps":9,"loss":1.5}\n{"event":"st');
    expect((await service.get('7', signal)).progress).toEqual({ step: 3, steps: 9, loss: 1.5 });
    const told = serviceOf({ poll: says({ state: 'running', step: 5, steps: 9 }) });
    expect((await told.get('7', signal)).progress).toEqual({ step: 5, steps: 9 });
  });
});

describe('ending', () => {
  test('a job that cannot be cancelled says so', async () => {
    const service = serviceOf({ cancel: ends(69, 'this queue has no cancel') });
    await submitted(service);
    expect(await failure(service.cancel('7', signal))).toMatchObject({ type: 'CannotCancel' });
    expect(await failure(serviceOf({ cancel: ends(1, 'away') }).cancel('7', signal))).toMatchObject({ kind: 'away' });
  });

  const brings = js(`const fs = require('fs'); const { ANNEAL_OUTPUT: out, ANNEAL_JOB_NAME: name } = process.env;
    for (const file of ['config.json', 'model.safetensors', 'tokenizer.json']) fs.writeFileSync(out + '/' + file, name);
    fs.writeFileSync('result.json', JSON.stringify({ kind: 'full', steps: 3, trainedTokens: 40, finalLoss: 0.5 }))`);

  test('what a job made that another state folder has ordered is brought, too', async () => {
    const found = { jobs: [{ name: '9', label: LABEL, state: 'succeeded' }] };
    const service = serviceOf({ find: says(found), poll: says({ state: 'succeeded' }), collect: brings });
    const [adopted] = await service.find(KEY, signal);
    if (!adopted) throw new Error('it was not found');
    const at = { request: null, folder, kept: folder };
    expect(await service.collect(adopted, at, signal)).toMatchObject({ steps: 3, folder: job('output') });
  });

  test('what a job made is brought by collect and checked', async () => {
    const service = serviceOf({ collect: brings });
    const request = await staged(service);
    const found = await service.create(request, labels, signal);
    expect(await service.collect(found, { request, folder: join(folder, 'out'), kept: folder }, signal)).toMatchObject({
      kind: 'full',
      folder: job('output'),
      steps: 3,
      trainedTokens: 40,
      finalLoss: 0.5,
      droppedCount: 0,
      rows: 2,
      tokenizerSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('a result that is not there yet is waited for, one that is wrong is refused', async () => {
    const service = serviceOf();
    const request = await staged(service);
    const found = await service.create(request, labels, signal);
    const collected = () => failure(service.collect(found, { request, folder, kept: folder }, signal));
    expect(await collected()).toMatchObject({ kind: 'away', message: expect.stringContaining('is not there (yet)') });
    writeFileSync(job('no-result'), new Date(Date.now() - 16 * 60_000).toISOString());
    expect(await collected()).toMatchObject({ type: 'NoResult', message: expect.stringContaining('after 15 min') });
    mkdirSync(job('output'), { recursive: true });
    writeFileSync(job('result.json'), '{"kind":"full","steps":1,"trainedTokens":1}');
    expect(await collected()).toMatchObject({
      type: 'BadResult',
      message: expect.stringContaining('config.json is missing'),
    });
  });
});

test('a slow submission has the time that the recipe gives it', () => {
  expect(serviceOf({ timeoutSeconds: 300 }).createTimeoutMs).toBeGreaterThan(300_000);
});

test('programs and variables that are not there are known before anything is ordered', async () => {
  const order = { base: folder, train: join(folder, 'train.jsonl'), settings: settingsOf({}) };
  expect(await failure(serviceOf({ poll: ['/nowhere/poll'] }).check(order))).toMatchObject({ type: 'NoProgram' });
  expect(await failure(serviceOf({ env: ['NOT_SET_ANYWHERE'] }).check(order))).toMatchObject({
    type: 'NoVariable',
    message: expect.stringContaining('tune.command.env names NOT_SET_ANYWHERE'),
  });
});
