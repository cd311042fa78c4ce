import { buildApplication, buildRouteMap, text_en } from '@stricli/core';
import { command, docs } from './command.ts';

const json = {
  kind: 'boolean',
  brief: 'Print one JSON document to stdout, and nothing else there',
  withNegated: false,
  default: false,
} as const;
const flag = <const Brief extends string>(brief: Brief) =>
  ({ kind: 'boolean', brief, withNegated: false, default: false }) as const;
const option = <const Placeholder extends string>(placeholder: Placeholder, brief: string) =>
  ({ kind: 'parsed', parse: String, brief, placeholder, optional: true }) as const;
const list = <const Placeholder extends string>(placeholder: Placeholder, brief: string) =>
  ({ kind: 'parsed', parse: String, brief, placeholder, optional: true, variadic: true }) as const;
const argument = <const Placeholder extends string>(placeholder: Placeholder, brief: string) =>
  ({ parse: String, brief, placeholder }) as const;
const optional = <const Placeholder extends string>(placeholder: Placeholder, brief: string) =>
  ({ parse: String, brief, placeholder, optional: true }) as const;
const tuple = <const Parameters extends readonly unknown[]>(...parameters: Parameters) =>
  ({ kind: 'tuple', parameters }) as const;

const set = list('field=value', 'Override a field of the recipe, e.g. tune.iterations=100; may be given again');
const RUN = 'Id of a run, or the beginning of one';

const init = command({
  docs: docs('Write a commented recipe with sample rows that run as they are', [
    ['init my-model', 'makes my-model/ with recipe.yaml, data/ and a tiny base model'],
  ]),
  parameters: { flags: { json }, positional: tuple(optional('folder', 'Where; default: the current folder')) },
  load: async () => (await import('./commands/init.ts')).init,
});

const up = command({
  docs: docs(
    'Start the local Temporal server and a worker in the background',
    [['up', 'starts what is not running yet and prints the address of the Temporal UI']],
    'Safe to call at any time; `anneal run` does it by itself. The server keeps its state in .anneal/server and takes the next free port when its own is taken.',
  ),
  parameters: { flags: { json } },
  load: async () => (await import('./commands/up.ts')).up,
});

const down = command({
  docs: docs('Stop the worker, trainers (after a checkpoint) and the local server', [
    ['down', 'runs that are not finished go on after the next `anneal up`'],
  ]),
  parameters: { flags: { json } },
  load: async () => (await import('./commands/down.ts')).down,
});

const status = command({
  docs: docs('Show what runs in the background', [
    ['status --json', 'process ids, addresses, and which run is training'],
  ]),
  parameters: { flags: { json } },
  load: async () => (await import('./commands/status.ts')).status,
});

const check = command({
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
  load: async () => (await import('./commands/check.ts')).check,
});

const run = command({
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
  load: async () => (await import('./commands/run.ts')).run,
});

const backfill = command({
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
  load: async () => (await import('./commands/backfill.ts')).backfill,
});

