import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { listEvents } from '../../artifacts/ledger/runs.ts';
import { listAudit } from '../../artifacts/ledger/audit.ts';
import { freeze } from '../../artifacts/ledger/frozen.ts';
import { listModels, moveAlias } from '../../artifacts/ledger/models.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { explainCache } from '../../artifacts/ledger/cache.ts';
import { mirroredAs } from '../../artifacts/ledger/mirrored.ts';
import { GoogleMirror } from '../../configs/google-mirror.ts';
import { fakeMirror } from '../support/fake-mirror.ts';
import { calmWorld, fakeRecipe } from '../support/fakes.ts';
import { makeBench } from '../support/workflow.ts';
import { join } from 'node:path';

const copies = fakeMirror();
const bench = makeBench({ mirroring: copies.mirroring });
const { world } = bench;
const recipe = (name: string, changed?: Parameters<typeof fakeRecipe>[2]) => fakeRecipe(bench.folder, name, changed);
const states = (steps: { name: string; status: string }[]): string[] =>
  steps.map(({ name, status }) => `${name} ${status}`);

beforeEach(() => void Object.assign(world, calmWorld()));

describe('a run', () => {
  test('promotes a candidate that is better than the base, and says why', async () => {
    const { output, run } = await bench.run(await recipe('better'));
    expect(output).toEqual({ verdict: 'promote', model: 'better@v1' });
    expect(states(run.steps)).toEqual(
      ['ingest', 'prepare', 'tune', 'evaluate', 'gate', 'register'].map((name) => `${name} completed`),
    );
    expect(run.names).toEqual(['better@v1', 'better@champion']);
    expect(run.metrics['exactMatch']).toMatchObject({ value: 1, n: 60 });
    expect(run.metrics['champion.exactMatch']).toMatchObject({ value: 0, n: 60 });
    expect(run.reason).toContain('Of 60 test items the candidate is better on 60, worse on 0, equal on 0');
    expect(await listAudit(bench.ledger, 'better')).toMatchObject([
      { actor: 'tester', action: 'promote', alias: 'champion', from_version: null, to_version: 1 },
      { actor: 'tester', action: 'version', to_version: 1 },
    ]);
  });

  test('registers a candidate that is worse without moving the alias', async () => {
    world.right = (model) => model === 'base';
    const { output, run } = await bench.run(await recipe('worse'));
    expect(output).toEqual({ verdict: 'reject', model: 'worse@v1' });
    expect(run.names).toEqual(['worse@v1']);
  });

  test('registers what would be promoted in a frozen line, leaves the alias, and says so', async () => {
    await freeze(bench.ledger, { name: 'frozen', reason: 'release week', actor: 'ana' });
    const { output, run } = await bench.run(await recipe('frozen'));
    expect(output).toEqual({ verdict: 'promote', model: 'frozen@v1' });
    expect(run.names).toEqual(['frozen@v1']);
    expect(run.steps.at(-1)?.facts).toEqual({ model: 'frozen@v1', promoted: false, frozen: 'release week' });
  });

  test('is inconclusive where the rows do not tell', async () => {
    world.right = (model, row) => (model === 'base' ? row % 2 === 0 : row % 2 === 1 || row < 6);
    const { output } = await bench.run(await recipe('unclear'));
    expect(output.verdict).toBe('inconclusive');
  });

  test('takes everything from the cache when nothing changed, and skips what follows the champion', async () => {
    const again = await recipe('again');
    await bench.run(again);
    world.calls = [];
    const { output, run } = await bench.run(again);
    expect(output).toEqual({ verdict: null, model: 'again@v1' });
    expect(states(run.steps)).toEqual([
      'ingest cached',
      'prepare cached',
      'tune cached',
      'evaluate skipped',
      'gate skipped',
      'register skipped',
    ]);
    expect(run.steps.at(-1)?.reason).toBe('the candidate is the champion again@v1: nothing changed since');
    expect(world.calls).toEqual([]);
  });

  test('compares a second candidate with the champion, and a worse one leaves it in place', async () => {
    world.right = (model) => model === 1;
    await bench.run(await recipe('line', { seed: 1 }));
    const { output, run } = await bench.run(await recipe('line', { seed: 2 }));
    expect(output).toEqual({ verdict: 'reject', model: 'line@v2' });
    const [line] = await listModels(bench.ledger, 'line');
    expect(line?.versions.map(({ version, aliases, verdict }) => [version, aliases, verdict])).toEqual([
      [1, ['champion'], 'promote'],
      [2, [], 'reject'],
    ]);
    expect(run.steps.find(({ name }) => name === 'evaluate')?.inputs['champion']).toBe(line?.versions[0]?.digest);
    expect((await explainCache(bench.ledger, run.runId, 'tune'))?.nearest?.differs).toEqual([
      { part: 'params.seed', here: '2', there: '1' },
    ]);
  });

  test('evaluates again when another run promoted meanwhile', async () => {
    // Each version is better than the one before.
    world.right = (model, row) => (model === 1 ? row % 4 === 0 : model === 2 ? row % 2 === 0 : model === 3);
    await bench.run(await recipe('race', { seed: 1 }));
    await bench.run(await recipe('race', { seed: 2 }));
    // Version 2 is the champion; while version 3 is evaluated against it somebody goes back to version 1.
    let moved = false;
    world.generate = async () => {
      if (!moved)
        await moveAlias(bench.ledger, {
          name: 'race',
          alias: 'champion',
          to: 1,
          actor: 'other',
          action: 'promote',
          why: 'test',
        });
      moved = true;
    };
    const { output, run } = await bench.run(await recipe('race', { seed: 3 }));
    expect(output).toEqual({ verdict: 'promote', model: 'race@v3' });
    expect(states(run.steps).slice(3)).toEqual([
      'evaluate completed',
      'gate completed',
      'register failed',
      'evaluate#2 completed',
      'gate#2 completed',
      'register#2 completed',
    ]);
  });
});

