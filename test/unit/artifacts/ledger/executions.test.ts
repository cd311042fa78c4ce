import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { findArtifact, findByPrefix } from '../../../../artifacts/ledger/artifacts.ts';
import {
  beginExecution,
  cancelExecution,
  completeExecution,
  failExecution,
  findExecution,
  findHit,
  listExecutions,
  noteExecution,
  outcomeOf,
  refsOf,
  skipExecutions,
  type Outcome,
} from '../../../../artifacts/ledger/executions.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { closeRun, openRun } from '../../../../artifacts/ledger/runs.ts';
import { digestOf } from '../../../../artifacts/canonical.ts';
import { artifact, beginning, newLedger, newRun } from '../../support/ledger.ts';

let ledger: Ledger;
beforeEach(async () => {
  ledger = await newLedger();
});

const nothing: Outcome = { outputs: {}, metrics: {}, facts: {}, cost: {} };

describe('a step', () => {
  test('that begins is running, with its inputs', async () => {
    const train = await artifact(ledger, 'Dataset', 'train');
    const row = await beginExecution(ledger, beginning('r1', 'tune', { inputs: { train } }));
    expect(row).toMatchObject({ id: 'r1/tune', status: 'running', attempt: 1, worker: 'worker-1', ended_at: null });
    expect(await refsOf(ledger, row.id, 'in')).toEqual({ train });
    expect(await refsOf(ledger, row.id, 'out')).toEqual({});
  });

  test('that completes has all that it left', async () => {
    const model = await artifact(ledger, 'Model', 'model');
    const { id } = await beginExecution(ledger, beginning('r1', 'tune'));
    await noteExecution(ledger, id, { key: 'k1', parts: { step: '"tune"' }, progress: { step: 1, steps: 2 } });
    const outcome: Outcome = {
      outputs: { model },
      metrics: { loss: { value: 0.5, n: 10, ci: [0.4, 0.6] } },
      facts: { steps: 100, device: 'cpu', merged: false, note: null },
      cost: { seconds: 3 },
    };
    const row = await completeExecution(ledger, id, outcome);
    expect(row).toMatchObject({ status: 'completed', cache_key: 'k1', error_json: null });
    expect(row.ended_at).not.toBeNull();
    expect(await outcomeOf(ledger, row)).toEqual(outcome);
  });

  test('tried a second time goes on in the same row', async () => {
    const first = await beginExecution(ledger, beginning('r1', 'tune'));
    await failExecution(ledger, first.id, { type: 'Error', message: 'network' }, false);
    expect(await findExecution(ledger, 'r1', 'tune')).toMatchObject({ status: 'running' });
    const second = await beginExecution(ledger, beginning('r1', 'tune', { attempt: 2, worker: 'worker-2' }));
    expect(second).toMatchObject({ id: first.id, attempt: 2, worker: 'worker-2', error_json: null });
    expect(second.started_at).toBe(first.started_at);
    expect(await listExecutions(ledger, 'r1')).toHaveLength(1);
  });

  test('keeps the highest number of attempts, whoever comes last', async () => {
    await beginExecution(ledger, beginning('r1', 'tune', { attempt: 3 }));
    expect(await beginExecution(ledger, beginning('r1', 'tune', { attempt: 1 }))).toMatchObject({ attempt: 3 });
  });

  test('that had ended before its worker was killed gives its recorded end', async () => {
    const model = await artifact(ledger, 'Model', 'model');
    const { id } = await beginExecution(ledger, beginning('r1', 'tune'));
    await completeExecution(ledger, id, { ...nothing, outputs: { model }, facts: { steps: 5 } });
    const again = await beginExecution(ledger, beginning('r1', 'tune', { attempt: 2, worker: 'worker-2' }));
    expect(again).toMatchObject({ status: 'completed', attempt: 1, worker: 'worker-1' });
    expect(await outcomeOf(ledger, again)).toMatchObject({ outputs: { model }, facts: { steps: 5 } });
  });

  test('completed twice stays as it was the first time', async () => {
    const [one, other] = [await artifact(ledger, 'Model', 'one'), await artifact(ledger, 'Model', 'other')];
    const { id } = await beginExecution(ledger, beginning('r1', 'tune'));
    const first = await completeExecution(ledger, id, { ...nothing, outputs: { model: one }, facts: { n: 1 } });
    const second = await completeExecution(ledger, id, { ...nothing, outputs: { model: other }, facts: { n: 2 } });
    expect(second).toEqual(first);
    expect(await refsOf(ledger, id, 'out')).toEqual({ model: one });
  });

  test('is failed only when no other attempt follows', async () => {
    const { id } = await beginExecution(ledger, beginning('r1', 'tune'));
    await failExecution(ledger, id, { type: 'BadData', message: 'row 3' }, true);
    const row = await findExecution(ledger, 'r1', 'tune');
    expect(row).toMatchObject({ status: 'failed', error_json: '{"type":"BadData","message":"row 3"}' });
    await completeExecution(ledger, id, { ...nothing, facts: { late: true } });
    expect(await findExecution(ledger, 'r1', 'tune')).toEqual(row);
  });

  test('that was cancelled stays so when a worker thought dead completes or fails it', async () => {
    const { id } = await beginExecution(ledger, beginning('r1', 'tune'));
    await cancelExecution(ledger, id);
    const row = await findExecution(ledger, 'r1', 'tune');
    await completeExecution(ledger, id, nothing);
    await failExecution(ledger, id, { type: 'Error', message: 'late' }, true);
    await noteExecution(ledger, id, { progress: { step: 9 } });
    expect(row).toMatchObject({ status: 'cancelled' });
    expect(await findExecution(ledger, 'r1', 'tune')).toEqual(row);
  });

  test('that has completed is not cancelled any more', async () => {
    const { id } = await beginExecution(ledger, beginning('r1', 'tune'));
    await completeExecution(ledger, id, nothing);
    await cancelExecution(ledger, id);
    expect(await findExecution(ledger, 'r1', 'tune')).toMatchObject({ status: 'completed' });
  });

  test('can be in a run more than once under names of their own', async () => {
    await beginExecution(ledger, beginning('r1', 'evaluate'));
    await beginExecution(ledger, beginning('r1', 'evaluate', { instance: 'evaluate#2' }));
    expect((await listExecutions(ledger, 'r1')).map(({ id }) => id)).toEqual(['r1/evaluate', 'r1/evaluate#2']);
  });

  test('that is skipped says why, unless it was done', async () => {
    const { id } = await beginExecution(ledger, beginning('r1', 'gate'));
    await completeExecution(ledger, id, nothing);
    await skipExecutions(ledger, 'r1', ['gate', 'register'], 'the candidate was rejected', 'worker-1');
    expect(await findExecution(ledger, 'r1', 'gate')).toMatchObject({ status: 'completed', reason: null });
    expect(await findExecution(ledger, 'r1', 'register')).toMatchObject({
      status: 'skipped',
      reason: 'the candidate was rejected',
      attempt: 0,
    });
  });

  test('ends with its run', async () => {
    await openRun(ledger, newRun('r1'));
    await beginExecution(ledger, beginning('r1', 'tune'));
    const { id } = await beginExecution(ledger, beginning('r1', 'prepare'));
    await completeExecution(ledger, id, nothing);
    await closeRun(ledger, { id: 'r1', status: 'cancelled' });
    expect(await findExecution(ledger, 'r1', 'tune')).toMatchObject({ status: 'cancelled' });
    expect(await findExecution(ledger, 'r1', 'prepare')).toMatchObject({ status: 'completed' });
  });
});

