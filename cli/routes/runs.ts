import { buildRouteMap } from '@stricli/core';
import { command, docs } from '../command.ts';
import { argument, flag, json, list, option, optional, RUN, set, tuple } from './parameters.ts';

export const check = command({
  docs: docs('Find everything wrong with a recipe before any work starts', [
    ['check recipe.yaml', 'schema, rows, tokens, time, price, model, disk; exit code 2 when something is wrong'],
    ['check recipe.yaml --target gpt-4.1-mini', 'what the vendor would refuse, cut or bill: nothing is sent'],
    ['check recipe.yaml --set tune.iterations=50', 'with a field changed'],
  ]),
  parameters: {
    flags: {
      set,
      target: option('model', "Check against the limits and prices of a vendor's model, e.g. gemini-2.5-flash"),
      json,
    },
    positional: tuple(argument('recipe', 'Path of the recipe file')),
  },
  load: async () => (await import('../commands/check.ts')).check,
});

export const run = command({
  docs: docs(
    'Tune, evaluate, decide and register, as the recipe says',
    [
      ['run recipe.yaml', 'runs in the foreground; Ctrl+C leaves it running in the background'],
      ['run recipe.yaml --set tune.iterations=50 --json', 'with a field changed, the result as JSON'],
      ['run recipe.yaml --exit-verdict', 'exit code 10 when the gate rejects, 11 when it is inconclusive'],
    ],
    'A step whose inputs, settings and code are as before is not done again.',
  ),
  parameters: {
    flags: {
      set,
      detach: flag('Start and return at once'),
      refresh: list('step', 'Make this step again though nothing changed; may be given again'),
      noCache: flag('Make every step again'),
      exitVerdict: flag('Exit with 10 for reject, 11 for inconclusive and 12 for skipped'),
      json,
    },
    positional: tuple(argument('recipe', 'Path of the recipe file')),
  },
  load: async () => (await import('../commands/run.ts')).run,
});

export const backfill = command({
  docs: docs(
    'Replay history: tune period by period, as continuous tuning would have, and show what would have happened',
    [
      ['backfill recipe.yaml --periods week-1.jsonl week-2.jsonl', 'one period a file, in this order'],
      ['backfill recipe.yaml --by-time created --every 1w', 'the rows of data.train, cut by the date in a column'],
      ['backfill recipe.yaml --periods weeks/*.jsonl --what-if gate.yaml', 'by another gate, in a line of its own'],
    ],
    'The line is its own meanwhile: scheduled runs are skipped or wait, and say so. Killed or cancelled, the same command goes on: rows that were used are not new.',
  ),
  parameters: {
    flags: {
      periods: list('file', 'Files, globs or datasets, one period each; further ones may follow'),
      byTime: option('column', 'Column with the date of a row'),
      every: option('duration', 'Length of a period, e.g. 1w'),
      from: option('date', 'First date; default: that of the oldest row'),
      to: option('date', 'Rows before this date; default: all'),
      whatIf: option('gate.yaml', 'Another gate; aliases, versions and watermark of the line stay as they are'),
      lanes: {
        kind: 'parsed',
        parse: Number,
        brief: 'Evaluations at once at the end',
        placeholder: 'count',
        default: '2',
      },
      set,
      html: option('file', 'Where the page with table and plot is written; default: RUN.html'),
      detach: flag('Start and return at once'),
      json,
    },
    positional: {
      kind: 'array',
      parameter: argument('recipe', 'Path of the recipe file, and further files of periods'),
      minimum: 1,
    },
  },
  load: async () => (await import('../commands/backfill.ts')).backfill,
});

export const rerun = command({
  docs: docs(
    'Run again, linked to an older run, keeping the outputs before a step',
    [
      [
        'rerun RUN --from evaluate',
        "keeps the old run's data and model; evaluates, gates and registers with today's code",
      ],
      ['rerun RUN --from tune --set tune.learningRate=0.0005', 'trains again with another setting'],
    ],
    'Without --from it goes on at the first step that did not complete, with what that had ordered and asked; after a completed run, where something changed.',
  ),
  parameters: {
    flags: {
      from: option('step', 'First step to make again'),
      set,
      detach: flag('Start and return at once'),
      exitVerdict: flag('Exit with 10 for reject, 11 for inconclusive and 12 for skipped'),
      json,
    },
    positional: tuple(argument('run', RUN)),
  },
  load: async () => (await import('../commands/rerun.ts')).rerun,
});

export const runs = command({
  docs: docs(
    'List runs, newest first',
    [
      ['runs --limit 50', 'more than the usual 20'],
      ['runs --line support-triage --all', 'every run of one line, the skipped ones with their reasons'],
    ],
    'kind: tune, continuous, backfill, reconsider. trigger: what set it going. A skipped run did nothing, and says why.',
  ),
  parameters: {
    flags: {
      limit: { kind: 'parsed', parse: Number, brief: 'How many, default 20', placeholder: 'count', default: '20' },
      all: flag('Every one'),
      line: option('name', 'Only runs of this line: the name in the recipe'),
      json,
    },
  },
  load: async () => (await import('../commands/runs.ts')).runs,
});

