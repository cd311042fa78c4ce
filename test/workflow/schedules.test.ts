import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { settleSchedule } from '../../activities/schedules/settle.ts';
import { actionTimes } from '../../activities/schedules/times.ts';
import { listAudit } from '../../artifacts/ledger/audit.ts';
import { findSchedule, lastActions, type KeptSchedule } from '../../artifacts/ledger/schedules.ts';
import { Continuous } from '../../configs/continuous.ts';
import { readRecipe } from '../../configs/recipe-file.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { ScheduleSpec } from '../../configs/schedule.ts';
import {
  createSchedule,
  deleteSchedule,
  pauseSchedule,
  planUpdate,
  resumeSchedule,
  updateSchedule,
  type Shelf,
} from '../../worker/schedules/change.ts';
import { listAll, showSchedule, stateOfFile } from '../../worker/schedules/look.ts';
import { backfillSchedule, takeAction } from '../../worker/schedules/trigger.ts';
import { timeIn } from '../../worker/schedules/clock.ts';
import { fakeRecipe } from '../support/fakes.ts';
import { makeBench } from '../support/workflow.ts';

const bench = makeBench();
const shelf = (): Shelf => ({ client: bench.env.client, ledger: bench.ledger });
const spec = (given: object): ScheduleSpec => ScheduleSpec.parse({ folder: bench.folder, ...given });

/** A recipe whose runs end at once, since there are never enough rows. */
async function idle(name: string): Promise<Recipe> {
  return { ...(await fakeRecipe(bench.folder, name)), continuous: Continuous.parse({ minNewRows: 1000 }) };
}

async function create(name: string, given: object): Promise<KeptSchedule> {
  const recipe = await idle(name);
  const wanted = { name, file: join(bench.folder, `${name}.yaml`), recipe, spec: spec(given), actor: 'tester' };
  return createSchedule(shelf(), wanted);
}

const audited = async (name: string): Promise<string[]> =>
  (await listAudit(bench.ledger, name)).map(({ action, why }) => `${action}: ${why}`);

async function untilEnded(name: string, count: number) {
  for (let tries = 0; tries < 400; tries += 1) {
    const runs = await lastActions(bench.ledger, name, 100);
    if (runs.filter(({ ended_at }) => ended_at !== null).length >= count) return runs;
    await sleep(25);
  }
  throw new Error(`fewer than ${count} runs of ${name} have ended`);
}

test('a schedule is in Temporal and in the ledger, with the checked recipe and an audit row', async () => {
  const made = await create('nightly', { cron: ['30 2 * * *'], overlap: 'cancel-other', note: 'for the night' });
  const described = await bench.env.client.schedule.getHandle('nightly').describe();
  const { action, policies, state } = described;
  expect(action).toMatchObject({ workflowType: 'continuous', taskQueue: 'anneal-control', workflowId: 'nightly' });
  expect(action.args).toEqual([{ recipe: made.recipe, startedBy: 'tester', trigger: 'schedule:nightly' }]);
  expect(made.recipe.continuous?.overlap).toBe('cancel');
  expect(policies).toEqual({ overlap: 'ALLOW_ALL', catchupWindow: 2 * 86_400_000, pauseOnFailure: false });
  expect(state.note).toBe('for the night');
  expect(await audited('nightly')).toEqual(['schedule create: every day at 02:30, UTC; for the night']);
  const shown = await showSchedule(shelf(), made);
  expect(shown.next).toHaveLength(5);
  expect(shown).toMatchObject({
    state: 'active',
    overlap: 'cancel-other',
    counts: { taken: 0, skipped: 0, missed: 0 },
  });
});

test('what is wrong is refused with a sentence, and leaves nothing behind', async () => {
  await create('taken', { every: '1h' });
  const refused = async (name: string, given: object): Promise<string> =>
    create(name, given).then(
      () => 'made',
      (error: Error) => error.message,
    );
  expect({
    again: await refused('taken', { every: '2h' }),
    hour: await refused('bad', { cron: ['0 25 * * *'] }),
    never: await refused('bad', { cron: ['0 0 30 2 *'] }),
    zone: await refused('bad', { cron: ['0 5 * * *'], timezone: 'europe/berlin' }),
  }).toMatchInlineSnapshot(`
    {
      "again": "there is a schedule taken already: \`anneal schedule update taken\` changes it, or give the new one another --name",
      "hour": "--cron "0 25 * * *": Hour is not in range [0-23]; expected minute hour day month weekday, e.g. "30 2 * * MON"",
      "never": "--cron "0 0 30 2 *": there is no such day or time, now or later",
      "zone": "--timezone europe/berlin: unknown time zone europe/berlin; expected an IANA name such as Europe/Berlin",
    }
  `);
  expect(await findSchedule(bench.ledger, 'bad')).toBeUndefined();
  expect(await audited('bad')).toEqual([]);
  await expect(bench.env.client.schedule.getHandle('bad').describe()).rejects.toThrow('not found');
});

