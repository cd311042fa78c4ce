import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { approvalsOfRun, type Approval } from '../../artifacts/ledger/approvals.ts';
import { listSlices } from '../../artifacts/ledger/suite.ts';
import { lineState, listWatermarks } from '../../artifacts/ledger/watermark.ts';
import { moveAlias, versionAt } from '../../artifacts/ledger/models.ts';
import { Approve } from '../../configs/approve.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { rowsIn } from '../../data/lines.ts';
import { textOf, type Message, type Row } from '../../data/row.ts';
import { traceRow } from '../../worker/datasets/trace.ts';
import { findRun } from '../../artifacts/ledger/runs.ts';
import { QUEUES } from '../../configs/presets.ts';
import { RecipeSchema, type Recipe } from '../../configs/recipe.ts';
import type { continuous, ContinuousInput, ContinuousOutput } from '../../workflows/continuous.ts';
import { decideApprovalUpdate } from '../../workflows/approval.ts';
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

    // A replayed row is traced to its line in the first file, and on to the models that learned it.
    const shelf = { ledger: bench.ledger, store: createFileStore(join(bench.folder, 'store')) };
    const { digest } = await bench.ledger
      .selectFrom('edges')
      .select('digest')
      .where('execution_id', 'like', 'grows-%/mix')
      .where('direction', '=', 'out')
      .executeTakeFirstOrThrow();
    const mixed = [...rowsIn<Row>(await shelf.store.path(digest))];
    const old = mixed.find((row) => / \d{1,3}$/.test(textOf(row.messages[0] as Message))) as Row;
    const traced = await traceRow('grows@v2', old.id, shelf);
    expect(traced.source).toMatchObject({ from: join(place, 'grows-1.jsonl'), line: old.line });
    expect(traced.steps.map(({ step, result }) => `${step}: ${result}`)).toEqual(['prepare: kept']);
    expect(traced.models.flatMap(({ names }) => names)).toEqual(
      expect.arrayContaining(['grows@v1', 'grows@v2', 'grows@champion']),
    );
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

describe('people', () => {
  const waitsFor = async (id: string, not?: string): Promise<Approval> => {
    for (let tries = 0; tries < 800; tries += 1) {
      const [newest] = await approvalsOfRun(bench.ledger, id);
      const row = await findRun(bench.ledger, id);
      // Entered first, asked then.
      if (newest?.status === 'waiting' && newest.id !== not && row?.waiting?.includes('anneal approve')) return newest;
      await sleep(25);
    }
    throw new Error('it asks nobody');
  };
  const begin = async (
    line: Recipe,
    data?: string,
  ): Promise<{ id: string; ended: Promise<ContinuousOutput>; say: Say }> => {
    counter += 1;
    const id = `${line.name}-${counter}`;
    const handle = await bench.env.client.workflow.start<typeof continuous>('continuous', {
      taskQueue: QUEUES.control,
      workflowId: id,
      args: [{ recipe: line, startedBy: 'tester', trigger: 'cli', ...(data === undefined ? {} : { data: [data] }) }],
    });
    const say: Say = async ({ id: approval, evidence }, decision) => {
      await handle.executeUpdate(decideApprovalUpdate, {
        args: [{ approval, evidence, decision, actor: 'ann', note: 'read it' }],
      });
    };
    return { id, ended: handle.result(), say };
  };

  test('approve a period, whose rows are used then; what they reject is used up', async () => {
    const line = {
      ...recipe('asked', write('asked.jsonl', [A(), B()], 0)),
      approve: Approve.parse({ when: 'always' }),
    };
    const first = await begin(line);
    const asked = await waitsFor(first.id);
    // While it waits, nothing is used and the line is its own.
    expect((await lineState(bench.ledger, 'asked')).generation).toBe(0);
    expect((await run({ recipe: line })).reason).toContain(`overlap: run ${first.id} of this line is at work`);
    await first.say(asked, 'approve');
    expect(await first.ended).toMatchObject({ outcome: 'promoted', model: 'asked@v1' });
    const second = await begin(line, write('asked-2.jsonl', [{ name: 'login', rows: 150 }], 700));
    await second.say(await waitsFor(second.id), 'reject');
    expect(await second.ended).toMatchObject({ outcome: 'rejected', verdict: 'promote' });
    expect((await listWatermarks(bench.ledger, 'asked')).map(({ outcome }) => outcome)).toEqual([
      'accepted',
      'consumed',
    ]);
    expect((await versionAt(bench.ledger, 'asked', 'champion'))?.version).toBe(1);
  });

  test('whose evidence changed are asked again, about the champion of now', async () => {
    const line = recipe('changed', write('changed.jsonl', [A(), B()], 0));
    await run({ recipe: line });
    await run({ recipe: line, data: [write('changed-2.jsonl', [{ name: 'login', rows: 150 }], 700)] });
    const asking = { ...line, approve: Approve.parse({ when: 'always' }) };
    const third = await begin(asking, write('changed-3.jsonl', [{ name: 'card', rows: 200 }], 900));
    const asked = await waitsFor(third.id);
    const move = { name: 'changed', alias: 'champion', to: 1, actor: 'bob', action: 'rollback', why: 'test' } as const;
    await moveAlias(bench.ledger, move);
    await third.say(asked, 'approve');
    const again = await waitsFor(third.id, asked.id);
    expect((await approvalsOfRun(bench.ledger, third.id)).map(({ status }) => status).toSorted()).toEqual([
      'voided',
      'waiting',
    ]);
    await third.say(again, 'approve');
    expect(await third.ended).toMatchObject({ outcome: 'promoted', model: 'changed@v3' });
  });
});

type Say = (asked: Approval, decision: 'approve' | 'reject') => Promise<void>;
