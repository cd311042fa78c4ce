import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listJudges } from '../../../../artifacts/ledger/known-judges.ts';
import { promotionsOn } from '../../../../artifacts/ledger/resting.ts';
import { createFileStore } from '../../../../artifacts/store.ts';
import { emptyFolder } from '../../support/folder.ts';
import { newLedger } from '../../support/ledger.ts';
import { decidedRun, judgeCalled } from '../../support/promoted.ts';

const newShelf = async () => ({ ledger: await newLedger(), store: createFileStore(join(emptyFolder(), 'store')) });

test('promotions that rest on a judge are found, and no others', async () => {
  const shelf = await newShelf();
  const [kind, strict] = [await judgeCalled(shelf, 'kind'), await judgeCalled(shelf, 'strict')];
  await decidedRun(shelf, 'run-1', { judges: { helpful: kind } });
  await decidedRun(shelf, 'run-2', { judges: { other: strict } });
  await decidedRun(shelf, 'run-3', { judges: { helpful: kind }, verdict: 'reject' });
  await decidedRun(shelf, 'run-4', { judges: { helpful: kind, other: strict } });
  await decidedRun(shelf, 'run-5', { judges: {} });
  await decidedRun(shelf, 'run-6', { judges: { helpful: strict } });
  const found = await promotionsOn(shelf, kind.digest);
  expect(
    found.map(({ model, run, judges, isChampion, before }) => ({ model, run, judges, isChampion, before })),
  ).toEqual([
    { model: 'support-triage@v1', run: 'run-1', judges: ['helpful'], isChampion: false, before: null },
    { model: 'support-triage@v4', run: 'run-4', judges: ['helpful'], isChampion: false, before: 2 },
  ]);
  expect((await promotionsOn(shelf, strict.digest)).at(-1)).toMatchObject({
    model: 'support-triage@v6',
    isChampion: true,
  });
});

test('the list of judges says what rests on each', async () => {
  const shelf = await newShelf();
  const judge = await judgeCalled(shelf, 'kind');
  await decidedRun(shelf, 'run-1', { judges: { helpful: judge } });
  await decidedRun(shelf, 'run-2', { judges: { helpful: judge }, verdict: 'inconclusive' });
  expect(await listJudges(shelf)).toEqual([
    {
      digest: judge.digest,
      names: ['kind'],
      kind: 'pointwise',
      model: 'kind-model',
      state: 'none',
      calibrated: null,
      expires: null,
      decisions: 2,
      promotions: 1,
    },
  ]);
});

test('a damaged verdict is an error: a promotion might be overlooked', async () => {
  const shelf = await newShelf();
  const judge = await judgeCalled(shelf, 'kind');
  await decidedRun(shelf, 'run-1', { judges: { helpful: judge } });
  const empty = createFileStore(join(emptyFolder(), 'store'));
  await expect(promotionsOn({ ...shelf, store: empty }, judge.digest)).rejects.toThrow('is not in the store');
});