test('at the switch of daylight saving a time that does not exist is left out, and one that comes twice is taken once', async () => {
  await create('berlin', { cron: ['30 2 * * *'], timezone: 'Europe/Berlin' });
  const local = async (from: string, to: string): Promise<string[]> => {
    const range = { from: new Date(from), to: new Date(to) };
    return (await actionTimes(bench.env.client.schedule, 'berlin', range)).map((at) => timeIn('Europe/Berlin', at));
  };
  // On 2027-03-28 the clock goes from 02:00 to 03:00.
  expect(await local('2027-03-26T12:00:00Z', '2027-03-30T12:00:00Z')).toEqual([
    '2027-03-27 02:30 GMT+1',
    '2027-03-29 02:30 GMT+2',
    '2027-03-30 02:30 GMT+2',
  ]);
  // On 2027-10-31 it goes from 03:00 back to 02:00: of the two 02:30 the second is taken.
  expect(await local('2027-10-29T12:00:00Z', '2027-11-01T12:00:00Z')).toEqual([
    '2027-10-30 02:30 GMT+2',
    '2027-10-31 02:30 GMT+1',
    '2027-11-01 02:30 GMT+1',
  ]);
  const zone = await createSchedule(shelf(), {
    name: 'paris',
    file: 'gone.yaml',
    recipe: await idle('paris'),
    spec: spec({ cron: ['0 5 * * *'], timezone: 'Europe/Berlin' }),
    actor: 'tester',
  });
  // The zone of a schedule may change: the clock is read anew.
  const wanted = { ...zone, spec: { ...zone.spec, timezone: 'UTC' }, actor: 'tester' };
  await updateSchedule(shelf(), planUpdate(zone, wanted), wanted);
  const range = { from: new Date('2027-07-01T00:00:00Z'), to: new Date('2027-07-02T00:00:00Z') };
  expect(await actionTimes(bench.env.client.schedule, 'paris', range)).toEqual([new Date('2027-07-01T05:00:00Z')]);
});

test('more times than an answer of the server holds are counted all the same', async () => {
  await create('often', { every: '10s' });
  const range = { from: new Date('2027-01-01T00:00:00Z'), to: new Date('2027-01-01T06:00:00Z') };
  expect(await actionTimes(bench.env.client.schedule, 'often', range)).toHaveLength(2160);
  expect(await actionTimes(bench.env.client.schedule, 'often', { ...range, most: 1500 })).toHaveLength(1500);
});

test('what was not taken in a pause is one skipped run, however often it is told', async () => {
  const { name } = await create('rested', { every: '1s' });
  expect((await pauseSchedule(shelf(), { name, actor: 'ann', why: 'labels are bad' })).isNew).toBe(true);
  expect((await pauseSchedule(shelf(), { name, actor: 'bob', why: 'other' })).isNew).toBe(false);
  expect((await bench.env.client.schedule.getHandle(name).describe()).state).toMatchObject({
    paused: true,
    note: 'by ann: labels are bad',
  });
  await sleep(2200);
  const notTaken = async () => (await lastActions(bench.ledger, name, 100)).filter(({ id }) => id.includes('.paused.'));
  const shown = await showSchedule(shelf(), (await findSchedule(bench.ledger, name)) as KeptSchedule);
  expect(shown).toMatchObject({ state: 'paused', paused: { by: 'ann', why: 'labels are bad' } });
  expect(shown.paused?.notTaken).toBeGreaterThanOrEqual(2);
  expect((await notTaken()).map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/^paused by ann from .* UTC on \(labels are bad\): \d+ actions were not taken so far$/),
  ]);
  await sleep(1100);
  const { reason, isNew } = await resumeSchedule(shelf(), { name, actor: 'bob' });
  expect(isNew).toBe(true);
  expect(reason).toMatch(/^paused by ann from .* UTC to .* UTC \(labels are bad\): \d+ actions were not taken$/);
  expect((await resumeSchedule(shelf(), { name, actor: 'bob' })).isNew).toBe(false);
  await settleSchedule(bench.env.client.schedule, bench.ledger, name);
  const [run, ...more] = await notTaken();
  expect(more).toEqual([]);
  expect(run).toMatchObject({ status: 'skipped', kind: 'continuous', trigger: 'schedule:rested', reason });
  expect(await audited(name)).toEqual([
    `schedule resume: ${reason}`,
    'schedule pause: labels are bad',
    'schedule create: every 1s',
  ]);
  await deleteSchedule(shelf(), { schedule: (await findSchedule(bench.ledger, name)) as KeptSchedule, actor: 'ann' });
  expect(await findSchedule(bench.ledger, name)).toBeUndefined();
});