const rerun = command({
  docs: docs(
    'Run again, linked to an older run, keeping the outputs before a step',
    [
      [
        'rerun RUN --from evaluate',
        "keeps the old run's data and model; evaluates, gates and registers with today's code",
      ],
      ['rerun RUN --from tune --set tune.learningRate=0.0005', 'trains again with another setting'],
    ],
    'Without --from it begins at the first step that did not complete; after a completed run, where something changed.',
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
  load: async () => (await import('./commands/rerun.ts')).rerun,
});

const runs = command({
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
  load: async () => (await import('./commands/runs.ts')).runs,
});

const show = command({
  docs: docs('Show a run: steps with status, seconds, cached or not, inputs and outputs', [
    ['show', 'the newest run'],
    ['show support-triage-20261124 --json', 'the one run whose id begins so, as JSON'],
  ]),
  parameters: { flags: { json }, positional: tuple(optional('run', `${RUN}; default: the newest`)) },
  load: async () => (await import('./commands/show.ts')).show,
});

const logs = command({
  docs: docs("Show what happened in a run: events of its steps and the trainer's output", [
    ['logs RUN tune', "attempts, crashes survived, and the end of the trainer's log"],
  ]),
  parameters: {
    flags: { json },
    positional: tuple(optional('run', `${RUN}; default: the newest`), optional('step', 'Only this step')),
  },
  load: async () => (await import('./commands/logs.ts')).logs,
});

const cancel = command({
  docs: docs("Stop a run; the trainer's whole process group is ended", [
    ['cancel RUN', 'waits until the run says cancelled'],
  ]),
  parameters: { flags: { json }, positional: tuple(argument('run', RUN)) },
  load: async () => (await import('./commands/cancel.ts')).cancel,
});

const resume = command({
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
  load: async () => (await import('./commands/resume.ts')).resume,
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
  load: async () => (await import('./commands/cache-explain.ts')).cacheExplain,
});

const cache = buildRouteMap({ routes: { explain: cacheExplain }, docs: { brief: 'Ask about the cache' } });

const lineage = command({
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
  load: async () => (await import('./commands/lineage.ts')).lineage,
});

const models = command({
  docs: docs('List registered models with versions, aliases and verdicts', [
    ['models', 'every line of models'],
    ['models support-triage', 'one line, with its audit trail'],
  ]),
  parameters: { flags: { json }, positional: tuple(optional('name', 'Only this line, with its audit trail')) },
  load: async () => (await import('./commands/models.ts')).models,
});

const why = {
  why: option('text', 'Reason, for the audit'),
  reason: option('text', 'The same as --why'),
};

const promote = command({
  docs: docs(
    'Point an alias at a version, by hand',
    [
      [
        'promote support-triage@v3 --why "seen by the team"',
        'makes version 3 the champion and writes it into the audit',
      ],
      ['promote support-triage@v3 --expect v2', 'only if the champion is still version 2'],
    ],
    'Refused where the line is frozen, where the model is damaged or gone, and where the promotion was re-opened.',
  ),
  parameters: {
    flags: {
      alias: option('alias', 'Which alias, default champion'),
      expect: option('version', 'Version that the alias has to point to now, or "none"'),
      ...why,
      force: flag('Also one whose promotion was re-opened'),
      json,
    },
    positional: tuple(argument('name@vN', 'A version, e.g. support-triage@v3')),
  },
  load: async () => (await import('./commands/promote.ts')).promote,
});

const rollback = command({
  docs: docs(
    'Point an alias back at an earlier champion',
    [
      [
        'rollback support-triage',
        'the champion becomes the last clean one before it; says what is passed over and why',
      ],
      ['rollback support-triage --to v2 --why "complaints"', 'or a version by its number'],
    ],
    'Passed over: versions that were rolled back from, whose promotion was re-opened, or whose model is damaged or gone.',
  ),
  parameters: {
    flags: {
      alias: option('alias', 'Which alias, default champion'),
      to: option('version', 'Version to go back to, e.g. v2; default: the last clean champion'),
      ...why,
      json,
    },
    positional: tuple(argument('name', 'Name of the line of models')),
  },
  load: async () => (await import('./commands/rollback.ts')).rollback,
});

const freeze = command({
  docs: docs(
    'Keep the aliases of a line of models where they are',
    [['freeze support-triage --reason "release week"', 'nothing promotes or rolls back until it is unfrozen']],
    'Runs go on and register what they tune; they do not promote, and say so.',
  ),
  parameters: {
    flags: {
      reason: { kind: 'parsed', parse: String, brief: 'Why, for everybody who is refused', placeholder: 'text' },
      json,
    },
    positional: tuple(argument('name', 'Name of the line of models')),
  },
  load: async () => (await import('./commands/freeze.ts')).freeze,
});

const unfreeze = command({
  docs: docs('Let the aliases of a line of models move again', [
    ['unfreeze support-triage', 'what was not promoted meanwhile is not promoted now: `anneal promote` does that'],
  ]),
  parameters: {
    flags: { reason: option('text', 'Reason, for the audit'), json },
    positional: tuple(argument('name', 'Name of the line of models')),
  },
  load: async () => (await import('./commands/freeze.ts')).unfreeze,
});

const history = command({
  docs: docs(
    "Tell a model's life in lines, oldest first",
    [
      ['history support-triage', 'versions, promotions, rejections, skips, approvals, freezes, rollbacks'],
      ['history support-triage --json', 'every event by itself, with its numbers'],
    ],
    'Skipped runs between two other events are one line.',
  ),
  parameters: {
    flags: { limit: option('count', 'Only the newest so many, default 100 lines; with --json all events'), json },
    positional: tuple(argument('name', 'Name of the line of models')),
  },
  load: async () => (await import('./commands/history.ts')).history,
});

const who = {
  as: option('name', 'Who decides; default: ANNEAL_USER, or the user of this system'),
  role: option('role', 'Role that you have, where the recipe asks for one; also from ANNEAL_ROLES'),
};

const approvals = command({
  docs: docs(
    'List runs that wait for people to approve a model, with what the decision rests on',
    [
      ['approvals', 'gain with interval, evidence by digest, who has approved, and when it expires'],
      ['approvals --all --json', 'those that have ended as well, as JSON'],
    ],
    'A recipe asks people with `approve:`. The run waits for weeks at no cost, across restarts.',
  ),
  parameters: { flags: { all: flag('Also those that have ended, newest first'), json } },
  load: async () => (await import('./commands/approvals.ts')).approvals,
});

const approve = command({
  docs: docs(
    'Approve the model that a run asks about',
    [
      ['approve RUN --note "read twenty answers"', 'as ANNEAL_USER, or the user of this system'],
      ['approve RUN --as ann --role model-owner', 'where the recipe asks for a role'],
    ],
    'The decision is bound to the evidence as `anneal approvals` shows it. Where something changed since (another champion, a damaged artifact, a retired judge, a frozen line) it is refused, with exit code 2.',
  ),
  parameters: {
    flags: { note: option('text', 'A note, for the audit'), ...who, json },
    positional: tuple(argument('run', RUN)),
  },
  load: async () => (await import('./commands/approve.ts')).approve,
});

const reject = command({
  docs: docs('Reject the model that a run asks about; one rejection is enough', [
    ['reject RUN --reason "worse on refunds"', 'the champion stays, and the reason is in the audit'],
  ]),
  parameters: {
    flags: {
      reason: { kind: 'parsed', parse: String, brief: 'Why, for the audit', placeholder: 'text' },
      ...who,
      json,
    },
    positional: tuple(argument('run', RUN)),
  },
  load: async () => (await import('./commands/approve.ts')).reject,
});

const line = command({
  docs: docs(
    'Show a line of continuous tuning: each model on each slice, and what each period came to',
    [
      ['line support-triage', 'the table model × slice, the champion over time, the periods'],
      ['line support-triage --html line.html', 'the same as a page with plots'],
    ],
    'A slice is the frozen test rows that an accepted period added. At most 40 models and slices are shown; --json has all.',
  ),
  parameters: {
    flags: {
      metric: option('metric', 'Another metric than the one that the gate decides by'),
      html: option('file', 'Write a page, too'),
      json,
    },
    positional: tuple(argument('name', 'Name of the line: that of its recipe')),
  },
  load: async () => (await import('./commands/line.ts')).line,
});

const verify = command({
  docs: docs('Hash every artifact again and compare', [['verify', 'exit code 1 when something is damaged or missing']]),
  parameters: { flags: { json } },
  load: async () => (await import('./commands/verify.ts')).verify,
});

const gc = command({
  docs: docs('Remove what no name, run or lineage needs', [
    ['gc', 'shows what would go'],
    ['gc --apply', 'removes it'],
  ]),
  parameters: { flags: { apply: flag('Remove; without it only shown'), json } },
  load: async () => (await import('./commands/gc.ts')).gc,
});

const sync = command({
  docs: docs(
    'Compare the copies at Google Cloud with the ledger, and set them right',
    [
      ['sync', 'the newest run whose recipe has google.mirror, and its line of models'],
      ['sync --all', 'every line and every run'],
      ['sync RUN --dry-run --json', 'only what would be done, as JSON; exit code 1 when there is something'],
    ],
    'Copies are in the Vertex Model Registry, on an endpoint, in ML Metadata, Experiments and Dataplex, as the recipe asks; and where artifacts lie in a bucket, aliases are noted beside them. Nothing is read from there as the truth: docs/google-cloud-mirror.md.',
  ),
  parameters: {
    flags: {
      all: flag('Every line and every run that has ended'),
      dryRun: flag('Change nothing; say what would be done'),
      json,
    },
    positional: tuple(optional('run', `${RUN}; default: the newest that asks for copies`)),
  },
  load: async () => (await import('./commands/sync.ts')).sync,
});

const schema = command({
  docs: docs("Print the recipe's JSON Schema, for editors", [
    ['schema > recipe.schema.json', 'then: # yaml-language-server: $schema=recipe.schema.json'],
  ]),
  parameters: { flags: { json } },
  load: async () => (await import('./commands/schema.ts')).schema,
});

const doctor = command({
  docs: docs('Check what set-up made on this machine, or what runs at Google Cloud need', [
    ['doctor', 'Node, packages, Temporal, trainer, OpenBLAS, disk'],
    ['doctor --cloud recipe.yaml', 'identity, project, location, permissions, APIs and buckets, each with what to do'],
  ]),
  parameters: {
    flags: { cloud: flag('Check Google Cloud instead: nothing is changed there'), json },
    positional: tuple(optional('recipe', 'With --cloud: a recipe whose project, location and buckets are checked')),
  },
  load: async () => (await import('./commands/doctor.ts')).doctor,
});

const reading = {
  format: option('format', 'How rows are written, default auto: told from their keys; or openai, vertex, columns, …'),
  recipe: option('recipe', 'Read rows as this recipe does: its template, label, tokenizer'),
  label: option('column', 'Column that names the class of a row'),
};
const DATA = 'A file, glob or folder; a dataset (name@v1, digest); a model or run for what it was trained on';

const dataAdd = command({
  docs: docs(
    'Bring files in as a dataset with a name and a version',
    [
      [
        'data add golden.jsonl --name golden --kind eval',
        'golden@v1: from now on no training row may repeat one of its rows',
      ],
      [
        'data add mended.csv --name style --kind sft --recipe recipe.yaml',
        'columns, read through the template of a recipe',
      ],
    ],
    'Kinds: sft, preference, eval, adversarial, few-shot, grounding, feedback, prompts. Other rows under the same name are its next version. A recipe takes a dataset as a source by its name: data.train.uri: style@v1 (or style@latest).',
  ),
  parameters: {
    flags: {
      name: {
        kind: 'parsed',
        parse: String,
        brief: 'Name of the dataset; lower-case letters, digits, . _ -',
        placeholder: 'name',
      },
      kind: { kind: 'parsed', parse: String, brief: 'What its rows are for, e.g. eval', placeholder: 'kind' },
      maxBadShare: option('share', 'Largest share of rows that may be unreadable, 0 to 1, default 0'),
      ...reading,
      json,
    },
    positional: { kind: 'array', parameter: argument('file', 'File, glob or folder of rows'), minimum: 1 },
  },
  load: async () => (await import('./commands/datasets/add.ts')).add,
});

const dataConfirm = command({
  docs: docs(
    'Say that synthetic rows are right, so that they may be in a test set',
    [
      [
        'data confirm sha256:2c26b46b68ff --name golden --why "read by two of us"',
        'golden@v1, of kind eval, and a line in the audit',
      ],
    ],
    'Read every row first. `anneal show RUN` names the digest of the drafts that a run made.',
  ),
  parameters: {
    flags: {
      name: { kind: 'parsed', parse: String, brief: 'Name of the confirmed dataset', placeholder: 'name' },
      kind: {
        kind: 'parsed',
        parse: String,
        brief: 'Kind of the confirmed dataset: eval or adversarial',
        placeholder: 'kind',
        default: 'eval',
      },
      why: { kind: 'parsed', parse: String, brief: 'Reason, for the audit', placeholder: 'text' },
      json,
    },
    positional: tuple(argument('dataset', 'Dataset with synthetic rows: digest, or the beginning of one, or name@v1')),
  },
  load: async () => (await import('./commands/datasets/add.ts')).confirm,
});

const dataList = command({
  docs: docs('List the datasets of the ledger', [
    ['data list', 'names, versions, kinds, rows; test sets of runs among them, as NAME.test@v1'],
  ]),
  parameters: { flags: { json } },
  load: async () => (await import('./commands/datasets/list.ts')).list,
});

const dataInspect = command({
  docs: docs('Look at rows: classes, lengths, tokens, languages, duplicates, leaks, personal data, samples', [
    ['data inspect rows.jsonl', 'a file; nothing is started or stored'],
    [
      'data inspect rows.csv --recipe recipe.yaml',
      'a file as a recipe would read it, with the tokens of its base model',
    ],
    ['data inspect support-triage.test@v1', 'a dataset'],
    ['data inspect support-triage@champion --json', 'what a model was trained on'],
  ]),
  parameters: {
    flags: {
      ...reading,
      samples: option('count', 'Rows shown as samples, default 8'),
      seed: option('number', 'Seed of the samples, default 0'),
      json,
    },
    positional: tuple(argument('data', DATA)),
  },
  load: async () => (await import('./commands/datasets/inspect.ts')).inspect,
});

const dataDiff = command({
  docs: docs('Show what changed between two sets of rows', [
    ['data diff week-1.jsonl week-2.jsonl --key package', 'added, removed, changed rows; shifts with intervals'],
    ['data diff support-triage@v1 support-triage@v2', 'between what two models were trained on'],
  ]),
  parameters: {
    flags: {
      key: option('column', 'Column that names a row for good; default: its prompt'),
      limit: option('count', 'Rows listed of each kind, default 10 (with --json 100)'),
      ...reading,
      json,
    },
    positional: tuple(argument('before', DATA), argument('after', DATA)),
  },
  load: async () => (await import('./commands/datasets/diff.ts')).diff,
});

const dataSample = command({
  docs: docs('Draw rows to read', [['data sample rows.jsonl --count 3 --only billing', 'three rows of one class']]),
  parameters: {
    flags: {
      count: option('count', 'How many, default 5'),
      seed: option('number', 'Seed, default 0: the same rows every time'),
      only: option('class', 'Only rows of this class; see --label'),
      ...reading,
      json,
    },
    positional: tuple(argument('data', DATA)),
  },
  load: async () => (await import('./commands/datasets/sample.ts')).sample,
});

const dataTrace = command({
  docs: docs('Follow a row: source file and line, what was done with it, datasets and models it reached', [
    ['data trace support-triage@champion 1a2b3c4d', 'by the beginning of its id'],
    ['data trace RUN 12', 'by its line; 0:12 is line 12 of the first file, 1:12 of the second'],
  ]),
  parameters: {
    flags: { json },
    positional: tuple(
      argument('data', 'A dataset (name@v1, digest), a model, or a run'),
      argument('row', 'Id (or 4 and more of its first letters), line, or source:line with sources from 0'),
    ),
  },
  load: async () => (await import('./commands/datasets/trace.ts')).trace,
});

const dataExport = command({
  docs: docs('Write rows in the form of a vendor or library', [
    [
      'data export support-triage@champion --format openai > rows.jsonl',
      'what the model was trained on, as OpenAI takes it',
    ],
    [
      'data export rows.parquet --format vertex --output rows.jsonl',
      'from one form into another; what the target cannot hold is counted',
    ],
  ]),
  parameters: {
    flags: {
      format: {
        kind: 'parsed',
        parse: String,
        brief: 'vertex, openai, alpaca, sharegpt, trl or parquet',
        placeholder: 'format',
      },
      output: option(
        'file',
        'File to write. Default: rows go to stdout; with --json or parquet a file named after the data',
      ),
      force: flag('Replace the file when it is there'),
      from: option('format', 'How the rows are written now, default auto: told from their keys'),
      recipe: reading.recipe,
      label: reading.label,
      json,
    },
    positional: tuple(argument('data', DATA)),
  },
  load: async () => (await import('./commands/datasets/export.ts')).exportRows,
});

const dataQuarantine = command({
  docs: docs(
    'Show where a run put the rows that it left out, each with its reason',
    [['data quarantine RUN --output .', 'copies to mend']],
    'Mend "row" in the lines you want back, delete the others, and add the file to data.train.uri: lines of this form are read as the row in them.',
  ),
  parameters: {
    flags: { output: option('folder', 'Copy the files there'), json },
    positional: tuple(optional('run', `${RUN}; default: the newest`)),
  },
  load: async () => (await import('./commands/datasets/quarantine.ts')).quarantine,
});

const dataReport = command({
  docs: docs("Write the pages with plots about a run's data, for a browser", [
    ['data report', 'of the newest run, into the current folder'],
    ['data report RUN --output pages', 'what preparation and synthesis did with the rows'],
  ]),
  parameters: {
    flags: {
      output: {
        kind: 'parsed',
        parse: String,
        brief: 'Folder to write to, default the current one',
        placeholder: 'folder',
        default: '.',
      },
      json,
    },
    positional: tuple(optional('run', `${RUN}; default: the newest`)),
  },
  load: async () => (await import('./commands/datasets/report.ts')).report,
});

const data = buildRouteMap({
  routes: {
    inspect: dataInspect,
    diff: dataDiff,
    sample: dataSample,
    trace: dataTrace,
    report: dataReport,
    export: dataExport,
    add: dataAdd,
    list: dataList,
    confirm: dataConfirm,
    quarantine: dataQuarantine,
  },
  docs: { brief: 'Look at data, bring them in, take them out' },
});

const comparing = {
  test: option('data', 'Test rows: a file, a digest or name@v1. Files of predictions may bring their own references'),
  metric: list('metric', 'A metric, e.g. bleu:tokenize=intl; may be given again'),
  recipe: option('recipe', "Use a recipe's template, metrics, slices, decoding and gate"),
  apiKey: option('variable', 'Name of the variable that holds the key of an endpoint'),
  report: option('file', 'Write a report as one HTML file'),
};
const WHO =
  'A model is name@v3, name@champion, a digest, or a folder in Hugging Face format; an endpoint is http://localhost:8000/v1#model; predictions are JSONL rows with "prediction" and, without --test, "references".';

const evaluate = command({
  docs: docs(
    'Measure a model, an endpoint or a file of predictions',
    [
      ['eval support-triage@champion --test data/test.jsonl --recipe recipe.yaml', 'as the recipe would measure it'],
      ['eval answers.jsonl --metric rougeL --report report.html', 'answers that were made elsewhere'],
    ],
    WHO,
  ),
  parameters: { flags: { ...comparing, json }, positional: tuple(argument('target', 'Who or what is measured')) },
  load: async () => (await import('./commands/compare.ts')).evaluate,
});

const compare = command({
  docs: docs(
    'Say whether A is better than B, and how sure that is',
    [
      ['compare a.jsonl b.jsonl --metric exactMatch', 'two files of predictions for the same rows'],
      ['compare name@v4 name@champion --test data/test.jsonl --recipe recipe.yaml --report report.html', 'two models'],
      ['compare a.jsonl b.jsonl --min-gain 0.02 --exit-verdict', 'exit code 10 for reject, 11 for inconclusive'],
    ],
    WHO,
  ),
  parameters: {
    flags: {
      ...comparing,
      decides: option('metric', "The metric that decides; default: the recipe's, else the first"),
      minGain: option('gain', 'The gain that has to be exceeded, default 0'),
      confidence: option('confidence', 'One-sided, 0.5 to 1, default 0.95'),
      exitVerdict: flag('Exit with 10 for reject, 11 for inconclusive and 12 for skipped'),
      json,
    },
    positional: tuple(argument('A', 'The candidate'), argument('B', 'What it is held against')),
  },
  load: async () => (await import('./commands/compare.ts')).compare,
});

const gate = buildRouteMap({
  routes: {
    plan: command({
      docs: docs('Say what the gate can find with this test set, before anything runs or is paid for', [
        ['gate plan recipe.yaml', 'the gain that is found with 80 % probability, for every metric and guard'],
        ['gate plan recipe.yaml --wanted 0.03', 'how likely a gain of 0.03 is found, and how many rows it needs'],
        [
          'gate plan recipe.yaml --differ 0.1',
          'when the models differ on one row in ten (0/1 scores, nothing measured yet)',
        ],
      ]),
      parameters: {
        flags: {
          set,
          wanted: option('gain', 'A gain that you hope for, in units of the metric'),
          differ: option('share', 'Share of the rows on which the two models differ, default 0.2 or as last measured'),
          json,
        },
        positional: tuple(argument('recipe', 'Path of the recipe file')),
      },
      load: async () => (await import('./commands/gate-plan.ts')).gatePlan,
    }),
    backtest: command({
      docs: docs('Decide past gates again by other settings, on the scores that were kept', [
        ['gate backtest --with new-gate.yaml', 'what would have been blocked or let through, and why'],
        ['gate backtest --with recipe.yaml --pipeline support-triage', 'by the gate of a recipe, on one pipeline'],
      ]),
      parameters: {
        flags: {
          with: {
            kind: 'parsed',
            parse: String,
            brief: 'File with the fields of a gate, or a recipe',
            placeholder: 'file',
          },
          pipeline: option('name', 'Only the gates of this pipeline'),
          json,
        },
      },
      load: async () => (await import('./commands/gate-backtest.ts')).gateBacktest,
    }),
  },
  docs: { brief: 'Plan a gate, or try another one on the past' },
});

const judgeCalibrate = command({
  docs: docs(
    'Compare a judge with labels by people: until it has passed, it informs and does not decide',
    [
      ['judge calibrate recipe.yaml --judge helpful --labels labels.csv', 'exit code 10 when it has not passed'],
      [
        'judge calibrate recipe.yaml --judge helpful --labels labels.csv --predictions more.jsonl --json',
        'and the mean that people would give to all of them',
      ],
    ],
    'Labels have prompt (or id, with --test), prediction (of a pairwise judge candidate and champion), rater and label; reference, contexts, slice, family, opponent are optional. docs/judges.md has the rest.',
  ),
  parameters: {
    flags: {
      judge: { kind: 'parsed', parse: String, brief: 'Name in evaluate.judges', placeholder: 'name' },
      labels: {
        kind: 'parsed',
        parse: String,
        brief: 'Rows that people labelled: CSV, JSONL, or ratings by their digest or name',
        placeholder: 'file',
      },
      predictions: option('file', 'Rows without labels, for the judge alone'),
      test: option('data', 'Test rows that labels name by id: a file, a digest or name@v1'),
      minKappa: option('kappa', 'Agreement that it has to reach, default 0.4'),
      json,
    },
    positional: tuple(argument('recipe', 'Path of the recipe file')),
  },
  load: async () => (await import('./commands/judge/calibrate.ts')).calibrate,
});

const judgeList = command({
  docs: docs('List judges with what they may do and what rests on them', [
    ['judge list', 'state: valid, expired, failed, none (never compared with people), retired'],
  ]),
  parameters: { flags: { json } },
  load: async () => (await import('./commands/judge/list.ts')).list,
});

const judgeShow = command({
  docs: docs('Show a judge: its words, its calibrations, the promotions that rest on it', [
    ['judge show helpful', 'all judges of that name: each change of model or words makes another one'],
  ]),
  parameters: { flags: { json }, positional: tuple(argument('judge', 'Name, digest, or the beginning of one')) },
  load: async () => (await import('./commands/judge/show.ts')).show,
});

const judgeRetire = command({
  docs: docs(
    'Retire a judge for good, and look again at every promotion that rests on it',
    [
      ['judge retire helpful --why "favours long answers"', 'both models of each promotion are evaluated again'],
      ['judge retire sha256:2c26b46b68ff --why "model is gone" --no-reopen', 'only lists the promotions'],
    ],
    'No alias moves: where a promotion does not hold without the judge, the command that goes back is printed. Ctrl+C leaves the runs running.',
  ),
  parameters: {
    flags: {
      why: { kind: 'parsed', parse: String, brief: 'Reason, for the audit', placeholder: 'text' },
      noReopen: flag('List the promotions and start nothing'),
      detach: flag('Start and return at once'),
      json,
    },
    positional: tuple(argument('judge', 'Name, digest, or the beginning of one')),
  },
  load: async () => (await import('./commands/judge/retire.ts')).retire,
});

const judge = buildRouteMap({
  routes: { calibrate: judgeCalibrate, list: judgeList, show: judgeShow, retire: judgeRetire },
  docs: { brief: 'Compare judges with people, list them, retire them' },
});

const report = command({
  docs: docs('Write the report of a run as one HTML file', [
    ['report', 'of the newest run, into RUN.html: verdict, metrics, flips, slices, attacks, lineage, cost'],
    ['report RUN --output report.html', 'of a run, into a file'],
  ]),
  parameters: {
    flags: { output: option('file', 'Where to write it; default: the name of the run'), json },
    positional: tuple(optional('run', `${RUN}; default: the newest`)),
  },
  load: async () => (await import('./commands/report.ts')).report,
});

const metrics = command({
  docs: docs(
    'Score a file of predictions',
    [
      [
        'metrics answers.jsonl',
        'the usual metrics of rows {"prediction": …, "references": […]}, each with its interval',
      ],
      ['metrics answers.jsonl --metric bleu:tokenize=intl --metric rougeL:stemmer=true --json', 'these two, as JSON'],
      ['metrics - --metric exactMatch --per-item < answers.jsonl', 'from standard input, row by row as well'],
      ['metrics answers.jsonl --custom polite.ts', 'a metric of your own, see docs/metrics.md'],
    ],
    'BLEU, chrF and TER are those of sacrebleu 2.6, ROUGE is that of rouge_score 0.1.2; docs/metrics.md lists all. What cannot be measured counts as the worst.',
  ),
  parameters: {
    flags: {
      metric: list('metric', 'A metric, e.g. bleu:tokenize=intl; may be given again. Default: five usual ones'),
      custom: list(
        'file',
        'A metric of your own, a TypeScript file whose default export scores a row; may be given again',
      ),
      perItem: flag('Give the scores of every row, too'),
      json,
    },
    positional: tuple(argument('file', 'JSONL file, or - for standard input')),
  },
  load: async () => (await import('./commands/metrics.ts')).metrics,
});

const rateAnswers = command({
  docs: docs(
    'Compare answers by hand, blind and in random order',
    [
      ['rate RUN', 'the answers of the last evaluation; where the run waits for people, it goes on afterwards'],
      ['rate a.jsonl b.jsonl --items 20', 'two files of predictions for the same rows'],
      ['rate RUN --scale 1-5', "the candidate's answers one by one, with a score"],
      ['rate RUN --finish', 'make ratings out of what was rated so far'],
    ],
    'Keys: 1, 2, = (the same), s (skip), u (undo), q (stop and keep). What was rated is kept at once, and the same command goes on. Without a terminal, choices are read from standard input, one a line. docs/rating.md tells more.',
  ),
  parameters: {
    flags: {
      items: {
        kind: 'parsed',
        parse: String,
        brief: 'Pairs to draw at random, default 50; a task that is there has its own',
        placeholder: 'count',
        default: '50',
      },
      seed: {
        kind: 'parsed',
        parse: String,
        brief: 'Seed of the drawing and the order, default 0',
        placeholder: 'number',
        default: '0',
      },
      rater: option('name', 'Who rates; default: ANNEAL_USER, else the login'),
      scale: option('low-high', 'Score one side by itself, e.g. 1-5'),
      side: option('side', 'With --scale: candidate (default) or champion'),
      hideReference: flag('Do not show what would have been right'),
      finish: flag('Ask nothing more: make ratings out of what was rated'),
      keep: flag('Do not hand the ratings in to the run that waits: another person rates, too'),
      ratings: option('digest', 'Hand in ratings that were imported, in place of rating'),
      json,
    },
    positional: tuple(
      argument('ref', 'A run, the digest of a rating task, or a file of predictions'),
      optional('other', 'The file of predictions that the first is compared with'),
    ),
  },
  load: async () => (await import('./commands/rate.ts')).rate,
});

const rateExport = command({
  docs: docs('Write ratings as CSV or JSON lines', [
    ['rate export RUN --format csv > ratings.csv', 'the newest ratings of a run'],
  ]),
  parameters: {
    flags: {
      format: {
        kind: 'parsed',
        parse: String,
        brief: 'csv or jsonl, default jsonl',
        placeholder: 'format',
        default: 'jsonl',
      },
      output: option('file', 'File to write; default: stdout'),
      json,
    },
    positional: tuple(argument('ref', 'A run, or the digest of ratings or of a rating task')),
  },
  load: async () => (await import('./commands/rate.ts')).exportRatings,
});

const rateImport = command({
  docs: docs('Read ratings that people gave elsewhere', [
    ['rate import ratings.csv', 'checks every row and keeps them; the form is that of rate export'],
  ]),
  parameters: {
    flags: { format: option('format', 'csv or jsonl; default: as the file is named'), json },
    positional: tuple(argument('file', 'CSV or JSONL file')),
  },
  load: async () => (await import('./commands/rate.ts')).importRatings,
});

const rateList = command({
  docs: docs('List ratings, newest first', [['rate list', 'digest, time, raters, counts']]),
  parameters: { flags: { json } },
  load: async () => (await import('./commands/rate.ts')).ratings,
});

const rate = buildRouteMap({
  routes: { answers: rateAnswers, export: rateExport, import: rateImport, list: rateList },
  defaultCommand: 'answers',
  docs: { brief: 'Compare answers by hand, blind; a run may wait for it' },
});

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
  load: async () => (await import('./commands/schedule/create.ts')).create,
});

