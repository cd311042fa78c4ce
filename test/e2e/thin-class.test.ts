import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFileStore } from '../../artifacts/store.ts';
import { rowsIn } from '../../data/lines.ts';
import { answerOf, type Row } from '../../data/row.ts';
import type { SynthesisReport } from '../../data/synthesis/report.ts';
import { root } from '../../scripts/toolchain.js';
import { noTrainer } from '../contract/support/trainer.ts';
import type { RowTrace } from '../../worker/datasets/trace.ts';
import { makePlace, type RunJson } from '../support/cli.ts';

const example = join(root, 'examples', 'support-triage');
const recipe = join(example, 'thin-class.yaml');
const place = makePlace();

test.skipIf(noTrainer)('the thin class of the example is filled by its grammar and its local model', async () => {
  const { code, stdout } = await place.anneal('check', recipe);
  expect([code, stdout.split('\n')[0]]).toEqual([0, `${recipe} is fit to run`]);

  // Few steps and few test rows: what the synthetic rows do to the model is measured in the example's README.
  const some = readFileSync(join(example, 'data', 'test.jsonl'), 'utf8')
    .split('\n')
    .slice(0, 24);
  place.write('test.jsonl', `${some.join('\n')}\n`);
  const quick = ['--set', 'data.test.uri=test.jsonl', '--set', 'tune.iterations=25'];
  const run = await place.json<RunJson>('run', recipe, ...quick);
  expect([run.status, run.error]).toEqual(['completed', undefined]);

  const outputs = run.steps.find(({ name }) => name === 'synthesize')?.outputs ?? {};
  const store = createFileStore(join(place.folder, '.anneal', 'store'));
  const report = JSON.parse((await store.read(outputs['report'] ?? '')).toString()) as SynthesisReport;
  const rows = [...rowsIn<Row>(await store.path(outputs['train'] ?? ''))];
  const synthetic = rows.filter(({ origin }) => origin !== undefined);
  const byStrategy = Map.groupBy(synthetic, ({ origin }) => origin?.strategy);

  expect(rows.length - synthetic.length).toBe(886);
  expect(new Set(synthetic.map((row) => row.label))).toEqual(new Set(['subscription']));
  expect(new Set(byStrategy.keys())).toEqual(new Set(['fill-gaps', 'grammar']));
  // A few of the answers may not fit or repeat a row, and another processor rounds differently: not most of them.
  expect(byStrategy.get('grammar')?.length).toBeGreaterThan(50);
  expect(byStrategy.get('fill-gaps')?.length).toBeGreaterThan(20);
  expect(report.coverage.find(({ label }) => label === 'subscription')).toMatchObject({
    before: 8,
    after: 8 + synthetic.length,
  });
  const thin = rows.filter((row) => row.origin === undefined && answerOf(row) === 'subscription').map(({ id }) => id);
  expect(thin).toHaveLength(8);
  const trace = await place.json<RowTrace>('data', 'trace', run.runId, '5');
  expect(trace.source?.from).toBe(join(example, 'data', 'thin.jsonl'));
  // Line 5 of the training file is not line 5 of the test file.
  expect(trace.datasets.map(({ stage, side }) => [stage, side])).toEqual([
    ['synthesized', 'train'],
    ['ingested', null],
    ['prepared', 'train'],
  ]);
  expect(trace.models).toHaveLength(1);

  for (const { origin } of byStrategy.get('fill-gaps') ?? []) {
    expect(origin?.parents).toHaveLength(2);
    for (const parent of origin?.parents ?? []) expect(thin).toContain(parent);
  }
});
