import { buildRouteMap } from '@stricli/core';
import { command, docs } from '../command.ts';
import { argument, flag, json, option, optional, tuple } from './parameters.ts';

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
  load: async () => (await import('../commands/rate.ts')).rate,
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
  load: async () => (await import('../commands/rate.ts')).exportRatings,
});

const rateImport = command({
  docs: docs('Read ratings that people gave elsewhere', [
    ['rate import ratings.csv', 'checks every row and keeps them; the form is that of rate export'],
  ]),
  parameters: {
    flags: { format: option('format', 'csv or jsonl; default: as the file is named'), json },
    positional: tuple(argument('file', 'CSV or JSONL file')),
  },
  load: async () => (await import('../commands/rate.ts')).importRatings,
});

const rateList = command({
  docs: docs('List ratings, newest first', [['rate list', 'digest, time, raters, counts']]),
  parameters: { flags: { json } },
  load: async () => (await import('../commands/rate.ts')).ratings,
});

export const rate = buildRouteMap({
  routes: { answers: rateAnswers, export: rateExport, import: rateImport, list: rateList },
  defaultCommand: 'answers',
  docs: { brief: 'Compare answers by hand, blind; a run may wait for it' },
});