describe('an error', () => {
  test('of the outside world that goes away is retried', async () => {
    let left = 2;
    world.resolve = () => {
      if (left > 0) {
        left -= 1;
        throw new Error('connection reset');
      }
    };
    const { output, run } = await bench.run(await recipe('flaky'));
    expect(output.verdict).toBe('promote');
    expect(run.steps[0]).toMatchObject({ name: 'ingest', attempts: 3, status: 'completed' });
    const events = await listEvents(bench.ledger, run.runId);
    expect(events.filter(({ kind }) => kind === 'error').map(({ message }) => message)).toEqual([
      'Error: connection reset',
      'Error: connection reset',
    ]);
  });

  test('that trying again cannot mend ends the run at once with its own words', async () => {
    world.poll = () => ({
      state: 'failed',
      error: { type: 'OutOfMemory', message: 'Memory ran out; lower batchSize.' },
    });
    const { id, handle } = await bench.start(await recipe('broken'));
    const error = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    const cause = (error as WorkflowFailedError).cause?.cause as ApplicationFailure;
    expect(cause).toBeInstanceOf(ApplicationFailure);
    expect(cause.message).toBe('Memory ran out; lower batchSize.');
    const run = await bench.document(id);
    expect([run.status, run.error]).toEqual([
      'failed',
      { type: 'OutOfMemory', message: 'Memory ran out; lower batchSize.' },
    ]);
    expect(states(run.steps)).toEqual(['ingest completed', 'prepare completed', 'tune failed']);
  });

  test('about a data file names the file', async () => {
    const { id, handle } = await bench.start({
      ...(await recipe('nothing')),
      data: { ...(await recipe('nothing')).data, train: { format: 'auto', uri: '/none.jsonl' } },
    });
    await expect(handle.result()).rejects.toThrow('Workflow execution');
    expect((await bench.document(id)).error?.message).toMatch(/^the data file \/none\.jsonl is not there: /);
  });
});

test('a cancelled run stops the job and says cancelled', async () => {
  world.poll = () => ({ state: 'running', progress: { step: 1, steps: 10, loss: 2 } });
  const { id, handle } = await bench.start(await recipe('stopped'));
  for (let tries = 0; !world.calls.includes('submit 1') && tries < 200; tries += 1) await sleep(25);
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow('Workflow execution');
  const run = await bench.document(id);
  expect([run.status, run.steps.at(-1)?.name, run.steps.at(-1)?.status]).toEqual(['cancelled', 'tune', 'cancelled']);
  expect(world.calls).toContain('cancel');
});

describe('a rerun', () => {
  test('keeps the outputs before a step and makes the rest again', async () => {
    const { run: old } = await bench.run(await recipe('redo'));
    world.calls = [];
    const { run } = await bench.run(await recipe('redo', { minGain: 0.1, seed: 9 }), {
      rerun: { of: old.runId, from: 'evaluate' },
    });
    // The seed changed, but tune comes before evaluate: its model is kept.
    expect(run.steps.find(({ name }) => name === 'tune')).toMatchObject({
      cached: true,
      reason: `kept from run ${old.runId}`,
      outputs: old.steps[2]?.outputs,
    });
    expect(world.calls).toEqual([]);
    expect(run.rerunOf).toBe(old.runId);
  });

  test('from tune trains again though nothing changed', async () => {
    const { run: old } = await bench.run(await recipe('retrain'));
    world.calls = [];
    const { run } = await bench.run(await recipe('retrain'), { rerun: { of: old.runId, from: 'tune' } });
    expect(states(run.steps)).toEqual([
      'ingest cached',
      'prepare cached',
      'tune completed',
      'evaluate skipped',
      'gate skipped',
      'register skipped',
    ]);
    expect(world.calls).toEqual(['submit 1']);
    world.calls = [];
    const goesOn = { of: old.runId, from: 'tune', goesOn: true };
    const { run: later } = await bench.run(await recipe('retrain'), { rerun: goesOn });
    expect(later.steps.find(({ name }) => name === 'tune')?.cached).toBe(true);
    expect(world.calls).toEqual([]);
  });
});

