import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { closeRun, countErrors, findRun, listRuns, openRun, recordEvent } from '../../../../artifacts/ledger/runs.ts';
import { newLedger, newRun, recipe } from '../../support/ledger.ts';

let ledger: Ledger;
beforeEach(async () => {
  ledger = await newLedger();
});

test('a run is entered once, whoever enters it first', async () => {
  await openRun(ledger, newRun('r1', { startedBy: 'command line' }));
  await openRun(ledger, newRun('r1', { startedBy: 'workflow' }));
  const run = await findRun(ledger, 'r1');
  expect(run).toMatchObject({ status: 'running', started_by: 'command line', model: 'support-triage' });
  expect(JSON.parse(run?.recipe_json ?? '')).toEqual(recipe);
});

test('a run goes under the name of the model it registers', async () => {
  const named = { ...recipe, register: { ...recipe.register, model: 'triage' } };
  await openRun(ledger, newRun('r1', { recipe: named }));
  expect(await findRun(ledger, 'r1')).toMatchObject({ pipeline: 'support-triage', model: 'triage' });
});

test('a run that has ended stays as it ended', async () => {
  await openRun(ledger, newRun('r1'));
  await closeRun(ledger, { id: 'r1', status: 'completed', verdict: 'promote', modelRef: 'support-triage@v1' });
  await closeRun(ledger, { id: 'r1', status: 'failed', error: { type: 'Error', message: 'late' } });
  expect(await findRun(ledger, 'r1')).toMatchObject({
    status: 'completed',
    verdict: 'promote',
    model_ref: 'support-triage@v1',
    error_json: null,
  });
});

test('a run is found by its id or a beginning that only it has', async () => {
  for (const id of ['ab1', 'ab2', 'ab', 'cd1']) await openRun(ledger, newRun(id));
  const found = async (id: string): Promise<string | undefined> => (await findRun(ledger, id))?.id;
  expect(await found('ab')).toBe('ab');
  expect(await found('ab1')).toBe('ab1');
  expect(await found('c')).toBe('cd1');
  expect(await found('a')).toBeUndefined();
  expect(await found('x')).toBeUndefined();
  expect(await found('%')).toBeUndefined();
});

test('runs are listed newest first', async () => {
  for (const id of ['r1', 'r2', 'r3']) {
    await openRun(ledger, newRun(id));
    await sleep(2);
  }
  expect((await listRuns(ledger, 2)).map(({ id }) => id)).toEqual(['r3', 'r2']);
  expect((await findRun(ledger))?.id).toBe('r3');
});

test('errors of a step are counted apart from its other events and other steps', async () => {
  const event = (instance: string, kind: string): Promise<void> =>
    recordEvent(ledger, { runId: 'r1', instance, kind, message: '' });
  await event('tune', 'error');
  await event('tune', 'error');
  await event('tune', 'attempt');
  await event('gate', 'error');
  expect(await countErrors(ledger, 'r1', 'tune')).toBe(2);
  expect(await countErrors(ledger, 'r2', 'tune')).toBe(0);
});
