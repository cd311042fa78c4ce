import { expect, test } from 'vitest';
import { digestOf } from '../../../../artifacts/canonical.ts';
import { neededDigests } from '../../../../artifacts/ledger/artifacts.ts';
import {
  datasetAt,
  datasetNamesOf,
  listDatasets,
  listEvalSets,
  registerDataset,
} from '../../../../artifacts/ledger/datasets.ts';
import { closeRun, findRun, openRun, setWaiting } from '../../../../artifacts/ledger/runs.ts';
import { newLedger, newRun } from '../../support/ledger.ts';

const dataset = (name: string, content: string, kind = 'sft') => ({
  name,
  digest: digestOf(content),
  kind,
  rows: content.length,
  actor: 'someone',
});

test('new content gets the next version of its name, the same content keeps its own', async () => {
  const ledger = await newLedger();
  expect(await registerDataset(ledger, dataset('tickets', 'a'))).toEqual({ version: 1, isNew: true });
  expect(await registerDataset(ledger, { ...dataset('tickets', 'bb'), runId: 'r1' })).toEqual({
    version: 2,
    isNew: true,
  });
  expect(await registerDataset(ledger, dataset('tickets', 'a'))).toEqual({ version: 1, isNew: false });
  expect(await registerDataset(ledger, dataset('other', 'a'))).toEqual({ version: 1, isNew: true });
  expect(await datasetAt(ledger, 'tickets', 'latest')).toMatchObject({ version: 2, rows: 2, run_id: 'r1' });
  expect(await datasetAt(ledger, 'tickets', 1)).toMatchObject({
    digest: digestOf('a'),
    run_id: null,
    actor: 'someone',
  });
  expect(await datasetAt(ledger, 'tickets', 3)).toBeUndefined();
  expect(await datasetAt(ledger, 'nobody', 'latest')).toBeUndefined();
  expect((await listDatasets(ledger)).map(({ name, version }) => `${name}@v${version}`)).toEqual([
    'other@v1',
    'tickets@v2',
    'tickets@v1',
  ]);
  expect(await datasetNamesOf(ledger, digestOf('a'))).toEqual([
    { name: 'other', version: 1 },
    { name: 'tickets', version: 1 },
  ]);
});

test('datasets registered at once get versions of their own', async () => {
  const ledger = await newLedger();
  const contents = Array.from({ length: 12 }, (_, i) => `content ${i % 8}`);
  const given = await Promise.all(contents.map((content) => registerDataset(ledger, dataset('tickets', content))));
  expect(new Set(given.filter(({ isNew }) => isNew).map(({ version }) => version))).toEqual(
    new Set([1, 2, 3, 4, 5, 6, 7, 8]),
  );
});

test('sets to be judged on are listed with every version, the newest first', async () => {
  const ledger = await newLedger();
  await registerDataset(ledger, dataset('train', 'a'));
  await registerDataset(ledger, dataset('test', 'b', 'eval'));
  await registerDataset(ledger, dataset('test', 'c', 'eval'));
  await registerDataset(ledger, dataset('attacks', 'd', 'adversarial'));
  expect((await listEvalSets(ledger)).map(({ name, version }) => `${name}@v${version}`)).toEqual([
    'attacks@v1',
    'test@v2',
    'test@v1',
  ]);
});

test('a named dataset is needed, so that nothing clears it away', async () => {
  const ledger = await newLedger();
  await registerDataset(ledger, dataset('test', 'b', 'eval'));
  expect(await neededDigests(ledger)).toEqual(new Set([digestOf('b')]));
});

test('a run says what it waits for until it goes on or ends', async () => {
  const ledger = await newLedger();
  await openRun(ledger, newRun('r1'));
  expect((await findRun(ledger, 'r1'))?.waiting).toBeNull();
  await setWaiting(ledger, 'r1', 'a larger budget');
  expect((await findRun(ledger, 'r1'))?.waiting).toBe('a larger budget');
  await setWaiting(ledger, 'r1', null);
  expect((await findRun(ledger, 'r1'))?.waiting).toBeNull();
  await setWaiting(ledger, 'r1', 'a person');
  await closeRun(ledger, { id: 'r1', status: 'cancelled' });
  await setWaiting(ledger, 'r1', 'too late');
  expect((await findRun(ledger, 'r1'))?.waiting).toBeNull();
});
