import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keptMeans } from '../../artifacts/ledger/suite.ts';
import { listWatermarks } from '../../artifacts/ledger/watermark.ts';
import { moveAlias, versionAt } from '../../artifacts/ledger/models.ts';
import { findRun } from '../../artifacts/ledger/runs.ts';
import { QUEUES } from '../../configs/presets.ts';
import { RecipeSchema, type Recipe } from '../../configs/recipe.ts';
import { RunOptions } from '../../configs/refs.ts';
import type { backfill, BackfillInput, BackfillOutput } from '../../workflows/backfill.ts';
import type { continuous, ContinuousInput, ContinuousOutput } from '../../workflows/continuous.ts';
import { simulatedOutside, simulatedRow } from '../support/simulated.ts';
import { makeBench } from '../support/workflow.ts';

const place = realpathSync(mkdtempSync(join(tmpdir(), 'anneal-backfill-')));
const calls: string[] = [];
const { tuner, generator, models } = simulatedOutside(place, { calls });
const bench = makeBench({ tuners: { mlx: tuner }, generator, models });

type Class = { name: string; rows: number; label?: string; at?: string };

function write(file: string, classes: readonly Class[], from = 0): string {
  const path = join(place, file);
  const rows = classes.flatMap(({ name, rows: count, label, at }) =>
    Array.from({ length: count }, (_, i) => ({ ...simulatedRow(name, from + i, label), ...(at ? { at } : {}) })),
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
const next = (name: string): string => `${name}-${(counter += 1)}`;

async function replay(input: Partial<BackfillInput> & { recipe: Recipe }): Promise<BackfillOutput & { id: string }> {
  const id = next(input.recipe.name);
  const run = { id, options: RunOptions.parse({}) };
  const handle = await bench.env.client.workflow.start<typeof backfill>('backfill', {
    taskQueue: QUEUES.control,
    workflowId: id,
    args: [{ run, startedBy: 'tester', lanes: 2, ...input }],
  });
  return { ...(await handle.result()), id };
}

async function one(input: Partial<ContinuousInput> & { recipe: Recipe }): Promise<ContinuousOutput & { id: string }> {
  const id = next(input.recipe.name);
  const handle = await bench.env.client.workflow.start<typeof continuous>('continuous', {
    taskQueue: QUEUES.control,
    workflowId: id,
    args: [{ startedBy: 'tester', trigger: 'cli', ...input }],
  });
  return { ...(await handle.result()), id };
}

const usual = (rows = 100): Class[] => [
  { name: 'billing', rows },
  { name: 'refund', rows },
];

describe('a replay of history', () => {
  test('goes through the periods in order, and fills the matrix with every champion on every slice', async () => {
    const line = recipe('weeks', write('w0.jsonl', usual()));
    const periods = [
      { name: 'one', data: [write('w1.jsonl', usual(), 0)] },
      { name: 'two', data: [write('w2.jsonl', [...usual(60), { name: 'login', rows: 150 }], 1000)] },
      { name: 'three', data: [write('w3.jsonl', usual(5), 2000)] },
    ];
    const { periods: ended, id } = await replay({ recipe: line, periods });
    expect(ended.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['one', 'promoted'],
      ['two', 'promoted'],
      ['three', 'skipped'],
    ]);
    const means = await keptMeans(bench.ledger, 'weeks', 'exactMatch');
    const champions = (await listWatermarks(bench.ledger, 'weeks')).flatMap(({ model }) => model ?? []);
    expect(champions).toHaveLength(2);
    for (const model of champions)
      for (const slice of ['p1', 'p2'])
        expect(means.some((cell) => cell.model === model && cell.slice === slice)).toBe(true);
    expect(await findRun(bench.ledger, id)).toMatchObject({
      kind: 'backfill',
      status: 'completed',
      reason: '2 promoted, 1 skipped',
    });
    // The same again: everything was used.
    const again = await replay({ recipe: line, periods });
    expect(again.periods.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped', 'skipped']);
  });

  test('stops at a period that fails, names it, and goes on there when it is mended', async () => {
    const line = recipe('broken', write('b0.jsonl', usual()));
    const bad = join(place, 'b2.jsonl');
    writeFileSync(bad, '{"x": 1}\n{"y": 2}\n');
    const periods = [
      { name: 'one', data: [write('b1.jsonl', usual())] },
      { name: 'two', data: [bad] },
      { name: 'three', data: [write('b3.jsonl', usual(), 9000)] },
    ];
    const { periods: ended, id } = await replay({ recipe: line, periods });
    expect(ended.map(({ outcome }) => outcome)).toEqual(['promoted', 'failed']);
    const failed = await findRun(bench.ledger, id);
    expect(failed?.status).toBe('failed');
    expect(failed?.error_json).toContain('two');
    write('b2.jsonl', [{ name: 'login', rows: 150 }], 3000);
    const again = await replay({ recipe: line, periods });
    expect(again.periods.map(({ outcome }) => outcome).slice(0, 2)).toEqual(['skipped', 'promoted']);
  });

  test('cuts rows into periods by their date, and counts those that come late', async () => {
    const path = write('dated.jsonl', [
      { name: 'billing', rows: 100, at: '2026-01-05' },
      { name: 'refund', rows: 100, at: '2026-01-06T10:00:00Z' },
      { name: 'login', rows: 150, at: '2026-01-14' },
    ]);
    const line = recipe('dated', path, { time: 'at' });
    const { periods } = await replay({ recipe: line, byTime: { column: 'at', every: '1w' } });
    expect(periods.map(({ outcome }) => outcome)).toEqual(['promoted', 'promoted']);
    const marks = await listWatermarks(bench.ledger, 'dated');
    expect(marks.map(({ counts_json }) => (JSON.parse(counts_json) as { new: number }).new)).toEqual([200, 150]);
    const late = write('late.jsonl', [{ name: 'card', rows: 150, at: '2026-01-02' }]);
    await one({ recipe: line, data: [late] });
    const counts = JSON.parse((await listWatermarks(bench.ledger, 'dated')).at(-1)?.counts_json ?? '{}') as object;
    expect(counts).toMatchObject({ new: 150, late: 150, until: '2026-01-14T00:00:00.000Z' });
  });
});

describe('files that have come in', () => {
  test('are taken one after the other, one run each', async () => {
    for (const [i, name] of ['billing', 'refund', 'login'].entries())
      write(`files-${i + 1}.jsonl`, [{ name, rows: 150 }], i * 1000);
    const line = recipe('files', join(place, 'files-*.jsonl'), { take: 'files' });
    const outcomes = [];
    for (let i = 0; i < 4; i += 1) outcomes.push((await one({ recipe: line })).outcome);
    expect(outcomes).toEqual(['promoted', 'promoted', 'promoted', 'skipped']);
  });
});

describe('a drift alarm', () => {
  test('is followed by a trial, and without harm by no training', async () => {
    const line = recipe('calm', write('calm.jsonl', usual()));
    await one({ recipe: line });
    const before = calls.length;
    const ended = await one({
      recipe: line,
      data: [write('calm-2.jsonl', usual(60), 700)],
      drift: { why: 'inputs look odd' },
    });
    expect(ended.outcome).toBe('skipped');
    expect(ended.reason).toMatch(/^no drift harm: No harm found: 0\.\d+ on 120 new rows against 0\.\d+: change/);
    expect(calls.slice(before).filter((call) => call.startsWith('tune'))).toEqual([]);
    // Another alarm soon after says nothing new.
    const soon = await one({ recipe: line, drift: { why: 'again' } });
    expect(soon.reason).toMatch(/^drift: the last trial was at .*, less than 1d ago$/);
  });

  test('is followed by a training where the champion is proved to do worse', async () => {
    const line = recipe('drifted', write('drifted.jsonl', usual()));
    await one({ recipe: line });
    const ended = await one({
      recipe: line,
      data: [write('drifted-2.jsonl', [{ name: 'login', rows: 150 }], 800)],
      drift: { why: 'a new kind of message' },
    });
    expect(ended).toMatchObject({ outcome: 'promoted', model: 'drifted@v2' });
    const { outcome } = await bench.ledger
      .selectFrom('trials')
      .selectAll()
      .where('line', '=', 'drifted')
      .executeTakeFirstOrThrow();
    expect(outcome).toBe('harm');
  });
});

describe('what is lost slowly', () => {
  test('is held against every champion of the line, and not only the last', async () => {
    // Without replay each step loses less than the margin against the one before it; two of them lose more.
    const kind = { forgetting: { margin: 0.2, require: 'noHarm' }, replay: { share: 0 } };
    const first = write('slow.jsonl', usual(300));
    const line = recipe('slow', first, { ...kind, warmStart: { maxLoss: 1 } });
    expect((await one({ recipe: line })).outcome).toBe('promoted');
    const second = await one({ recipe: line, data: [write('slow-2.jsonl', [{ name: 'login', rows: 400 }], 4000)] });
    expect(second.outcome).toBe('promoted');
    const third = await one({ recipe: line, data: [write('slow-3.jsonl', [{ name: 'card', rows: 900 }], 5000)] });
    expect(third.outcome).toBe('rejected');
    const { facts_json } = await bench.ledger
      .selectFrom('executions')
      .select('facts_json')
      .where('id', '=', `${third.id}/forgetting`)
      .executeTakeFirstOrThrow();
    expect(facts_json).toMatch(
      /Forgetting: exactMatch on p1, against an earlier champion \(sha256:[0-9a-f]{12}\) is proved/,
    );
  });
});

describe('two lines that promote to one alias', () => {
  test('each compare with the champion of the other, and neither overwrites what it did not see', async () => {
    const shared = (name: string, uri: string): Recipe => {
      const made = recipe(name, uri);
      return { ...made, register: { ...made.register, model: 'shared' } };
    };
    const one_ = shared('left', write('left.jsonl', usual(80)));
    const other = shared('right', write('right.jsonl', [...usual(150), { name: 'login', rows: 150 }], 6000));
    const ended = await Promise.all([one({ recipe: one_ }), one({ recipe: other })]);
    expect(ended.map(({ outcome }) => outcome)).toContain('promoted');
    const moves = await bench.ledger
      .selectFrom('audit')
      .selectAll()
      .where('name', '=', 'shared')
      .where('action', '=', 'promote')
      .orderBy('id')
      .execute();
    // Every move begins where the one before it ended.
    expect(moves.map(({ from_version }) => from_version)).toEqual([
      null,
      ...moves.slice(0, -1).map(({ to_version }) => to_version),
    ]);
    const champion = await versionAt(bench.ledger, 'shared', 'champion');
    expect(champion?.version).toBe(moves.at(-1)?.to_version);
  });
});

describe('a run beside a replay', () => {
  test('is skipped, and says that a backfill is at work', async () => {
    const line = recipe('busy', write('busy.jsonl', usual()));
    const periods = [1, 2, 3].map((i) => ({ name: `w${i}`, data: [write(`busy-${i}.jsonl`, usual(60), i * 1000)] }));
    const replaying = replay({ recipe: line, periods });
    let beside: ContinuousOutput | undefined;
    for (let tries = 0; tries < 100 && beside?.outcome !== 'skipped'; tries += 1) {
      const lease = await bench.ledger
        .selectFrom('leases')
        .selectAll()
        .where('resource', '=', 'line:busy')
        .executeTakeFirst();
      if (lease) beside = await one({ recipe: line });
      else await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(beside?.reason).toMatch(/backfill \(busy-\d+\) is at work since/);
    expect((await replaying).periods).toHaveLength(3);
  });
});

describe('a champion', () => {
  test('that another run promoted meanwhile is compared again', async () => {
    const line = recipe('moved', write('moved.jsonl', usual()));
    await one({ recipe: line });
    await one({ recipe: line, data: [write('moved-2.jsonl', [{ name: 'login', rows: 150 }], 500)] });
    expect((await versionAt(bench.ledger, 'moved', 'champion'))?.version).toBe(2);
    await moveAlias(bench.ledger, {
      name: 'moved',
      alias: 'champion',
      to: 1,
      actor: 'ann',
      action: 'rollback',
      why: 'test',
    });
    const ended = await one({ recipe: line, data: [write('moved-3.jsonl', [{ name: 'card', rows: 150 }], 900)] });
    expect(ended.reason).toContain('warm start from the champion moved@v1');
  });

  test('whose artifact is gone is told with the remedy, and the rows stay unused', async () => {
    const line = recipe('gone', write('gone.jsonl', usual()));
    await one({ recipe: line });
    const champion = await versionAt(bench.ledger, 'gone', 'champion');
    const [, two, rest] = /^sha256:(..)(.+)$/.exec(champion?.digest ?? '') ?? [];
    for (const kind of ['blobs', 'trees'])
      rmSync(join(bench.folder, 'store', kind, two as string, rest as string), { recursive: true, force: true });
    await expect(
      one({ recipe: line, data: [write('gone-2.jsonl', [{ name: 'login', rows: 150 }], 500)] }),
    ).rejects.toThrow('Workflow execution failed');
    const failed = await bench.ledger
      .selectFrom('runs')
      .selectAll()
      .where('pipeline', '=', 'gone')
      .where('status', '=', 'failed')
      .executeTakeFirstOrThrow();
    expect(failed.error_json).toContain(
      'the champion gone@v1 is missing in the store: put its files back from a copy, or `anneal rollback gone`; no row was used up',
    );
    expect((await listWatermarks(bench.ledger, 'gone')).length).toBe(1);
  });
});
