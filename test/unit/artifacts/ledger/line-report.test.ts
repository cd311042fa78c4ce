import { expect, test } from 'vitest';
import { digestOf } from '../../../../artifacts/canonical.ts';
import { lineDocument } from '../../../../activities/reporting/line-document.ts';
import { readLine } from '../../../../artifacts/ledger/line-report.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { noteScores } from '../../../../artifacts/ledger/suite.ts';
import { newLedger } from '../../support/ledger.ts';
import { at, lifeIn } from '../../support/life.ts';
import { processorTime } from '../../../support/stopwatch.ts';

const model = (version: number): string => digestOf(`triage ${version}`);
const BASE = digestOf('base');

/** Two promotions and a rejection between them. */
async function shortLine(ledger: Ledger): Promise<void> {
  const life = lifeIn(ledger);
  const score = (digest: string, slice: string, ...scores: number[]) =>
    noteScores(ledger, { line: 'triage', metric: 'exactMatch', runId: 'run', worst: 0 }, [
      { model: digest, slice, scores: Float64Array.from(scores) },
    ]);
  const slice = (generation: number, n: number) =>
    life.insert('slices', {
      line: 'triage',
      slice: `p${generation}`,
      generation,
      digest: digestOf(`slice ${generation}`),
      n,
      at: at(generation),
    });
  await life.period(1, 2, 'promote', { version: 1 });
  await slice(1, 4);
  await life.skip('skip-1', 3, 'too few new rows');
  await life.period(2, 4, 'reject', { version: 2, depth: 1 });
  await life.period(3, 6, 'promote', { version: 3, from: 1, depth: 1 });
  await slice(3, 2);
  await life.skip('skip-2', 7, 'too few new rows');
  await life.insert('aliases', { name: 'triage', alias: 'champion', version: 3, updated_at: at(6) });
  await life.insert('edges', { execution_id: 'run-1/register', direction: 'in', role: 'base', digest: BASE });
  await score(BASE, 'p1', 0, 0, 1, 0);
  await score(model(1), 'p1', 1, 1, 1, 0);
  await score(model(2), 'p1', 0, 0, 0, 0);
  // The rows of a period that was not accepted are no slice of the line.
  await score(model(2), 'p2', 1, 1);
  await score(model(3), 'p1', 1, 1, 1, 1);
  await score(model(3), 'p3', 0.5, 1);
}

test('a line is read with its models, slices, periods and skips', async () => {
  const ledger = await newLedger();
  await shortLine(ledger);
  const found = await lineDocument(ledger, 'triage');
  expect(found).toMatchObject({
    line: 'triage',
    metric: 'exactMatch',
    totals: { slices: 2, models: 4 },
    champion: 'triage@v3',
    baseline: 'base model',
    waiting: { count: 1, words: '1 too few new rows' },
  });
  expect(found?.slices.map(({ slice, n }) => `${slice} ${n}`)).toEqual(['p1 4', 'p3 2']);
  const means = (cells: ({ mean: number } | null)[]) => cells.map((cell) => cell?.mean ?? null);
  expect(found?.models.map((one) => [one.model, one.period, one.verdict, one.depth, means(one.cells)])).toEqual([
    ['base model', null, null, null, [0.25, null]],
    ['triage@v1', 'p1', 'promote', 0, [0.75, null]],
    ['triage@v2', 'p2', 'reject', 1, [0, null]],
    ['triage@v3', 'p3', 'promote', 1, [1, 0.75]],
  ]);
  expect(found?.models.map(({ isChampion }) => isChampion)).toEqual([false, false, false, true]);
  expect(
    found?.periods.map((one) => [one.period, one.outcome, one.champion, one.scores, one.mean, one.skipped]),
  ).toEqual([
    ['p1', 'accepted', 'triage@v1', [0.75, null], 0.75, { count: 0, words: '' }],
    ['p2', 'consumed', 'triage@v1', [0.75, null], 0.75, { count: 1, words: '1 too few new rows' }],
    ['p3', 'accepted', 'triage@v3', [1, 0.75], 5.5 / 6, { count: 0, words: '' }],
  ]);
});

