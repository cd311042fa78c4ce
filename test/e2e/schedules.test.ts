import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { listAudit } from '../../artifacts/ledger/audit.ts';
import { openLedger } from '../../artifacts/ledger/open.ts';
import type { ScheduleDetails, ScheduleDocument } from '../../worker/schedules/look.ts';
import type { FieldChange } from '../../worker/schedules/diff.ts';
import { makePlace, rows, TINY_RECIPE, until, writeTiny, type Place, type RunJson } from '../support/cli.ts';

/** Runs of it end at once: there are never enough rows. */
const IDLE = `${TINY_RECIPE}continuous: { minNewRows: 1000, forgetting: { require: noHarm } }\n`;

/** With every option that changes something. */
const CREATE = 'schedule create idle.yaml --timezone Europe/Berlin --overlap buffer-one --set tune.iterations=6'
  .split(' ')
  .concat('--cron', '30 2 * * MON');

function idlePlace(): Place {
  const place = makePlace();
  writeTiny(place);
  place.write('idle.yaml', IDLE);
  return place;
}

test('what is wrong with a command is one sentence and exit code 2, and starts nothing', async () => {
  const place = idlePlace();
  const said = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await place.anneal(...args);
    expect(code).toBe(2);
    return stderr.trim().replaceAll(place.folder, '/home');
  };
  expect({
    section: await said('schedule', 'create', 'recipe.yaml', '--every', '1h'),
    clock: await said('schedule', 'create', 'idle.yaml'),
    both: await said('schedule', 'create', 'idle.yaml', '--every', '1h', '--cron', '0 5 * * *'),
    every: await said('schedule', 'create', 'idle.yaml', '--every', 'hourly'),
    cron: await said('schedule', 'create', 'idle.yaml', '--cron', '5'),
    zone: await said('schedule', 'create', 'idle.yaml', '--cron', '0 5 * * *', '--timezone', 'Europe/Nowhere'),
    overlap: await said('schedule', 'create', 'idle.yaml', '--every', '1h', '--overlap', 'skipp'),
    name: await said('schedule', 'create', 'idle.yaml', '--every', '1h', '--name', 'Not This'),
    file: await said('schedule', 'create', 'none.yaml', '--every', '1h'),
    drift: await said('trigger', 'idle.yaml', '--drift'),
    state: await said('schedule', 'show', 'tiny'),
  }).toMatchInlineSnapshot(`
    {
      "both": "error: --cron and --every: expected one of the two, found both",
      "clock": "error: expected --cron "30 2 * * MON" or --every 1h; to act when new rows come, and by no clock: \`anneal schedule watch RECIPE\`",
      "cron": "error: --cron "5": expected five fields in quotes, minute hour day month weekday, e.g. "30 2 * * MON"",
      "drift": "error: --drift needs --why: what the alarm is about, in a sentence",
      "every": "error: --every: expected a whole number and a unit: s, m, h, d or w, e.g. 12h, found "hourly"",
      "file": "error: none.yaml: no such recipe file: check the path, or make one with \`anneal init\`",
      "name": "error: --name: expected lower-case letters, digits, ".", "_" and "-", at most 63 characters, found "Not This"",
      "overlap": "error: --overlap: expected one of skip, buffer-one, cancel-other, found "skipp"; did you mean "skip"?",
      "section": "error: recipe.yaml has no section "continuous": add \`continuous: {}\` for its defaults; docs/continuous.md says what they are",
      "state": "error: there is no state in /home/.anneal: go to the folder you ran \`anneal run\` in, or set ANNEAL_HOME",
      "zone": "error: --timezone: there is no time zone "Europe/Nowhere"; expected an IANA name such as Europe/Berlin, or UTC",
    }
  `);
  expect(await place.json('status')).toMatchObject({ temporal: null, workers: [] });
  expect(await place.json('schedule', 'list')).toEqual([]);
});