describe('the cache', () => {
  test('is passed by with --refresh and --no-cache', async () => {
    await bench.run(await recipe('fresh'));
    const refreshed = await bench.run(await recipe('fresh'), { refresh: ['prepare'] });
    expect(states(refreshed.run.steps).slice(0, 3)).toEqual(['ingest cached', 'prepare completed', 'tune cached']);
    const whole = await bench.run(await recipe('fresh'), { noCache: true });
    expect(states(whole.run.steps).slice(0, 3)).toEqual(['ingest completed', 'prepare completed', 'tune completed']);
    expect((await explainCache(bench.ledger, whole.run.runId, 'prepare'))?.reason).toBe('made again: --no-cache');
  });

  test('knows a test set for its own though another recipe has registered the same rows', async () => {
    const first = await recipe('twin');
    const second = { ...first, name: 'other-twin' };
    await bench.run(first);
    await bench.run(second);
    expect(states((await bench.run(second)).run.steps).slice(0, 2)).toEqual(['ingest cached', 'prepare cached']);
    // One more set is registered since, though of the same rows: made once more, to the same result.
    await bench.run(first);
    expect(states((await bench.run(first)).run.steps).slice(0, 3)).toEqual([
      'ingest cached',
      'prepare cached',
      'tune cached',
    ]);
  });

  test('makes a step again whose recorded output is damaged', async () => {
    const { writeFile, chmod } = await import('node:fs/promises');
    const { run: old } = await bench.run(await recipe('rot'));
    const digest = old.steps[1]?.outputs['train'] as string;
    const store = createFileStore(join(bench.folder, 'store'));
    const path = await store.path(digest);
    await chmod(path, 0o644);
    await writeFile(path, 'rotten');
    expect(await store.condition(digest)).toBe('corrupt');
    const { run } = await bench.run(await recipe('rot'));
    expect(states(run.steps).slice(0, 3)).toEqual(['ingest cached', 'prepare completed', 'tune cached']);
    expect(run.steps[1]?.outputs['train']).toBe(digest);
    expect(await store.condition(digest)).toBe('ok');
    expect(readFileSync(path, 'utf8')).not.toBe('rotten');
    const events = await listEvents(bench.ledger, run.runId);
    expect(events.map(({ message }) => message)).toContain(
      `the recorded output train (${digest}) is corrupt: the step is made again`,
    );
  });
});

describe('copies for Google Cloud', () => {
  const google = { mirror: GoogleMirror.parse({ metadata: true }) };

  test('are made of a run that has ended, where the recipe asks for them', async () => {
    await bench.run(await recipe('not-copied'));
    expect(copies.graphs).toEqual([]);
    const { run } = await bench.run({ ...(await recipe('copied')), google });
    expect(copies.graphs.map(({ key }) => key)).toEqual([run.runId]);
    expect(copies.graphs[0]?.contexts.at(-1)?.metadata).toMatchObject({ status: 'completed', verdict: 'promote' });
    expect(copies.graphs[0]?.executions.map(({ displayName }) => displayName)).toEqual(
      run.steps.map(({ name }) => name),
    );
    expect(await mirroredAs(bench.ledger, 'metadata', run.runId)).toMatchObject({ name: `there/${run.runId}` });
  });

  test('are made of a run that failed', async () => {
    copies.graphs.length = 0;
    world.poll = () => ({ state: 'failed', error: { type: 'OutOfMemory', message: 'Memory ran out.' } });
    const { id, handle } = await bench.start({ ...(await recipe('copied-failed')), google });
    await expect(handle.result()).rejects.toThrow('Workflow execution');
    expect(copies.graphs.map(({ key, contexts }) => [key, contexts.at(-1)?.metadata['status']])).toEqual([
      [id, 'failed'],
    ]);
  });

  test('that cannot be made are noted in the run, which stays as it is', async () => {
    copies.before = () => {
      throw new Error('nobody there');
    };
    const { output, run } = await bench.run({ ...(await recipe('alone')), google });
    expect([output.verdict, run.status]).toEqual(['promote', 'completed']);
    const events = await listEvents(bench.ledger, run.runId);
    expect(events.filter(({ kind }) => kind === 'mirror').map(({ message }) => message)).toEqual([
      'not copied: nobody there',
    ]);
  });
});