test('a pause that was made and ended outside of anneal is told, too', async () => {
  const { name } = await create('outside', { every: '1s' });
  const handle = bench.env.client.schedule.getHandle(name);
  await handle.pause('maintenance');
  await sleep(2200);
  const paused = await settleSchedule(bench.env.client.schedule, bench.ledger, name);
  expect(paused?.schedule.told.paused).toMatchObject({ by: 'somebody outside of anneal', why: 'maintenance' });
  await handle.unpause();
  await untilEnded(name, 2);
  // By the next run of the schedule, or by whoever looks first.
  await settleSchedule(bench.env.client.schedule, bench.ledger, name);
  const told = (await lastActions(bench.ledger, name, 100)).filter(({ id }) => id.includes('.paused.'));
  expect(told.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/^paused by somebody .* \(maintenance\): \d actions? (was|were) not taken$/),
  ]);
  await handle.pause('enough');
});

test('a change is told field by field, does nothing twice, and keeps a pause', async () => {
  const made = await create('changing', { every: '1h' });
  await pauseSchedule(shelf(), { name: 'changing', actor: 'ann', why: 'wait' });
  const kept = (await findSchedule(bench.ledger, 'changing')) as KeptSchedule;
  const same = { file: made.file, recipe: made.recipe, spec: made.spec, actor: 'bob' };
  const nothing = planUpdate(kept, same);
  expect([nothing.recipe, nothing.spec]).toEqual([[], []]);
  const wanted = {
    ...same,
    recipe: { ...made.recipe, tune: { ...made.recipe.tune, iterations: 7 } },
    spec: spec({ cron: ['0 5 * * *'], timezone: 'Europe/Berlin', overlap: 'buffer-one' }),
  };
  const plan = planUpdate(kept, wanted);
  await updateSchedule(shelf(), plan, wanted);
  expect([...plan.spec, ...plan.recipe].map(({ field }) => field)).toEqual([
    'cron',
    'every',
    'timezone',
    'overlap',
    'tune.iterations',
    'continuous.overlap',
  ]);
  const { state, action, spec: now } = await bench.env.client.schedule.getHandle('changing').describe();
  expect(state).toMatchObject({ paused: true, note: 'by ann: wait' });
  expect(now.timezone).toBe('Europe/Berlin');
  expect(now.intervals).toEqual([]);
  const [input] = action.args as [{ recipe: Recipe }];
  expect(input.recipe.tune.iterations).toBe(7);
  expect(input.recipe.continuous?.overlap).toBe('queue');
  expect((await audited('changing'))[0]).toBe(
    'schedule update: cron: [] → ["0 5 * * *"]; every: "1h" → null; timezone: "UTC" → "Europe/Berlin"; overlap: null → "buffer-one"; tune.iterations: 200 → 7; continuous.overlap: "skip" → "queue"',
  );
  const bad = { ...wanted, spec: spec({ cron: ['0 0 31 2 *'] }) };
  const after = (await findSchedule(bench.ledger, 'changing')) as KeptSchedule;
  await expect(updateSchedule(shelf(), planUpdate(after, bad), bad)).rejects.toThrow('there is no such day');
  expect((await bench.env.client.schedule.getHandle('changing').describe()).info.nextActionTimes.length).toBe(10);
});