export const show = command({
  docs: docs('Show a run: steps with status, seconds, cached or not, inputs and outputs', [
    ['show', 'the newest run'],
    ['show support-triage-20261124 --json', 'the one run whose id begins so, as JSON'],
  ]),
  parameters: { flags: { json }, positional: tuple(optional('run', `${RUN}; default: the newest`)) },
  load: async () => (await import('../commands/show.ts')).show,
});

export const logs = command({
  docs: docs("Show what happened in a run: events of its steps and the trainer's output", [
    ['logs RUN tune', "attempts, crashes survived, and the end of the trainer's log"],
  ]),
  parameters: {
    flags: { json },
    positional: tuple(optional('run', `${RUN}; default: the newest`), optional('step', 'Only this step')),
  },
  load: async () => (await import('../commands/logs.ts')).logs,
});

export const cancel = command({
  docs: docs("Stop a run; the trainer's whole process group is ended", [
    ['cancel RUN', 'waits until the run says cancelled'],
  ]),
  parameters: { flags: { json }, positional: tuple(argument('run', RUN)) },
  load: async () => (await import('../commands/cancel.ts')).cancel,
});

export const resume = command({
  docs: docs(
    'Raise the budget of a run that waits for it; it goes on from the same ask',
    [
      ['resume RUN --budget 5', 'it may spend 5 US dollars in all'],
      ['resume RUN --budget tokens=2000000', 'two million tokens in all'],
      ['resume RUN --budget month.trainerSeconds=600', 'ten minutes of training in this month, for this run alone'],
    ],
    'A budget is set by synthesize.limits, evaluate.limits and continuous.budget in the recipe. A run that has reached it waits, for as long as it takes, and loses nothing.',
  ),
  parameters: {
    flags: {
      budget: {
        kind: 'parsed',
        parse: String,
        brief:
          'N or usd=N in US dollars, tokens=N or trainerSeconds=N, in all; behind run., line. or month. for continuous.budget; once for each',
        placeholder: 'budget',
        variadic: true,
      },
      detach: flag('Return at once'),
      exitVerdict: flag('Exit with 10 for reject, 11 for inconclusive and 12 for skipped'),
      json,
    },
    positional: tuple(argument('run', RUN)),
  },
  load: async () => (await import('../commands/resume.ts')).resume,
});

const cacheExplain = command({
  docs: docs('Say why a step was taken from the cache or not', [
    [
      'cache explain RUN prepare',
      'hit or miss, and which named part of the key differs from the nearest earlier execution',
    ],
  ]),
  parameters: {
    flags: { json },
    positional: tuple(argument('run', RUN), argument('step', 'Name of the step')),
  },
  load: async () => (await import('../commands/cache-explain.ts')).cacheExplain,
});

export const cache = buildRouteMap({ routes: { explain: cacheExplain }, docs: { brief: 'Ask about the cache' } });

export const lineage = command({
  docs: docs(
    'Show what something was made from, and what was made from it',
    [
      ['lineage support-triage@champion --up', 'down to the training file'],
      ['lineage sha256:2c26b46b68ff --down --json', 'every model that came out of a file'],
      ['lineage support-triage@v1 --mermaid', 'a diagram for a README'],
    ],
    'REF is a digest, a unique beginning of one, name@v3, name@champion, or a run. A data file has the digest that sha256sum prints.',
  ),
  parameters: {
    flags: {
      up: flag('Only what it was made from'),
      down: flag('Only what was made from it'),
      json,
      mermaid: flag('Print a Mermaid flowchart'),
      openlineage: flag('Print OpenLineage run events, one JSON object a line'),
    },
    positional: tuple(argument('ref', 'Digest, name@version, name@alias or run')),
  },
  load: async () => (await import('../commands/lineage.ts')).lineage,
});

export const trigger = command({
  docs: docs(
    'Start a run of a schedule or of a continuous recipe now',
    [
      ['trigger fresh', 'as the schedule would'],
      ['trigger fresh --data week-48.jsonl', 'with these rows in place of its source'],
      ['trigger fresh --drift --why "complaints about refunds"', 'a trial first: only harm is followed by a training'],
      ['trigger recipe.yaml --reanchor', 'trains from the base model again'],
    ],
    'Other programs start the workflow "continuous", or send the signal "trigger" to a watch: docs/schedules.md.',
  ),
  parameters: {
    flags: {
      data: list('file', 'File, glob or folder in place of data.train.uri; may be given again'),
      drift: flag('An alarm: try the champion first'),
      why: option('text', 'What the alarm is about'),
      reanchor: flag('Train from the base model, on all rows accepted so far'),
      force: flag('Tune with fewer new rows than continuous.minNewRows'),
      detach: flag('Start and return at once'),
      exitVerdict: flag('Exit with 10 for reject, 11 for inconclusive and 12 for skipped'),
      json,
    },
    positional: tuple(argument('name', 'Name of a schedule, or path of a recipe file')),
  },
  load: async () => (await import('../commands/trigger.ts')).trigger,
});
