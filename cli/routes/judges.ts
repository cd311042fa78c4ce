import { buildRouteMap } from '@stricli/core';
import { command, docs } from '../command.ts';
import { argument, flag, json, option, tuple } from './parameters.ts';

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
  load: async () => (await import('../commands/judge/calibrate.ts')).calibrate,
});

const judgeList = command({
  docs: docs('List judges with what they may do and what rests on them', [
    ['judge list', 'state: valid, expired, failed, none (never compared with people), retired'],
  ]),
  parameters: { flags: { json } },
  load: async () => (await import('../commands/judge/list.ts')).list,
});

const judgeShow = command({
  docs: docs('Show a judge: its words, its calibrations, the promotions that rest on it', [
    ['judge show helpful', 'all judges of that name: each change of model or words makes another one'],
  ]),
  parameters: { flags: { json }, positional: tuple(argument('judge', 'Name, digest, or the beginning of one')) },
  load: async () => (await import('../commands/judge/show.ts')).show,
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
  load: async () => (await import('../commands/judge/retire.ts')).retire,
});

export const judge = buildRouteMap({
  routes: { calibrate: judgeCalibrate, list: judgeList, show: judgeShow, retire: judgeRetire },
  docs: { brief: 'Compare judges with people, list them, retire them' },
});
