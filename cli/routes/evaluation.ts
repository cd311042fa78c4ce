import { buildRouteMap } from '@stricli/core';
import { command, docs } from '../command.ts';
import { argument, flag, json, list, option, optional, RUN, set, tuple } from './parameters.ts';

const comparing = {
  test: option('data', 'Test rows: a file, a digest or name@v1. Files of predictions may bring their own references'),
  metric: list('metric', 'A metric, e.g. bleu:tokenize=intl; may be given again'),
  recipe: option('recipe', "Use a recipe's template, metrics, slices, decoding and gate"),
  apiKey: option('variable', 'Name of the variable that holds the key of an endpoint'),
  report: option('file', 'Write a report as one HTML file'),
};

const WHO =
  'A model is name@v3, name@champion, a digest, or a folder in Hugging Face format; an endpoint is http://localhost:8000/v1#model; predictions are JSONL rows with "prediction" and, without --test, "references".';

export const evaluate = command({
  docs: docs(
    'Measure a model, an endpoint or a file of predictions',
    [
      ['eval support-triage@champion --test data/test.jsonl --recipe recipe.yaml', 'as the recipe would measure it'],
      ['eval answers.jsonl --metric rougeL --report report.html', 'answers that were made elsewhere'],
    ],
    WHO,
  ),
  parameters: { flags: { ...comparing, json }, positional: tuple(argument('target', 'Who or what is measured')) },
  load: async () => (await import('../commands/compare.ts')).evaluate,
});

export const compare = command({
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
  load: async () => (await import('../commands/compare.ts')).compare,
});

export const gate = buildRouteMap({
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
      load: async () => (await import('../commands/gate-plan.ts')).gatePlan,
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
      load: async () => (await import('../commands/gate-backtest.ts')).gateBacktest,
    }),
  },
  docs: { brief: 'Plan a gate, or try another one on the past' },
});

export const report = command({
  docs: docs('Write the report of a run as one HTML file', [
    ['report', 'of the newest run, into RUN.html: verdict, metrics, flips, slices, attacks, lineage, cost'],
    ['report RUN --output report.html', 'of a run, into a file'],
  ]),
  parameters: {
    flags: { output: option('file', 'Where to write it; default: the name of the run'), json },
    positional: tuple(optional('run', `${RUN}; default: the newest`)),
  },
  load: async () => (await import('../commands/report.ts')).report,
});

export const metrics = command({
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
  load: async () => (await import('../commands/metrics.ts')).metrics,
});