describe('an earlier result', () => {
  const doneWith = async (run: string, key: string, origin: { cachedFrom?: string } = {}): Promise<string> => {
    const { id } = await beginExecution(ledger, beginning(run, 'tune'));
    await noteExecution(ledger, id, { key });
    await completeExecution(ledger, id, nothing, origin);
    await sleep(2); // the ledger's times are whole milliseconds
    return id;
  };

  test('is the newest of the same key that did the work itself', async () => {
    await doneWith('r1', 'k');
    const newest = await doneWith('r2', 'k');
    await doneWith('r3', 'k', { cachedFrom: newest });
    await doneWith('r4', 'other');
    expect((await findHit(ledger, 'k'))?.id).toBe(newest);
  });

  test('is none when the work was not finished', async () => {
    const { id } = await beginExecution(ledger, beginning('r1', 'tune'));
    await noteExecution(ledger, id, { key: 'k' });
    expect(await findHit(ledger, 'k')).toBeUndefined();
    await failExecution(ledger, id, { type: 'Error', message: 'x' }, true);
    expect(await findHit(ledger, 'k')).toBeUndefined();
  });

  test('taken over has its own inputs and outputs in the lineage', async () => {
    const [train, model] = [await artifact(ledger, 'Dataset', 'train'), await artifact(ledger, 'Model', 'model')];
    const { id } = await beginExecution(ledger, beginning('r2', 'tune', { inputs: { train } }));
    const row = await completeExecution(ledger, id, { ...nothing, outputs: { model } }, { cachedFrom: 'r1/tune' });
    expect(row).toMatchObject({ cached_from: 'r1/tune', status: 'completed' });
    expect(await refsOf(ledger, id, 'in')).toEqual({ train });
    expect(await refsOf(ledger, id, 'out')).toEqual({ model });
  });
});

test('inputs found on the way are added, and the last of a role counts', async () => {
  const [one, other] = [await artifact(ledger, 'Dataset', 'one'), await artifact(ledger, 'Dataset', 'other')];
  const { id } = await beginExecution(ledger, beginning('r1', 'tune', { inputs: { train: one } }));
  await noteExecution(ledger, id, { inputs: { train: other, base: one } });
  expect(await refsOf(ledger, id, 'in')).toEqual({ base: one, train: other });
});

describe('an artifact', () => {
  test('that is entered again keeps its first entry', async () => {
    await artifact(ledger, 'Dataset', 'rows', { from: 'first' });
    await artifact(ledger, 'Source', 'rows', { from: 'second' });
    expect(await findArtifact(ledger, digestOf('rows'))).toMatchObject({
      type: 'Dataset',
      bytes: 4,
      meta_json: '{"from":"first"}',
    });
  });

  test('is found by the beginning of its digest', async () => {
    const { digest } = await artifact(ledger, 'Dataset', 'a');
    for (let i = 0; i < 40; i++) await artifact(ledger, 'Dataset', `filler ${i}`);
    const found = async (prefix: string): Promise<string[]> =>
      (await findByPrefix(ledger, prefix)).map((row) => row.digest);
    expect(await found(digest)).toEqual([digest]);
    expect(await found(digest.slice(0, 19))).toEqual([digest]);
    expect(await found(digest.slice(7, 19))).toEqual([digest]);
    expect(await found('sha256:zz')).toEqual([]);
    expect(await found('')).toHaveLength(3);
    expect(await findByPrefix(ledger, '', 100)).toHaveLength(41);
  });
});