test('a schedule is made, shown, changed, paused, triggered and deleted', async () => {
  const place = idlePlace();
  const made = await place.json<ScheduleDetails>(...CREATE);
  expect(made).toMatchObject({
    name: 'tiny',
    clock: 'every Monday at 02:30, Europe/Berlin',
    overlap: 'buffer-one',
    catchup: '2d',
    state: 'active',
    recipe: { state: 'same' },
    watch: null,
  });
  expect(made.next.every(({ local }) => / 02:30 GMT\+[12]$/.test(local))).toBe(true);
  const again = await place.anneal('schedule', 'create', 'idle.yaml', '--every', '1h');
  expect([again.code, again.stderr]).toEqual([
    2,
    'error: there is a schedule tiny already: `anneal schedule update tiny` changes it, or give the new one another --name\n',
  ]);
  const bad = await place.anneal('schedule', 'create', 'idle.yaml', '--cron', '0 25 * * *', '--name', 'other');
  expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('Hour is not in range [0-23]')]);

  const { runId } = await place.json<{ runId: string }>('schedule', 'trigger', 'tiny');
  expect(runId).toMatch(/^tiny-\d{4}-\d\d-\d\dT[\d:]{8}Z$/);
  await until('its end', async () => (await place.json<RunJson>('show', runId)).status === 'skipped');

  place.write('idle.yaml', IDLE.replace('batchSize: 4', 'batchSize: 2'));
  const differs = await place.json<ScheduleDetails>('schedule', 'show', 'tiny');
  expect(differs.recipe).toMatchObject({ changes: [{ field: 'tune.batchSize', from: 4, to: 2 }] });
  expect(differs.actions).toMatchObject([
    { runId, status: 'skipped', reason: expect.stringContaining('too few') as string },
  ]);
  expect(differs.counts).toMatchObject({ taken: 1, skipped: 1, missed: 0, overlapped: 0 });
  expect((await place.anneal('schedule', 'show', 'tiny')).stdout).toContain('tune.batchSize: 4 → 2');

  type Updated = { changed: boolean; spec: FieldChange[]; recipe: FieldChange[] };
  const update = (...args: string[]) => place.json<Updated>('schedule', 'update', 'tiny', ...args);
  expect(await update('--overlap', 'buffer-one')).toMatchObject({ changed: false, spec: [], recipe: [] });
  const dry = await update('idle.yaml', '--every', '6h', '--dry-run');
  expect(dry.changed).toBe(false);
  expect([...dry.spec, ...dry.recipe].map(({ field }) => field)).toEqual([
    'cron',
    'every',
    'set',
    'tune.iterations',
    'tune.batchSize',
  ]);
  expect((await update('--set', 'tune.iterations=7')).recipe).toEqual([{ field: 'tune.iterations', from: 6, to: 7 }]);

  expect(await place.json('schedule', 'pause', 'tiny', '--reason', 'holidays')).toMatchObject({ isNew: true });
  rmSync(join(place.folder, 'idle.yaml'));
  const { stdout } = await place.anneal('schedule', 'show', 'tiny');
  expect(stdout).toMatch(/paused {4}by tester since .* UTC: holidays; 0 actions were not taken so far/);
  expect(stdout).toContain('idle.yaml has gone: the schedule goes on with the recipe that it was given');
  expect((await place.json<ScheduleDocument[]>('schedule', 'list'))[0]).toMatchObject({
    name: 'tiny',
    state: 'paused',
  });
  expect(await place.json('schedule', 'resume', 'tiny')).toEqual({ schedule: 'tiny', isNew: true, reason: null });

  const wrong = await place.anneal('schedule', 'show', 'tyni');
  expect([wrong.code, wrong.stderr]).toEqual([2, 'error: there is no schedule "tyni": did you mean "tiny"?\n']);
  expect(await place.json('schedule', 'delete', 'tiny')).toEqual({ schedule: 'tiny', deleted: true, unwatched: false });
  expect(await place.json('schedule', 'list')).toEqual([]);
  const ledger = await openLedger(join(place.folder, '.anneal', 'ledger.db'));
  const audited = await listAudit(ledger, 'tiny');
  await ledger.destroy();
  expect(audited.map(({ action, actor }) => [action, actor])).toEqual(
    ['delete', 'resume', 'pause', 'update', 'trigger', 'create'].map((what) => [`schedule ${what}`, 'tester']),
  );
  expect(audited[3]?.why).toBe(
    'set: ["tune.iterations=6"] → ["tune.iterations=6","tune.iterations=7"]; tune.iterations: 6 → 7',
  );
});

test('a run is triggered with rows of its own; a watch is made from a recipe alone', async () => {
  const place = idlePlace();
  place.write('week.jsonl', rows(5, 5000));
  const run = await place.json<RunJson & { reason: string }>('trigger', 'idle.yaml', '--data', 'week.jsonl');
  expect(run).toMatchObject({ status: 'skipped' });
  expect(run.reason).toContain('5 of the 1000');
  const missing = await place.anneal('trigger', 'idle.yaml', '--data', 'weak.jsonl');
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('weak.jsonl')]);

  mkdirSync(join(place.folder, 'in'));
  place.write('in/one.jsonl', rows(30));
  place.write(
    'watched.yaml',
    IDLE.replace('uri: train.jsonl', 'uri: in/*.jsonl').replace('name: tiny', 'name: watched'),
  );
  expect(await place.json('schedule', 'watch', 'watched.yaml', '--every', '1s')).toMatchObject({
    schedule: 'watched',
    isNew: true,
  });
  const actions = async (): Promise<{ pipeline: string; reason: string | null; status: string }[]> =>
    (await place.json<{ pipeline: string; reason: string | null; status: string }[]>('runs')).filter(
      ({ pipeline, status }) => pipeline === 'watched' && status === 'skipped',
    );
  await until('the first look', async () => (await actions()).length === 1);
  place.write('in/two.jsonl', rows(10, 7000));
  await until('a change', async () => (await actions()).length === 2);
  expect((await actions())[0]?.reason).toContain('40 of the 1000');
  const shown = await place.json<ScheduleDetails>('schedule', 'show', 'watched');
  expect(shown).toMatchObject({ clock: 'by no clock: on triggers alone', watch: { every: '1s' }, next: [] });
  expect(await place.json('schedule', 'unwatch', 'watched')).toEqual({ schedule: 'watched', stopped: true });
});

test('actions missed while the server was down for longer than the catch-up window are one skipped run', async () => {
  const place = idlePlace();
  await place.json('schedule', 'create', 'idle.yaml', '--every', '3s', '--catchup', '10s');
  await until('an action', async () => (await place.json<unknown[]>('runs')).length > 0);
  await place.anneal('down');
  await sleep(20_000);
  const shown = await until('the count', async () => {
    const found = await place.json<ScheduleDetails>('schedule', 'show', 'tiny');
    return found.counts.missed > 0 ? found : undefined;
  });
  await place.json('schedule', 'pause', 'tiny', '--reason', 'enough');
  const told = (await place.json<{ runId: string; reason: string | null }[]>('runs', '--limit', '200')).filter(
    ({ runId }) => runId.includes('.missed.'),
  );
  expect(shown.counts.missed).toBeGreaterThanOrEqual(2);
  expect(told.map(({ reason }) => reason)).toEqual([
    `${shown.counts.missed} actions were missed: the Temporal server was away for longer than the catch-up window of 10s`,
  ]);
});
