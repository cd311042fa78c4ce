import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { processOf } from '../../adapters/local/processes.ts';
import { noTrainer } from '../contract/support/trainer.ts';
import { makePlace, until, writeTiny, type Place, type RunJson, type StatusJson } from '../support/cli.ts';

const LONG = ['--set', 'tune.iterations=400', '--set', 'tune.checkpointEvery=20'];

/** How often the trainer of a run was started. */
function starts(place: Place, runId: string): number {
  const text = readFileSync(join(place.folder, '.anneal', 'jobs', `${runId}.tune`, 'starts.jsonl'), 'utf8');
  return text.split('\n').filter((line) => line !== '').length;
}

function events(place: Place, runId: string): { event: string; step?: number; resumedFrom?: number | null }[] {
  const path = join(place.folder, '.anneal', 'jobs', `${runId}.tune`, 'progress.jsonl');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { event: string });
}

/** Every step of a run once, with what it was to make; from tune on not taken from the cache. */
function expectWhole(run: RunJson): void {
  expect(run.error).toBeUndefined();
  expect(run.status).toBe('completed');
  expect(run.steps.map(({ name }) => name)).toEqual(['ingest', 'prepare', 'tune', 'evaluate', 'gate', 'register']);
  expect(run.steps.slice(2).filter(({ status }) => status !== 'completed')).toEqual([]);
  for (const step of run.steps) expect(Object.keys(step.outputs), step.name).not.toEqual([]);
}

async function training(place: Place): Promise<{ pid: number; run: string }> {
  return until('a trainer', async () => (await place.json<StatusJson>('status')).trainer[0]);
}

