import { appendFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { keepSchedule } from '../../artifacts/ledger/schedules.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import { Continuous } from '../../configs/continuous.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { ScheduleSpec } from '../../configs/schedule.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { pauseSchedule, createSchedule, resumeSchedule } from '../../worker/schedules/change.ts';
import { findWatch, listWatched, startWatch, stopWatch, watchId } from '../../worker/schedules/watches.ts';
import { triggerSignal } from '../../workflows/watch.ts';
import { fakeRecipe } from '../support/fakes.ts';
import { makeBench } from '../support/workflow.ts';

/** A history of so many events is long enough here. */
const bench = makeBench({}, ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60']);

/** A recipe whose runs end at once, since there are never enough rows; its source is a glob. */
async function recipeOf(name: string, settings: object = {}): Promise<Recipe> {
  const made = await fakeRecipe(bench.folder, name);
  const train = { ...made.data.train, uri: join(bench.folder, `${name}-in-*.jsonl`) };
  const continuous = Continuous.parse({ minNewRows: 1000, ...settings });
  return { ...made, data: { ...made.data, train }, continuous };
}

/** Puts a file of rows in place at once, as if it had been written a while ago. */
function put(name: string, file: string, rows: number): void {
  const path = join(bench.folder, `${name}-in-${file}.jsonl`);
  const text = Array.from({ length: rows }, (_, i) => `${JSON.stringify({ q: `${file} ${i}`, a: 'answer 1' })}\n`);
  writeFileSync(`${path}.part`, text.join(''));
  const old = new Date(Date.now() - 60_000);
  utimesSync(`${path}.part`, old, old);
  renameSync(`${path}.part`, path);
}

async function begin(recipe: Recipe, every = '1s') {
  const { name } = recipe;
  const spec = ScheduleSpec.parse({ folder: bench.folder });
  const shelf = { client: bench.env.client, ledger: bench.ledger };
  const made = await createSchedule(shelf, { name, file: 'gone.yaml', recipe, spec, actor: 'tester' });
  await startWatch(bench.env.client, made, { every, startedBy: 'tester' });
  return { name, shelf, made, handle: bench.env.client.workflow.getHandle(watchId(name)) };
}

const runsOf = (pipeline: string): Promise<RunRow[]> =>
  bench.ledger.selectFrom('runs').selectAll().where('pipeline', '=', pipeline).orderBy('started_at').execute();

async function untilEnded(pipeline: string, count: number): Promise<RunRow[]> {
  for (let tries = 0; tries < 800; tries += 1) {
    const runs = await runsOf(pipeline);
    if (runs.filter(({ ended_at }) => ended_at !== null).length >= count) return runs;
    await sleep(25);
  }
  throw new Error(`fewer than ${count} runs of ${pipeline} have ended`);
}

test('nothing starts until there are files, then once for each change, and looks leave no trace in the history', async () => {
  const { name, handle } = await begin(await recipeOf('watched'));
  await sleep(2500);
  expect(await runsOf(name)).toEqual([]);
  const length = async (): Promise<number> => (await handle.describe()).historyLength;
  const quiet = await length();
  await sleep(2500);
  expect(await length()).toBe(quiet);
  put(name, 'one', 3);
  const [first] = await untilEnded(name, 1);
  expect(first).toMatchObject({ kind: 'continuous', trigger: 'watch:watched', status: 'skipped' });
  expect(first?.id).toMatch(/^watched-watch-[0-9a-f]{8}-1$/);
  // It waits for its turn where others would be skipped, since its source will not change again for it.
  expect((JSON.parse(first?.recipe_json ?? '') as Recipe).continuous?.overlap).toBe('queue');
  await sleep(2200);
  expect(await runsOf(name)).toHaveLength(1);
  put(name, 'two', 3);
  await untilEnded(name, 2);
  const { raw } = await handle.describe();
  expect(raw.pendingActivities?.length ?? 0).toBeLessThanOrEqual(1);
  expect(await stopWatch(bench.env.client, name)).toBe(true);
  await expect(handle.result()).rejects.toThrow('cancelled');
  expect(await stopWatch(bench.env.client, name)).toBe(false);
  const history = await handle.fetchHistory();
  const options = { workflowBundle: { codePath: await workflowBundle() } };
  await expect(Worker.runReplayHistory(options, history, watchId(name))).resolves.toBeUndefined();
});

test('a file that is still being written is waited for', async () => {
  const { name } = await begin(await recipeOf('growing'));
  const path = join(bench.folder, `${name}-in-a.jsonl`);
  for (let i = 0; i < 16; i += 1) {
    appendFileSync(path, `${JSON.stringify({ q: `row ${i}`, a: 'answer 1' })}\n`);
    await sleep(250);
  }
  expect(await runsOf(name)).toEqual([]);
  await untilEnded(name, 1);
  await sleep(1500);
  expect(await runsOf(name)).toHaveLength(1);
  await stopWatch(bench.env.client, name);
});

test('a signal starts a run at once, with what it says and without what does not fit', async () => {
  const { name, handle } = await begin(await recipeOf('signalled'), '1h');
  put('other', 'x', 2);
  const data = [join(bench.folder, 'other-in-x.jsonl')];
  await handle.signal(triggerSignal, { by: 'monitoring', data });
  await untilEnded(name, 1);
  await handle.signal('trigger', { by: 7, data: 'no list', force: 'yes' });
  await handle.signal('trigger');
  const [first, ...others] = await untilEnded(name, 3);
  expect(first).toMatchObject({ trigger: 'trigger:monitoring', started_by: 'monitoring' });
  expect(first?.reason).toContain('2 of the 1000');
  expect(others.map(({ trigger }) => trigger).toSorted()).toEqual(['trigger:7', 'trigger:somebody']);
  await stopWatch(bench.env.client, name);
});

test('a paused schedule rests its watch; a changed recipe moves it to another source', async () => {
  const recipe = await recipeOf('moved');
  const { name, shelf, made, handle } = await begin(recipe);
  await pauseSchedule(shelf, { name, actor: 'ann', why: 'labels' });
  put(name, 'one', 3);
  await sleep(2500);
  expect(await runsOf(name)).toEqual([]);
  await resumeSchedule(shelf, { name, actor: 'ann' });
  await untilEnded(name, 1);
  const train = { ...recipe.data.train, uri: join(bench.folder, 'elsewhere-in-*.jsonl') };
  const changed = { ...recipe, data: { ...recipe.data, train } };
  await keepSchedule(bench.ledger, { ...made, recipe: changed });
  const revised = await startWatch(bench.env.client, { ...made, recipe: changed }, { every: '2s', startedBy: 'bob' });
  expect(revised.isNew).toBe(false);
  put('elsewhere', 'one', 4);
  const [, second] = await untilEnded(name, 2);
  expect(second?.reason).toContain('4 of the 1000');
  expect(await findWatch(bench.env.client, name)).toMatchObject({ every: '2s', workflowId: 'watch.moved' });
  await handle.cancel();
});

test('rows that have come of age start a run though nothing has changed', async () => {
  const { name } = await begin(await recipeOf('aged', { maxAge: '3s', minNewRows: 5 }));
  put(name, 'one', 3);
  const [first, second] = await untilEnded(name, 2);
  expect(first?.status).toBe('skipped');
  expect(second?.trigger).toBe('watch:aged');
  expect(second?.reason).not.toContain('too few');
  await stopWatch(bench.env.client, name);
});

test('a long life goes on in a new history, and loses neither a change nor a signal', async () => {
  const { name, handle } = await begin(await recipeOf('long'));
  for (let i = 1; i <= 8; i += 1) {
    put(name, String(i), i);
    await handle.signal(triggerSignal, { by: 'tester' });
    await untilEnded(name, 2 * i);
  }
  const described = await handle.describe();
  expect(described.historyLength).toBeLessThan(100);
  const query = "WorkflowId = 'watch.long' AND ExecutionStatus = 'ContinuedAsNew'";
  let parts = 0;
  for await (const part of bench.env.client.workflow.list({ query })) parts += part.historyLength === 0 ? 0 : 1;
  expect(parts).toBeGreaterThanOrEqual(1);
  const ids = (await runsOf(name)).map(({ id }) => id);
  expect(new Set(ids).size).toBe(16);
  expect((await listWatched(bench.env.client)).get('long')).toMatchObject({ every: '1s' });
  await stopWatch(bench.env.client, name);
});