test('the champion is the one that a person went back to', async () => {
  const ledger = await newLedger();
  await shortLine(ledger);
  await ledger.updateTable('aliases').set({ version: 1 }).execute();
  expect(await lineDocument(ledger, 'triage')).toMatchObject({ champion: 'triage@v1' });
});

test('a line without versions, as of a backfill that only asks what if, is read like any other', async () => {
  const ledger = await newLedger();
  const life = lifeIn(ledger, 'triage what-if');
  await life.watermark(1, 'what-if-1', 2, { model: model(1) });
  await life.insert('slices', { line: 'triage what-if', slice: 'p1', generation: 1, digest: BASE, n: 2, at: at(2) });
  await noteScores(ledger, { line: 'triage what-if', metric: 'rougeL', runId: 'what-if-1', worst: 0 }, [
    { model: model(1), slice: 'p1', scores: Float64Array.from([0.25, 0.5]) },
  ]);
  expect(await lineDocument(ledger, 'triage what-if')).toMatchObject({
    metric: 'rougeL',
    champion: expect.stringMatching(/^[0-9a-f]{12}…$/),
    models: [{ period: 'p1', isChampion: true, cells: [{ mean: 0.375, n: 2 }] }],
  });
});

test('a line of which nothing was measured, and one that is not there', async () => {
  const ledger = await newLedger();
  const life = lifeIn(ledger);
  await life.skip('skip-1', 1, 'too few new rows');
  expect(await lineDocument(ledger, 'triage')).toMatchObject({
    metric: null,
    models: [],
    periods: [],
    champion: null,
    waiting: { count: 1 },
  });
  expect(await lineDocument(ledger, 'another')).toBeUndefined();
  await shortLine(await newLedger());
});

test('another metric is shown where it was measured', async () => {
  const ledger = await newLedger();
  await shortLine(ledger);
  await noteScores(ledger, { line: 'triage', metric: 'bleu', runId: 'run', worst: 0 }, [
    { model: model(3), slice: 'p1', scores: Float64Array.from([40, 50, 60, 70]) },
  ]);
  const found = await lineDocument(ledger, 'triage', { metric: 'bleu' });
  expect(found).toMatchObject({ metric: 'bleu', format: 'number', metrics: ['bleu', 'exactMatch'] });
  expect(found?.models.map((one) => one.cells[0]?.mean)).toEqual([55]);
  expect(await lineDocument(ledger, 'triage', { metric: 'ter' })).toMatchObject({ metric: null, models: [] });
});

test(
  'of 100 models on 500 slices the first, the last and some between are read at once',
  { timeout: 60_000 },
  async () => {
    const ledger = await newLedger();
    await ledger.transaction().execute(async (tx) => {
      const life = lifeIn(tx);
      for (let one = 1; one <= 500; one += 1) {
        await life.insert('slices', {
          line: 'triage',
          slice: `p${one}`,
          generation: one,
          digest: BASE,
          n: 100,
          at: at(one),
        });
        await life.watermark(one, `run-${one}`, one, one % 5 ? { outcome: 'consumed' } : { model: model(one / 5) });
        const scores = new Uint8Array(800);
        const row = {
          line: 'triage',
          slice: `p${one}`,
          metric: 'exactMatch',
          n: 100,
          mean: 0,
          scores,
          run_id: 'r',
          at: at(1),
        };
        await tx
          .insertInto('matrix')
          .values(Array.from({ length: 100 }, (_, version) => ({ ...row, model: model(version + 1) })))
          .execute();
      }
    });
    const took: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const spent = processorTime();
      const rows = await readLine(ledger, 'triage', { most: 40 });
      took.push(spent());
      expect([rows?.slices.length, rows?.models.length, rows?.cells.length]).toEqual([40, 40, 1600]);
      expect(rows?.totals).toEqual({ slices: 500, models: 100 });
      expect([rows?.slices[0]?.slice, rows?.slices.at(-1)?.slice]).toEqual(['p1', 'p500']);
    }
    // In ms of the processor: other tests run beside this one.
    expect(Math.min(...took)).toBeLessThan(100);
    expect((await readLine(ledger, 'triage'))?.cells).toHaveLength(50_000);
  },
);