const scheduleList = command({
  docs: docs('List the schedules', [['schedule list', 'when, next, taken, skipped, missed']]),
  parameters: { flags: { json } },
  load: async () => (await import('./commands/schedule/list.ts')).list,
});

const scheduleShow = command({
  docs: docs('Show a schedule: next and last actions, what was skipped or missed and why, its recipe', [
    ['schedule show fresh', 'also whether the recipe file still says what is scheduled'],
  ]),
  parameters: { flags: { json }, positional: tuple(argument('name', SCHEDULE)) },
  load: async () => (await import('./commands/schedule/show.ts')).show,
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
  load: async () => (await import('./commands/schedule/pause.ts')).pause,
});

const scheduleResume = command({
  docs: docs('Let a paused schedule go on; what was not done meanwhile becomes one skipped run', [
    ['schedule resume fresh', 'the next action is the next by the clock'],
  ]),
  parameters: { flags: { json }, positional: tuple(argument('name', SCHEDULE)) },
  load: async () => (await import('./commands/schedule/pause.ts')).resume,
});

const scheduleTrigger = command({
  docs: docs('Take one action of a schedule now', [
    ['schedule trigger fresh', 'also when it is paused; `anneal trigger` can say more'],
  ]),
  parameters: { flags: { json }, positional: tuple(argument('name', SCHEDULE)) },
  load: async () => (await import('./commands/schedule/trigger.ts')).trigger,
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
  load: async () => (await import('./commands/schedule/update.ts')).update,
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
  load: async () => (await import('./commands/schedule/backfill.ts')).backfill,
});

