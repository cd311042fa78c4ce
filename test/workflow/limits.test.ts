import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { beforeEach, describe, expect, test } from 'vitest';
import { listAudit } from '../../artifacts/ledger/audit.ts';
import { listLeases } from '../../artifacts/ledger/leases.ts';
import { usedIn } from '../../artifacts/ledger/reservations.ts';
import { findRun, listEvents } from '../../artifacts/ledger/runs.ts';
import { QUEUES } from '../../configs/presets.ts';
import { RecipeSchema, type Recipe } from '../../configs/recipe.ts';
import { RunOptions } from '../../configs/refs.ts';
import type { backfill } from '../../workflows/backfill.ts';
import { raiseBoundsUpdate } from '../../workflows/budget.ts';
import type { continuous, ContinuousOutput } from '../../workflows/continuous.ts';
import { simulatedOutside, simulatedRow } from '../support/simulated.ts';
import { makeBench } from '../support/workflow.ts';

const place = realpathSync(mkdtempSync(join(tmpdir(), 'anneal-limits-')));
const calls: string[] = [];
const { tuner, generator, models } = simulatedOutside(place, { calls });
let isHeld = false;
const held = {
  ...tuner,
  poll: (key: string) => (isHeld ? Promise.resolve({ state: 'running' as const }) : tuner.poll(key)),
  slots: async () => ({ resource: 'trainer:simulated', slots: 1 }),
};
const bench = makeBench({ tuners: { mlx: held }, generator, models });

beforeEach(() => void (isHeld = false));

let rows = 0;
function write(name: string): string {
  mkdirSync(place, { recursive: true });
  const path = join(place, `${name}.jsonl`);
  const texts = Array.from({ length: 100 }, () => JSON.stringify(simulatedRow('billing', (rows += 1))));
  writeFileSync(path, `${texts.join('\n')}\n`);
  return path;
}

function recipe(name: string, more: Record<string, unknown> = {}): Recipe {
  return RecipeSchema.parse({
    name,
    data: {
      train: { uri: write(name) },
      split: { test: 0.4 },
      template: { prompt: '{{q}}', completion: '{{a}}' },
      prepare: [{ policy: 'dedupe' }],
    },
    model: { base: '/simulated/base' },
    continuous: { minNewRows: 20, ...more },
  });
}

/** The same line without a budget. */
const unbounded = (of: Recipe): Recipe => {
  const { budget: _budget, ...settings } = of.continuous as NonNullable<Recipe['continuous']>;
  return { ...of, continuous: settings };
};

interface Started {
  id: string;
  handle: WorkflowHandle<typeof continuous>;
}

let counter = 0;
async function start(of: Recipe): Promise<Started> {
  counter += 1;
  const id = `${of.name}-${counter}`;
  const handle = await bench.env.client.workflow.start<typeof continuous>('continuous', {
    taskQueue: QUEUES.control,
    workflowId: id,
    args: [{ startedBy: 'tester', trigger: 'cli', recipe: of }],
  });
  return { id, handle };
}

async function run(of: Recipe): Promise<ContinuousOutput & { id: string }> {
  const { id, handle } = await start(of);
  return { ...(await handle.result()), id };
}

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = await look();
    if (found) return found;
    await sleep(50);
  }
  throw new Error(`${what} did not come`);
}

const waitingOf = (id: string): Promise<string> =>
  until(`the wait of ${id}`, async () => (await findRun(bench.ledger, id))?.waiting ?? undefined);

/** Waits until a run has the trainer. */
const training = (id: string): Promise<true> =>
  until(`the training of ${id}`, async () =>
    (await listLeases(bench.ledger)).some(
      ({ resource, holders }) => resource === 'trainer:simulated' && holders[0]?.run === id,
    ),
  );

describe('a line', () => {
  test('skip: a run that finds another at work ends with that reason, at once', async () => {
    const line = recipe('skips');
    isHeld = true;
    const first = await start(line);
    await training(first.id);
    const second = await run(line);
    expect(second).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringMatching(
        new RegExp(
          `^overlap: run ${first.id} of this line is at work since .* UTC \\(a period, cli\\): \`anneal show ${first.id}\` shows it$`,
        ),
      ),
    });
    isHeld = false;
    expect(await first.handle.result()).toMatchObject({ outcome: 'promoted' });
    expect(await listLeases(bench.ledger)).toEqual([]);
  });

  test('queue: it waits, and says for whom', async () => {
    const line = recipe('queues', { overlap: 'queue' });
    isHeld = true;
    const first = await start(line);
    await training(first.id);
    const second = await start(line);
    expect(await waitingOf(second.id)).toMatch(`the line queues: run ${first.id} of this line is at work since`);
    isHeld = false;
    expect(await first.handle.result()).toMatchObject({ outcome: 'promoted' });
    // The rows were used by the first.
    expect(await second.handle.result()).toMatchObject({
      outcome: 'skipped',
      reason: 'no new rows since the last verdict',
    });
  });

  test('cancel: it stops the other, which says so, and goes on', async () => {
    const line = recipe('cancels', { overlap: 'cancel' });
    isHeld = true;
    const first = await start(line);
    await training(first.id);
    const second = await start(line);
    await expect(first.handle.result()).rejects.toThrow('Workflow execution');
    expect((await findRun(bench.ledger, first.id))?.status).toBe('cancelled');
    expect(await listEvents(bench.ledger, first.id)).toContainEqual(
      expect.objectContaining({
        kind: 'cancel',
        message: `run ${second.id} of the same line has begun, and continuous.overlap is cancel`,
      }),
    );
    await training(second.id);
    isHeld = false;
    expect(await second.handle.result()).toMatchObject({ outcome: 'promoted' });
  });

  test('is free when the workflow that held it was terminated', async () => {
    const line = recipe('killed');
    isHeld = true;
    const first = await start(line);
    await training(first.id);
    await first.handle.terminate();
    isHeld = false;
    expect(await run(line)).toMatchObject({ outcome: 'promoted' });
    expect((await findRun(bench.ledger, first.id))?.status).toBe('failed');
  });

  test('is held by a backfill for all of its periods; other runs are told, and none of them cancels it', async () => {
    const line = recipe('replayed');
    isHeld = true;
    const id = 'replay-1';
    const handle = await bench.env.client.workflow.start<typeof backfill>('backfill', {
      taskQueue: QUEUES.control,
      workflowId: id,
      args: [
        {
          run: { id, options: RunOptions.parse({}) },
          recipe: line,
          startedBy: 'tester',
          periods: ['week-1', 'week-2'].map((name) => ({ name, data: [write(name)] })),
          lanes: 1,
        },
      ],
    });
    await training(`${id}.1`);
    const told = new RegExp(`^overlap: a backfill \\(${id}\\) is at work since`);
    expect(await run(line)).toMatchObject({ outcome: 'skipped', reason: expect.stringMatching(told) });
    const cancelling = { ...line, continuous: { ...line.continuous, overlap: 'cancel' } } as Recipe;
    expect(await run(cancelling)).toMatchObject({ outcome: 'skipped', reason: expect.stringMatching(told) });
    isHeld = false;
    expect((await handle.result()).periods.map(({ outcome }) => outcome)).not.toContain('skipped');
    expect(await listLeases(bench.ledger)).toEqual([]);
  });
});

