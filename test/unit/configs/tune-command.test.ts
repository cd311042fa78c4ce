import { expect, test } from 'vitest';
import { absoluteCommand } from '../../../configs/command-paths.ts';
import { CommandTuning, crossCheckCommand } from '../../../configs/tune-command.ts';

const problems = (written: unknown): string[] =>
  crossCheckCommand(written).map(({ path, message }) => [path.join('.'), message].join(': '));

test('a trainer is here, or elsewhere with all it takes', () => {
  expect(problems({ run: ['train'] })).toEqual([]);
  expect(problems({ submit: ['s'], poll: ['p'], cancel: ['c'] })).toEqual([]);
  expect(problems({})).toEqual([
    ': missing: expected run (a trainer on this machine), or submit, poll and cancel (one elsewhere)',
  ]);
  expect(problems({ submit: ['s'] })).toEqual([
    'poll: missing: a trainer elsewhere needs submit, poll and cancel; add poll',
    'cancel: missing: a trainer elsewhere needs submit, poll and cancel; add cancel',
  ]);
  expect(problems({ run: ['train'], poll: ['p'] })).toEqual([
    'poll: expected either run (a trainer on this machine) or submit, poll and cancel (one elsewhere), found both: remove one',
  ]);
  expect(problems('python3 train.py')).toEqual([]);
});

test('paths start from the folder of the recipe, other words stay as they are', () => {
  const settings = CommandTuning.parse({
    run: ['bin/train', './config.yaml', '../data', '--rate=./1', '*', 'a/b'],
    find: ['squeue'],
  });
  expect(absoluteCommand(settings, (name) => `/recipes/${name}`)).toMatchObject({
    run: ['/recipes/run/bin/train', '/recipes/run/config.yaml', '/recipes/data', '--rate=./1', '*', 'a/b'],
    find: ['squeue'],
  });
});

test('commands are words, and variables are named without a value', () => {
  expect(CommandTuning.safeParse({ run: 'python3 train.py' }).success).toBe(false);
  expect(CommandTuning.safeParse({ run: [] }).success).toBe(false);
  expect(CommandTuning.safeParse({ run: ['a\0b'] }).success).toBe(false);
  expect(CommandTuning.safeParse({ run: ['t'], env: ['HF_TOKEN=x'] }).success).toBe(false);
  expect(CommandTuning.safeParse({ run: ['t'], env: ['ANNEAL_JOB'] }).success).toBe(false);
  expect(CommandTuning.parse({ run: ['t'] })).toEqual({ run: ['t'], env: [], timeoutSeconds: 60 });
});