const scheduleDelete = command({
  docs: docs('Delete a schedule and the watch of its source; its runs stay', [['schedule delete fresh', 'for good']]),
  parameters: { flags: { json }, positional: tuple(argument('name', SCHEDULE)) },
  load: async () => (await import('./commands/schedule/delete.ts')).remove,
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
  load: async () => (await import('./commands/schedule/watch.ts')).watch,
});

const scheduleUnwatch = command({
  docs: docs('Stop watching the source of a schedule', [['schedule unwatch fresh', 'runs under way go on']]),
  parameters: { flags: { json }, positional: tuple(argument('name', SCHEDULE)) },
  load: async () => (await import('./commands/schedule/watch.ts')).unwatch,
});

const schedule = buildRouteMap({
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

const trigger = command({
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
  load: async () => (await import('./commands/trigger.ts')).trigger,
});

const exportKfp = command({
  docs: docs(
    'Write a recipe, or a run with what it made, as a PipelineJob of Vertex Pipelines',
    [
      [
        'export kfp recipe.yaml --output job.json',
        'one task a step, with parameters, artifacts and the gate as a condition',
      ],
      [
        'export kfp RUN --root gs://my-bucket/pipelines',
        "with the run's parameters and the addresses of its artifacts",
      ],
    ],
    'Its pipelineSpec is what Kubeflow Pipelines takes. What such a pipeline can and cannot do: docs/kfp.md.',
  ),
  parameters: {
    flags: {
      set,
      output: option('file', 'Where it is written; default: stdout'),
      image: option('image', 'Container image with Anneal; default: anneal:0.1.0'),
      root: option('gs://', 'Folder for the files of the pipeline; default: pipelines/ in the store of the recipe'),
      json,
    },
    positional: tuple(argument('run|recipe', `${RUN}; or the path of a recipe file`)),
  },
  load: async () => (await import('./commands/export/kfp.ts')).exportKfp,
});

const exports = buildRouteMap({
  routes: { kfp: exportKfp },
  docs: { brief: 'Write runs and recipes in the forms of other programs' },
});

const step = command({
  docs: docs(
    'Carry a run on through one step, as a task of a pipeline of containers',
    [
      [
        'step tune --executor-input JSON',
        'what `anneal export kfp` writes into each task; the JSON comes from the pipeline',
      ],
    ],
    'Takes the state folder over from the task before, goes on until the step is done, and hands it to the next.',
  ),
  parameters: {
    flags: {
      executorInput: {
        kind: 'parsed',
        parse: String,
        brief: 'What Kubeflow or Vertex Pipelines put in place of {{$}}',
        placeholder: 'json',
      },
      json,
    },
    positional: tuple(argument('step', 'Name of the step')),
  },
  load: async () => (await import('./commands/step.ts')).step,
});

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
  load: async () => (await import('./commands/jobs/list.ts')).list,
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
  load: async () => (await import('./commands/jobs/orphans.ts')).orphans,
});

