import { buildRouteMap } from '@stricli/core';
import { command, docs } from '../command.ts';
import { argument, flag, json, option, RUN, tuple } from './parameters.ts';

const jobsList = command({
  docs: docs(
    'List training jobs at vendors: whose they are, how far, how old, what they cost',
    [
      ['jobs', 'those that are not over'],
      ['jobs --all --run RUN --json', 'every job of a run'],
    ],
    'A cost is an estimate until the vendor has counted. adopted: found by its label, not ordered again. More in docs/jobs.md.',
  ),
  parameters: {
    flags: { run: option('run', RUN), all: flag('Also those that are over'), json },
  },
  load: async () => (await import('../commands/jobs/list.ts')).list,
});

const jobsOrphans = command({
  docs: docs(
    'Find jobs at vendors that no unfinished run owns',
    [
      ['jobs orphans', 'asks every project and server that jobs were ordered from'],
      ['jobs orphans --recipe recipe.yaml', 'and the one that a recipe names, e.g. after the state folder was lost'],
      ['jobs orphans --cancel', 'cancels those of this state folder that go on'],
    ],
    'A job that a run waits for is never cancelled. One that this state folder does not know may be waited for by a run of another machine: it is cancelled with --unknown only.',
  ),
  parameters: {
    flags: {
      cancel: flag('Cancel those that go on'),
      unknown: flag('With --cancel: also those that this state folder does not know'),
      recipe: option('recipe', 'Ask the vendor that this recipe names, too'),
      json,
    },
  },
  load: async () => (await import('../commands/jobs/orphans.ts')).orphans,
});

const JOB = argument('job', "Label of a job, the beginning of one, or the vendor's name");

const jobsWait = command({
  docs: docs('Let a job that gets no further go on', [['jobs wait 3f2a', 'all its times begin anew']]),
  parameters: { flags: { json }, positional: tuple(JOB) },
  load: async () => (await import('../commands/jobs/decide.ts')).wait,
});

const jobsCancel = command({
  docs: docs('Cancel a job at its vendor', [
    ['jobs cancel 3f2a', 'the run that waits for it fails; one that nobody waits for is cancelled at once'],
  ]),
  parameters: { flags: { json }, positional: tuple(JOB) },
  load: async () => (await import('../commands/jobs/decide.ts')).cancel,
});

const jobsResubmit = command({
  docs: docs('Cancel a job that gets no further and order it once more', [
    ['jobs resubmit 3f2a', 'in tune.watchdog.elsewhere, where the recipe has it'],
  ]),
  parameters: { flags: { json }, positional: tuple(JOB) },
  load: async () => (await import('../commands/jobs/decide.ts')).resubmit,
});

export const jobs = buildRouteMap({
  routes: { list: jobsList, orphans: jobsOrphans, wait: jobsWait, cancel: jobsCancel, resubmit: jobsResubmit },
  defaultCommand: 'list',
  docs: { brief: 'Look after training jobs at vendors' },
});