test('a recipe file that differs or has gone is told, and the schedule goes on with what it was given', async () => {
  const file = join(bench.folder, 'filed.yaml');
  const { name: _name, ...fields } = await idle('filed');
  const write = (iterations: number): void =>
    writeFileSync(file, stringify({ name: 'filed', ...fields, tune: { ...fields.tune, iterations } }));
  write(100);
  const { recipe, problems } = readRecipe(file);
  expect(problems).toEqual([]);
  const wanted = { name: 'filed', file, recipe: recipe as Recipe, spec: spec({ every: '1h' }), actor: 'tester' };
  const made = await createSchedule(shelf(), wanted);
  expect(stateOfFile(made)).toEqual({ file, state: 'same' });
  write(200);
  expect(stateOfFile(made)).toEqual({
    file,
    state: 'differs',
    changes: [{ field: 'tune.iterations', from: 100, to: 200 }],
  });
  writeFileSync(file, 'name: [');
  expect(stateOfFile(made)).toMatchObject({ state: 'unreadable' });
  rmSync(file);
  expect((await showSchedule(shelf(), made)).recipe).toEqual({ file, state: 'gone' });
  const id = await takeAction(shelf(), { schedule: made, actor: 'tester' });
  expect(id).toMatch(/^filed-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const [run] = await untilEnded('filed', 1);
  expect(run).toMatchObject({ id, status: 'skipped', kind: 'continuous' });
  expect((JSON.parse(run?.recipe_json ?? '{}') as Recipe).tune.iterations).toBe(100);
});

test('a backfill takes the actions of a time one after the other, and none that was taken', async () => {
  const schedule = await create('late', { cron: ['0 * * * *'] });
  const order = { schedule, from: new Date('2026-11-01T00:00:00Z'), to: new Date('2026-11-01T03:00:00Z') };
  const first = await backfillSchedule(shelf(), { ...order, to: new Date('2026-11-01T01:00:00Z'), actor: 'tester' });
  expect(first).toEqual({ due: 2, taken: ['late-2026-11-01T00:00:00Z', 'late-2026-11-01T01:00:00Z'] });
  await untilEnded('late', 2);
  const second = await backfillSchedule(shelf(), { ...order, actor: 'tester' });
  expect(second).toEqual({ due: 4, taken: ['late-2026-11-01T02:00:00Z', 'late-2026-11-01T03:00:00Z'] });
  const runs = await untilEnded('late', 4);
  expect(runs.map(({ id }) => id.slice(-9))).toEqual(['03:00:00Z', '02:00:00Z', '01:00:00Z', '00:00:00Z']);
  expect(await backfillSchedule(shelf(), { ...order, actor: 'tester' })).toEqual({ due: 4, taken: [] });
  const { counts, actions } = await showSchedule(shelf(), schedule);
  expect(counts).toMatchObject({ taken: 4, skipped: 4, overlapped: 0, failed: 0 });
  expect(actions[0]?.reason).toContain('too few new rows');
});

test('all schedules are listed, one whose Temporal database is gone among them', async () => {
  const lost = await create('lost', { every: '1h' });
  await create('found', { every: '1h' });
  await create('halted', { every: '1h' });
  await pauseSchedule(shelf(), { name: 'halted', actor: 'ann', why: 'wait' });
  await bench.env.client.schedule.getHandle('lost').delete();
  const listed = await listAll(shelf());
  const statesIn = (found: typeof listed) => Object.fromEntries(found.map(({ name, state }) => [name, state]));
  expect(statesIn(listed)).toMatchObject({ lost: 'gone', halted: 'paused', found: 'active' });
  // Of many, what Temporal lists is believed; it knows of what was deleted a little later.
  let many = listed;
  for (let tries = 0; statesIn(many)['lost'] !== 'gone' || tries === 0; tries += 1) {
    expect(tries).toBeLessThan(300);
    many = await listAll(shelf(), 1);
    await sleep(100);
  }
  const withoutTimes = (found: typeof listed) => found.map((one) => ({ ...one, counts: 0, next: one.next.length }));
  expect(withoutTimes(many)).toEqual(withoutTimes(listed));
  await expect(pauseSchedule(shelf(), { name: 'lost', actor: 'ann', why: 'x' })).rejects.toThrow(
    'anneal schedule delete lost',
  );
  await deleteSchedule(shelf(), { schedule: lost, actor: 'ann' });
  expect((await listAll(shelf())).map(({ name }) => name)).not.toContain('lost');
});