const JOB = argument('job', "Label of a job, the beginning of one, or the vendor's name");

const jobsWait = command({
  docs: docs('Let a job that gets no further go on', [['jobs wait 3f2a', 'all its times begin anew']]),
  parameters: { flags: { json }, positional: tuple(JOB) },
  load: async () => (await import('./commands/jobs/decide.ts')).wait,
});

const jobsCancel = command({
  docs: docs('Cancel a job at its vendor', [
    ['jobs cancel 3f2a', 'the run that waits for it fails; one that nobody waits for is cancelled at once'],
  ]),
  parameters: { flags: { json }, positional: tuple(JOB) },
  load: async () => (await import('./commands/jobs/decide.ts')).cancel,
});

const jobsResubmit = command({
  docs: docs('Cancel a job that gets no further and order it once more', [
    ['jobs resubmit 3f2a', 'in tune.watchdog.elsewhere, where the recipe has it'],
  ]),
  parameters: { flags: { json }, positional: tuple(JOB) },
  load: async () => (await import('./commands/jobs/decide.ts')).resubmit,
});

const jobs = buildRouteMap({
  routes: { list: jobsList, orphans: jobsOrphans, wait: jobsWait, cancel: jobsCancel, resubmit: jobsResubmit },
  defaultCommand: 'list',
  docs: { brief: 'Look after training jobs at vendors' },
});

