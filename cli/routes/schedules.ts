import { buildRouteMap } from '@stricli/core';
import { command, docs } from '../command.ts';
import { argument, flag, json, list, option, optional, set, tuple } from './parameters.ts';

const clock = {
  cron: list('expression', 'When, as cron in quotes: minute hour day month weekday; may be given again'),
  every: option('duration', 'Or how often: 30m, 6h, 1d'),
  timezone: option('zone', 'IANA zone that cron is read in, e.g. Europe/Berlin; default UTC'),
  overlap: option(
    'what',
    'When another run of the line is at work: skip, buffer-one or cancel-other; default: the recipe',
  ),
  catchup: option('duration', 'How late an action may be after the server was away, default 2d'),
  note: option('text', 'A note for those who read it'),
} as const;

const SCHEDULE = 'Name of a schedule';

const scheduleCreate = command({
  docs: docs(
    'Tune by the clock: each action is a run, which skips itself when there is too little to do',
    [
      ['schedule create recipe.yaml --cron "30 2 * * MON"', 'every Monday at 02:30 UTC'],
      ['schedule create recipe.yaml --every 6h --name fresh', 'every six hours, under a name of its own'],
      ['schedule create recipe.yaml --cron "0 5 * * *" --timezone Europe/Berlin', 'by the clock of Berlin'],
    ],
    'The recipe has to have a section "continuous". It is checked now, and the schedule goes on with it whatever becomes of the file; `anneal schedule update NAME RECIPE` takes a changed one over.',
  ),
  parameters: {
    flags: { ...clock, name: option('name', 'Name of the schedule; default: that of the recipe'), set, json },
    positional: tuple(argument('recipe', 'Path of the recipe file')),
  },
  load: async () => (await import('../commands/schedule/create.ts')).create,
});

const scheduleList = command({
  docs: docs('List the schedules', [['schedule list', 'when, next, taken, skipped, missed']]),
  parameters: { flags: { json } },
  load: async () => (await import('../commands/schedule/list.ts')).list,
});

const scheduleShow = command({
  docs: docs('Show a schedule: next and last actions, what was skipped or missed and why, its recipe', [
    ['schedule show fresh', 'also whether the recipe file still says what is scheduled'],
  ]),
  parameters: { flags: { json }, positional: tuple(argument('name', SCHEDULE)) },
  load: async () => (await import('../commands/schedule/show.ts')).show,
});

const schedulePause = command({
  docs: docs('Pause a schedule and the watch of its source', [
    ['schedule pause fresh --reason "labels are being cleaned"', 'runs under way go on'],
  ]),
  parameters: {
    flags: {
      reason: { kind: 'parsed', parse: String, brief: 'Why, for those who find it paused', placeholder: 'text' },
      json,
    },
    positional: tuple(argument('name', SCHEDULE)),
  },
  load: async () => (await import('../commands/schedule/pause.ts')).pause,
});

const scheduleResume = command({
  docs: docs('Let a paused schedule go on; what was not done meanwhile becomes one skipped run', [
    ['schedule resume fresh', 'the next action is the next by the clock'],
  ]),
  parameters: { flags: { json }, positional: tuple(argument('name', SCHEDULE)) },
  load: async () => (await import('../commands/schedule/pause.ts')).resume,
});

const scheduleTrigger = command({
  docs: docs('Take one action of a schedule now', [
    ['schedule trigger fresh', 'also when it is paused; `anneal trigger` can say more'],
  ]),
  parameters: { flags: { json }, positional: tuple(argument('name', SCHEDULE)) },
  load: async () => (await import('../commands/schedule/trigger.ts')).trigger,
});

const scheduleUpdate = command({
  docs: docs(
    'Change a schedule, field by field, with a line in the audit',
    [
      ['schedule update fresh recipe.yaml --dry-run', 'what would change'],
      ['schedule update fresh --cron "30 2 * * *" --timezone Europe/Berlin', 'another time'],
      ['schedule update fresh --set tune.iterations=400', 'a field of the recipe that is scheduled'],
    ],
    'With RECIPE the file is read anew, with the overrides given now. Runs under way go on with what they were started with.',
  ),
  parameters: {
    flags: { ...clock, set, dryRun: flag('Say what would change, and change nothing'), json },
    positional: tuple(argument('name', SCHEDULE), optional('recipe', 'Path of the recipe file to take over')),
  },
  load: async () => (await import('../commands/schedule/update.ts')).update,
});

const scheduleBackfill = command({
  docs: docs(
    'Take the actions of a time that has passed',
    [['schedule backfill fresh --from 2026-11-01 --to 2026-11-03', 'those that were taken are left out']],
    'They run now, one after the other, on what is new now. To replay history period by period: `anneal backfill`.',
  ),
  parameters: {
    flags: {
      from: { kind: 'parsed', parse: String, brief: 'First day (UTC) or time', placeholder: 'time' },
      to: { kind: 'parsed', parse: String, brief: 'Last time', placeholder: 'time' },
      json,
    },
    positional: tuple(argument('name', SCHEDULE)),
  },
  load: async () => (await import('../commands/schedule/backfill.ts')).backfill,
});

const scheduleDelete = command({
  docs: docs('Delete a schedule and the watch of its source; its runs stay', [['schedule delete fresh', 'for good']]),
  parameters: { flags: { json }, positional: tuple(argument('name', SCHEDULE)) },
  load: async () => (await import('../commands/schedule/delete.ts')).remove,
});

const scheduleWatch = command({
  docs: docs(
    'Tune when the source changes: files, globs, folders, datasets, queries are looked at from time to time',
    [
      ['schedule watch fresh --every 5m', 'beside the clock of the schedule'],
      ['schedule watch recipe.yaml', 'without a clock: a schedule of that name is made for it'],
    ],
    'A look reads no rows. What has changed starts a run, which decides by continuous.minNewRows and maxAge whether it is enough.',
  ),
  parameters: {
    flags: {
      every: {
        kind: 'parsed',
        parse: String,
        brief: 'Between two looks, default 5m',
        placeholder: 'duration',
        default: '5m',
      },
      json,
    },
    positional: tuple(argument('name', 'Name of a schedule, or path of a recipe file')),
  },
  load: async () => (await import('../commands/schedule/watch.ts')).watch,
});

const scheduleUnwatch = command({
  docs: docs('Stop watching the source of a schedule', [['schedule unwatch fresh', 'runs under way go on']]),
  parameters: { flags: { json }, positional: tuple(argument('name', SCHEDULE)) },
  load: async () => (await import('../commands/schedule/watch.ts')).unwatch,
});

export const schedule = buildRouteMap({
  routes: {
    create: scheduleCreate,
    list: scheduleList,
    show: scheduleShow,
    pause: schedulePause,
    resume: scheduleResume,
    trigger: scheduleTrigger,
    update: scheduleUpdate,
    backfill: scheduleBackfill,
    delete: scheduleDelete,
    watch: scheduleWatch,
    unwatch: scheduleUnwatch,
  },
  docs: { brief: 'Tune again and again, by the clock or when new rows come' },
});