describe.skipIf(noTrainer)('kill -9', () => {
  // Workers die at every point of a step; a dead worker is noticed after its heartbeat's time-out, so the runs
  // wait most of the time and can wait side by side.
  const points = {
    ingest: ['begun', 'stored', 'recorded'],
    prepare: ['begun', 'stored', 'recorded'],
    tune: ['begun', 'submitted', 'ended', 'stored', 'recorded'],
    evaluate: ['begun', 'stored', 'recorded'],
    gate: ['begun', 'stored', 'recorded'],
    register: ['begun', 'stored', 'recorded'],
  };
  describe.concurrent('of the worker, between any two lines of a step', () => {
    for (const [step, names] of Object.entries(points)) {
      const place = makePlace();
      test(`${step}: the run completes, the step is recorded once, training is begun once`, async () => {
        const recipe = writeTiny(place);
        const died = join(place.folder, 'died');
        process.env['ANNEAL_FAILPOINT'] = `${step}.:${died}`;
        const started = place.start('run', recipe, '--json');
        delete process.env['ANNEAL_FAILPOINT'];
        const run = JSON.parse((await started.ended).stdout) as RunJson;
        expect(readdirSync(died).toSorted()).toEqual(names.map((name) => `${step}.${name}`).toSorted());
        expectWhole(run);
        expect(starts(place, run.runId)).toBe(1);
      });
    }
  });

  const place = makePlace();

  test('of the worker while it waits for the trainer: the trainer goes on and is found again', async () => {
    const recipe = writeTiny(place);
    const started = place.start('run', recipe, '--json', ...LONG);
    const trainer = await training(place);
    const worker = (await place.json<StatusJson>('status')).workers[0];
    process.kill(worker?.pid as number, 'SIGKILL');
    const run = JSON.parse((await started.ended).stdout) as RunJson;
    expectWhole(run);
    expect(starts(place, run.runId)).toBe(1);
    expect(trainer.run).toBe(run.runId);
    expect(run.steps.find(({ name }) => name === 'tune')?.attempts).toBe(2);
    expect((await place.json<StatusJson>('status')).workers[0]?.pid).not.toBe(worker?.pid);
  });

  test('of the trainer: it goes on from its checkpoint', async () => {
    const started = place.start('run', 'recipe.yaml', '--json', ...LONG, '--set', 'tune.seed=2');
    const trainer = await training(place);
    await until('a checkpoint', () => events(place, trainer.run).find(({ event }) => event === 'checkpoint'));
    process.kill(trainer.pid, 'SIGKILL');
    const run = JSON.parse((await started.ended).stdout) as RunJson;
    expectWhole(run);
    expect(starts(place, run.runId)).toBe(2);
    const resumed = events(place, run.runId)
      .filter(({ event }) => event === 'start')
      .at(-1)?.resumedFrom;
    expect(resumed).toBeGreaterThanOrEqual(20);
  });

  test('of the Temporal server: it is started again and the run goes on', async () => {
    const started = place.start('run', 'recipe.yaml', '--json', ...LONG, '--set', 'tune.seed=3');
    await training(place);
    const { temporal } = await place.json<StatusJson>('status');
    process.kill(temporal?.pid as number, 'SIGKILL');
    const run = JSON.parse((await started.ended).stdout) as RunJson;
    expectWhole(run);
    expect(starts(place, run.runId)).toBe(1);
    const after = (await place.json<StatusJson>('status')).temporal;
    expect(after?.address).toBe(temporal?.address);
    expect(after?.pid).not.toBe(temporal?.pid);
  });

  test('of everything that runs in the background: the waiting command brings it up again', async () => {
    const started = place.start('run', 'recipe.yaml', '--json', ...LONG, '--set', 'tune.seed=4');
    await training(place);
    const { temporal, workers, trainer } = await place.json<StatusJson>('status');
    const supervisor = JSON.parse(place.read('.anneal/server/supervisor.json')) as { pid: number };
    for (const pid of [supervisor.pid, temporal?.pid, workers[0]?.pid, trainer[0]?.pid])
      process.kill(pid as number, 'SIGKILL');
    expectWhole(JSON.parse((await started.ended).stdout) as RunJson);
  });

  test('a cancelled run says so, and nothing of its trainer is left', async () => {
    const started = place.start(
      'run',
      'recipe.yaml',
      '--json',
      ...LONG,
      '--set',
      'tune.seed=5',
      '--set',
      'tune.iterations=100000',
    );
    const trainer = await training(place);
    const { code, stdout } = await place.anneal('cancel', trainer.run);
    expect([code, stdout]).toEqual([0, `run ${trainer.run} is cancelled\n`]);
    expect(processOf(trainer.pid)).toBeUndefined();
    const ended = await started.ended;
    expect(ended.code).toBe(1);
    const run = JSON.parse(ended.stdout) as RunJson;
    expect([run.status, run.steps.at(-1)?.name, run.steps.at(-1)?.status]).toEqual(['cancelled', 'tune', 'cancelled']);
    expect((await place.json<StatusJson>('status')).trainer).toEqual([]);
    expect((await place.anneal('cancel', trainer.run)).stderr).toBe(
      `error: run ${trainer.run} has ended already: it is cancelled\n`,
    );
  });

  test('down in mid-training keeps the run for later; up takes it up again', async () => {
    const started = await place.json<RunJson>('run', 'recipe.yaml', '--detach', ...LONG, '--set', 'tune.seed=6');
    const trainer = await training(place);
    await until('a checkpoint', () => events(place, trainer.run).find(({ event }) => event === 'checkpoint'));
    expect((await place.anneal('down')).code).toBe(0);
    expect(await place.json('status')).toMatchObject({ temporal: null, workers: [], trainer: [] });
    expect(processOf(trainer.pid)).toBeUndefined();
    await place.anneal('up');
    const run = await until('the end of the run', async () => {
      const found = await place.json<RunJson>('show', started.runId);
      return found.status === 'running' ? undefined : found;
    });
    expectWhole(run);
  });

  test('Ctrl+C leaves the run going on', async () => {
    const started = place.start('run', 'recipe.yaml', '--json', ...LONG, '--set', 'tune.seed=7');
    const trainer = await training(place);
    started.child.kill('SIGINT');
    const { code, stdout, stderr } = await started.ended;
    expect(code).toBe(130);
    expect((JSON.parse(stdout) as RunJson).status).toBe('running');
    expect(stderr).toContain(
      `run ${trainer.run} goes on; \`anneal show ${trainer.run}\` shows it, \`anneal cancel ${trainer.run}\` stops it`,
    );
    await place.anneal('cancel', trainer.run);
  });
});