describe('a budget', () => {
  test('that a training would pass makes the run wait, until it is raised for this run', async () => {
    const budget = { month: { trainerSeconds: 1.5, tokens: 100_000 } };
    const line = recipe('spends', { budget });
    // What the first costs is what the second will need.
    expect(await run(unbounded(line))).toMatchObject({ outcome: 'promoted' });
    expect(await usedIn(bench.ledger, { line: 'spends' })).toMatchObject({ trainerSeconds: 1 });
    write('spends');
    const second = await start(line);
    expect(await waitingOf(second.id)).toBe(
      `the budget of this month: 1 of 1.5 trainer seconds used, this training needs about 1: \`anneal resume ${second.id} --budget month.trainerSeconds=2\``,
    );
    const length = async (): Promise<number> => Number((await second.handle.describe()).historyLength);
    await sleep(500); // the workflow tells it to the Temporal UI
    const before = await length();
    await sleep(1500);
    expect(await length()).toBe(before);
    const raise = (bounds: object): Promise<unknown> =>
      second.handle.executeUpdate(raiseBoundsUpdate, { args: [{ bounds, by: 'ann' }] });
    const refusal = async (bounds: object): Promise<string> =>
      raise(bounds).then(
        () => 'none',
        (error: Error) => String((error.cause as Error).message),
      );
    expect(await refusal({ month: { trainerSeconds: 1 } })).toBe(
      'month.trainerSeconds is 1.5 by now: give more than that, in all',
    );
    expect(await refusal({ run: { usd: 5 } })).toBe(
      'nothing bounds run.usd: raise month.tokens or month.trainerSeconds',
    );
    expect(await refusal({})).toBe('expected month.tokens or month.trainerSeconds');
    await raise({ month: { trainerSeconds: 1.7 } });
    await until('the next word', async () => (await findRun(bench.ledger, second.id))?.waiting?.includes('1 of 1.7'));
    await raise({ month: { trainerSeconds: 2 } });
    expect((await second.handle.result()).outcome).not.toBe('skipped');
    expect(await usedIn(bench.ledger, { line: 'spends' })).toMatchObject({ trainerSeconds: 2 });
    expect((await listAudit(bench.ledger, 'spends')).filter(({ action }) => action === 'budget')).toMatchObject([
      {
        actor: 'ann',
        why: 'the budget of the month, for this run alone: trainerSeconds from 1.7 to 2',
        run_id: second.id,
      },
      { actor: 'ann', why: 'the budget of the month, for this run alone: trainerSeconds from 1.5 to 1.7' },
    ]);
    // For that run alone: the next begins with nothing left.
    write('spends');
    expect(await run(line)).toMatchObject({
      outcome: 'skipped',
      reason:
        'budget gone: the budget of this month is used up, 2 of 1.5 trainer seconds: raise continuous.budget.month.trainerSeconds or wait for the next month',
    });
  });

  test('of a run that was cancelled while it waited has nothing set aside', async () => {
    const line = recipe('gives-back', { budget: { run: { trainerSeconds: 0.5 }, line: { trainerSeconds: 100 } } });
    await run(unbounded(line));
    write('gives-back');
    const second = await start(line);
    expect(await waitingOf(second.id)).toContain('the budget of this run: 0 of 0.5 trainer seconds used');
    await second.handle.cancel();
    await expect(second.handle.result()).rejects.toThrow('Workflow execution');
    expect(await usedIn(bench.ledger, { line: 'gives-back' })).toMatchObject({ trainerSeconds: 1 });
  });

  test('books a training once, in place of what was set aside for it', async () => {
    const line = recipe('once', { budget: { line: { trainerSeconds: 100 } } });
    const { id } = await run(line);
    const booked = await bench.ledger.selectFrom('reservations').selectAll().where('run_id', '=', id).execute();
    expect(booked.filter(({ trainer_seconds }) => trainer_seconds > 0)).toMatchObject([
      { id: `${id}/tune`, status: 'settled', trainer_seconds: 1, tokens: 1000 },
    ]);
  });
});