const root = buildRouteMap({
  routes: {
    init,
    check,
    run,
    rerun,
    backfill,
    schedule,
    trigger,
    data,
    runs,
    show,
    logs,
    cancel,
    resume,
    jobs,
    cache,
    metrics,
    eval: evaluate,
    compare,
    gate,
    judge,
    report,
    rate,
    lineage,
    models,
    approvals,
    approve,
    reject,
    promote,
    rollback,
    freeze,
    unfreeze,
    history,
    line,
    up,
    down,
    status,
    verify,
    gc,
    sync,
    schema,
    export: exports,
    step,
    doctor,
  },
  docs: {
    brief: 'Keeps generative models tuned.',
    fullDescription: [
      'Keeps generative models tuned: data, tuning, an honest gate, registration and lineage, as durable workflows.',
      '',
      'EXAMPLES',
      '  anneal init my-model && anneal run my-model/recipe.yaml',
      '      from nothing to a gated, registered, traced model',
      '  anneal COMMAND --help',
      '      what a command does, with examples',
    ].join('\n'),
  },
});

export const app = buildApplication(root, {
  name: 'anneal',
  versionInfo: { currentVersion: '0.1.0' },
  scanner: { caseStyle: 'allow-kebab-for-camel' },
  documentation: { disableAnsiColor: process.env['NO_COLOR'] !== undefined },
  localization: { text: text_en },
});
