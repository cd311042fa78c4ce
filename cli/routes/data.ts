import { buildRouteMap } from '@stricli/core';
import { command, docs } from '../command.ts';
import { argument, flag, json, option, optional, RUN, tuple } from './parameters.ts';

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
  load: async () => (await import('../commands/datasets/add.ts')).add,
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
  load: async () => (await import('../commands/datasets/add.ts')).confirm,
});

const dataList = command({
  docs: docs('List the datasets of the ledger', [
    ['data list', 'names, versions, kinds, rows; test sets of runs among them, as NAME.test@v1'],
  ]),
  parameters: { flags: { json } },
  load: async () => (await import('../commands/datasets/list.ts')).list,
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
  load: async () => (await import('../commands/datasets/inspect.ts')).inspect,
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
  load: async () => (await import('../commands/datasets/diff.ts')).diff,
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
  load: async () => (await import('../commands/datasets/sample.ts')).sample,
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
  load: async () => (await import('../commands/datasets/trace.ts')).trace,
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
  load: async () => (await import('../commands/datasets/export.ts')).exportRows,
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
  load: async () => (await import('../commands/datasets/quarantine.ts')).quarantine,
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
  load: async () => (await import('../commands/datasets/report.ts')).report,
});

export const data = buildRouteMap({
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
