import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listWatermarks } from '../../artifacts/ledger/watermark.ts';
import { QUEUES } from '../../configs/presets.ts';
import { RecipeSchema, type Recipe } from '../../configs/recipe.ts';
import type { continuous, ContinuousOutput } from '../../workflows/continuous.ts';
import { simulatedOutside, simulatedRow } from '../support/simulated.ts';
import { makeBench } from '../support/workflow.ts';

const place = realpathSync(mkdtempSync(join(tmpdir(), 'anneal-kept-')));
const calls: string[] = [];
const { tuner, generator, models } = simulatedOutside(place, { calls });
const bench = makeBench({ tuners: { mlx: tuner }, generator, models });

/** Writes a week: so many rows of each class, with numbers of its own. */
function week(number: number, counts: Record<string, number>): string {
  const path = join(place, `week-${number}.jsonl`);
  const rows = Object.entries(counts).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, i) => ({
      ...simulatedRow(name, `${number}.${i}`),
      ticket: `${number}-${name}-${i}`,
    })),
  );
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

const line = (name: string, more: Record<string, unknown>): Recipe =>
  RecipeSchema.parse({
    name,
    data: {
      train: { uri: join(place, 'week-1.jsonl') },
      key: 'ticket',
      split: { test: 0.4 },
      template: { prompt: '{{q}}', completion: '{{a}}' },
    },
    model: { base: '/simulated/base' },
    continuous: { minNewRows: 10, ...more },
  });

async function run(recipe: Recipe, file: string): Promise<ContinuousOutput> {
  const id = `${recipe.name}-${file.slice(-7, -6)}-${calls.length}`;
  const input = { recipe, startedBy: 'tester', trigger: 'cli', data: [file] };
  return bench.env.client.workflow.execute<typeof continuous>('continuous', {
    taskQueue: QUEUES.control,
    workflowId: id,
    args: [input],
  });
}

const counts = async (name: string): Promise<unknown[]> =>
  (await listWatermarks(bench.ledger, name)).map(({ outcome, counts_json }) => {
    const { new: fresh, kept, edited } = JSON.parse(counts_json) as Record<string, number>;
    return { outcome, new: fresh, kept, edited };
  });

test('rows that a verdict kept are tried again though the next file of the feed does not have them', async () => {
  const recipe = line('feed', {});
  expect(await run(recipe, week(1, { billing: 100, refund: 100 }))).toMatchObject({ outcome: 'promoted' });
  expect(await run(recipe, week(2, { billing: 20 }))).toMatchObject({ outcome: 'inconclusive' });
  await run(recipe, week(3, { refund: 15 }));
  expect(await counts('feed')).toMatchObject([
    { outcome: 'accepted', new: 200, kept: 0 },
    { outcome: 'kept', new: 20, kept: 0 },
    { new: 15, kept: 20 },
  ]);
});

test('a kept row that comes again in another form under its key is tried in that form alone', async () => {
  const recipe = line('edited', {});
  await run(recipe, week(4, { billing: 100, refund: 100 }));
  const tried = week(5, { billing: 20 });
  expect(await run(recipe, tried)).toMatchObject({ outcome: 'inconclusive' });
  const again = join(place, 'week-6.jsonl');
  const rows = Array.from({ length: 12 }, (_, i) => ({
    ...simulatedRow('billing', `better ${i}`),
    ticket: `5-billing-${i}`,
  }));
  writeFileSync(again, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await run(recipe, again);
  expect((await counts('edited')).at(-1)).toMatchObject({ edited: 12, kept: 8, new: 0 });
});

test('a snapshot that no longer has a row that was kept has withdrawn it', async () => {
  const recipe = line('snapshot', { source: 'snapshot' });
  await run(recipe, week(7, { billing: 100, refund: 100 }));
  const rows = Array.from({ length: 100 }, (_, i) => i).flatMap((i) =>
    ['billing', 'refund'].map((name) => ({ ...simulatedRow(name, `7.${i}`), ticket: `7-${name}-${i}` })),
  );
  const some = (count: number, of: number): object[] =>
    Array.from({ length: count }, (_, i) => ({ ...simulatedRow('billing', `${of}.${i}`), ticket: `${of}-b-${i}` }));
  const write = (file: string, all: object[]): string => {
    const path = join(place, file);
    writeFileSync(path, all.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return path;
  };
  expect(await run(recipe, write('week-8.jsonl', [...rows, ...some(20, 8)]))).toMatchObject({
    outcome: 'inconclusive',
  });
  await run(recipe, write('week-9.jsonl', [...rows, ...some(15, 9)]));
  expect((await counts('snapshot')).at(-1)).toMatchObject({ new: 15, kept: 0 });
});
