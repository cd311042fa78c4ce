import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listSlices } from '../../artifacts/ledger/suite.ts';
import { lineState, listWatermarks } from '../../artifacts/ledger/watermark.ts';
import { versionAt } from '../../artifacts/ledger/models.ts';
import { QUEUES } from '../../configs/presets.ts';
import { RecipeSchema, type Recipe } from '../../configs/recipe.ts';
import type { continuous, ContinuousInput, ContinuousOutput } from '../../workflows/continuous.ts';
import { simulatedOutside, simulatedRow } from '../support/simulated.ts';
import { makeBench } from '../support/workflow.ts';

const place = realpathSync(mkdtempSync(join(tmpdir(), 'anneal-continuous-')));
const calls: string[] = [];
const { tuner, generator, models } = simulatedOutside(place, { calls });
const bench = makeBench({ tuners: { mlx: tuner }, generator, models });

type Class = { name: string; rows: number; label?: string };

/** Writes the rows of a period; their numbers go on from `from`. */
function write(file: string, classes: readonly Class[], from: number): string {
  mkdirSync(place, { recursive: true });
  const path = join(place, file);
  const rows = classes.flatMap(({ name, rows: count, label }) =>
    Array.from({ length: count }, (_, i) => simulatedRow(name, from + i, label)),
  );
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

function recipe(name: string, uri: string, more: Record<string, unknown> = {}): Recipe {
  return RecipeSchema.parse({
    name,
    data: {
      train: { uri },
      split: { test: 0.4 },
      template: { prompt: '{{q}}', completion: '{{a}}' },
      prepare: [{ policy: 'dedupe' }],
    },
    model: { base: '/simulated/base' },
    continuous: { minNewRows: 20, ...more },
  });
}

let counter = 0;
async function run(input: Partial<ContinuousInput> & { recipe: Recipe }): Promise<ContinuousOutput> {
  counter += 1;
  const handle = await bench.env.client.workflow.start<typeof continuous>('continuous', {
    taskQueue: QUEUES.control,
    workflowId: `${input.recipe.name}-${counter}`,
    args: [{ startedBy: 'tester', trigger: 'cli', ...input }],
  });
  return handle.result();
}

const A = (rows = 100): Class => ({ name: 'billing', rows });
const B = (rows = 100): Class => ({ name: 'refund', rows });

describe('periods of a line', () => {
  test('tune from the base, then from the champion, add their slices, and use every row once', async () => {
    const line = recipe('grows', write('grows-1.jsonl', [A(), B()], 0));
    const first = await run({ recipe: line });
    expect(first).toMatchObject({ outcome: 'promoted', model: 'grows@v1', period: 'p1' });
    // The same rows again: nothing is new.
    expect(await run({ recipe: line })).toMatchObject({
      outcome: 'skipped',
      reason: 'no new rows since the last verdict',
    });
    const second = await run({
      recipe: line,
      data: [write('grows-2.jsonl', [A(), { name: 'login', rows: 150 }], 1000)],
    });
    expect(second).toMatchObject({ outcome: 'promoted', model: 'grows@v2', period: 'p2' });
    expect(second.reason).toContain('warm start from the champion grows@v1');
    const marks = await listWatermarks(bench.ledger, 'grows');
    expect(marks.map(({ generation, outcome, depth }) => [generation, outcome, depth])).toEqual([
      [1, 'accepted', 0],
      [2, 'accepted', 1],
    ]);
    expect((await listSlices(bench.ledger, 'grows')).map(({ slice }) => slice)).toEqual(['p1', 'p2']);
    expect((await lineState(bench.ledger, 'grows')).total).toBe(450);
    expect(calls.at(-1)).toMatch(/^tune warm on/);
  });

  test('are rejected when labels are shuffled, for what they lose, and the champion stays', async () => {
    const line = recipe('poisoned', write('poisoned-1.jsonl', [A(150), B(150)], 0));
    expect(await run({ recipe: line })).toMatchObject({ outcome: 'promoted' });
    const bad = write(
      'poisoned-2.jsonl',
      [
        { ...A(120), label: 'refund' },
        { ...B(120), label: 'billing' },
      ],
      2000,
    );
    const ended = await run({ recipe: line, data: [bad] });
    expect(ended).toMatchObject({ outcome: 'rejected', verdict: 'reject' });
    expect((await versionAt(bench.ledger, 'poisoned', 'champion'))?.version).toBe(1);
    const marks = await listWatermarks(bench.ledger, 'poisoned');
    expect(marks.map(({ outcome }) => outcome)).toEqual(['accepted', 'consumed']);
    // Used up, though no model learned them.
    expect(await run({ recipe: line, data: [bad] })).toMatchObject({ outcome: 'skipped' });
  });

  test('with too few rows are skipped with the numbers, and the rows wait for the next', async () => {
    const line = recipe('few', write('few-1.jsonl', [A(), B()], 0));
    await run({ recipe: line });
    const few = write('few-2.jsonl', [A(8)], 3000);
    const ended = await run({ recipe: line, data: [few] });
    expect(ended.outcome).toBe('skipped');
    expect(ended.reason).toMatch(/^too few new rows: 8 of the 20 asked for, waiting since 20/);
    expect(await lineState(bench.ledger, 'few')).toMatchObject({ generation: 1, skips: 1 });
    expect(await run({ recipe: line, data: [few], force: true })).not.toMatchObject({ outcome: 'skipped' });
  });

  test('with no row at all are skipped', async () => {
    const empty = join(place, 'empty.jsonl');
    writeFileSync(empty, '');
    const ended = await run({ recipe: recipe('empty', empty) });
    expect(ended.outcome).toBe('skipped');
    expect(ended.reason).toMatch(/^no rows: /);
  });

  test('keep the rows of an inconclusive verdict for the next period', async () => {
    const line = recipe('kept', write('kept-1.jsonl', [A(), B()], 0));
    await run({ recipe: line });
    const second = write('kept-2.jsonl', [A(20)], 4000);
    expect(await run({ recipe: line, data: [second] })).toMatchObject({ outcome: 'inconclusive' });
    expect((await listWatermarks(bench.ledger, 'kept')).at(-1)).toMatchObject({ outcome: 'kept' });
    // Tried rows alone are no reason to train again.
    const again = await run({ recipe: line, data: [second] });
    expect(again).toMatchObject({ outcome: 'skipped' });
    expect(again.reason).toMatch(/^too few new rows: 0 of the 20/);
  });

  test('train from the base model on all accepted rows when a person asks for it', async () => {
    const line = recipe('anchored', write('anchored-1.jsonl', [A(), B()], 0));
    await run({ recipe: line });
    const more = write('anchored-2.jsonl', [{ name: 'login', rows: 150 }], 5000);
    expect(await run({ recipe: line, data: [more] })).toMatchObject({ outcome: 'promoted', model: 'anchored@v2' });
    const ended = await run({ recipe: line, reanchor: true });
    expect(ended.reason).toContain('from the base model again: asked for by tester');
    expect(calls.at(-1)).toMatch(/^tune from base on 19\d$/);
  });
});

describe('rows', () => {
  test('edited under a key replace what was used, and are never replayed in their old form', async () => {
    const path = join(place, 'keyed.jsonl');
    const rows = (label: string): string =>
      Array.from({ length: 120 }, (_, i) =>
        JSON.stringify({
          ...simulatedRow(i < 60 ? 'billing' : 'refund', i, label === '' ? undefined : label),
          ticket: `t${i}`,
        }),
      ).join('\n');
    writeFileSync(path, rows(''));
    const line = { ...recipe('keyed', path, { source: 'snapshot' }) };
    line.data.key = 'ticket';
    expect(await run({ recipe: line })).toMatchObject({ outcome: 'promoted' });
    const changed = rows('')
      .split('\n')
      .map((row, i) => (i < 30 ? row.replace('message', 'note') : row))
      .slice(0, 110);
    writeFileSync(path, changed.join('\n'));
    await run({ recipe: line });
    const counts = JSON.parse((await listWatermarks(bench.ledger, 'keyed')).at(-1)?.counts_json ?? '{}') as object;
    expect(counts).toMatchObject({ new: 0, edited: 30, withdrawn: 10, kept: 0 });
  });
});
