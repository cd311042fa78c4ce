import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noTrainer } from '../contract/support/trainer.ts';
import { makePlace, rows, until, writeTiny, type RunJson, type StatusJson } from '../support/cli.ts';

describe.skipIf(noTrainer)('bad input', () => {
  const place = makePlace();
  const at = (name: string): string => join(place.folder, name);

  beforeAll(() => void writeTiny(place));

  /** Runs a command that is refused before any work: its words with the folder's name left out, and nothing made. */
  async function expectRefused(args: string[], code = 2): Promise<string> {
    const answer = await place.anneal(...args);
    expect([answer.code, answer.stdout]).toEqual([code, '']);
    expect(existsSync(at('.anneal'))).toBe(false);
    return answer.stderr.replaceAll(`${place.folder}/`, '').trimEnd();
  }

  const data: [string, () => void, string][] = [
    [
      'a file that is missing',
      () => rmSync(at('bad.jsonl'), { force: true }),
      'the data file bad.jsonl is not there: its folder holds base, recipe.yaml, test.jsonl, train.jsonl',
    ],
    [
      'an empty folder',
      () => mkdirSync(at('bad.jsonl')),
      'bad.jsonl is no data set: expected data files (JSONL, JSON, CSV, TSV, Parquet, Arrow), or what save_to_disk of datasets writes; it holds nothing',
    ],
    [
      'an empty file',
      () => writeFileSync(at('bad.jsonl'), ''),
      'bad.jsonl is empty: expected rows as JSONL (also .gz, .zst), JSON, CSV, TSV, Parquet or Arrow',
    ],
    [
      'a file of blank lines',
      () => writeFileSync(at('bad.jsonl'), '\n\n'),
      'bad.jsonl has nothing but white space in it: expected rows as JSONL (also .gz, .zst), JSON, CSV, TSV, Parquet or Arrow',
    ],
    [
      'a file that only begins like a packed one',
      () => writeFileSync(at('bad.jsonl'), Buffer.from([31, 139, 0, 8, 0])),
      'bad.jsonl is damaged: its compressed data cannot be unpacked (unknown compression method). Export it again',
    ],
    [
      'text that is not UTF-8',
      () => writeFileSync(at('bad.jsonl'), Buffer.from('{"text": "caf\xe9", "label": "x"}\n', 'latin1')),
      'bad.jsonl:1 is not valid UTF-8 (byte 14 of the line). 1 of 1 rows are bad, more than maxBadShare 0.05 allows. Mend the rows, or raise data.maxBadShare',
    ],
    [
      'a column that is missing',
      () => writeFileSync(at('bad.jsonl'), '{"txt": "a", "label": "b"}\n'),
      'bad.jsonl:1 has no column "text"; its columns are txt, label. 1 of 1 rows are bad, more than maxBadShare 0.05 allows. Did you mean {{txt}} in data.template? Mend the rows, or raise data.maxBadShare',
    ],
  ];

  test.each(data)('%s is refused in one sentence', async (_name, make, sentence) => {
    rmSync(at('bad.jsonl'), { force: true, recursive: true });
    make();
    for (const command of ['check', 'run']) {
      expect(await expectRefused([command, 'recipe.yaml', '--set', 'data.train.uri=bad.jsonl'])).toBe(
        `error: --set data.train.uri=bad.jsonl: data.train.uri: ${sentence}`,
      );
    }
    rmSync(at('bad.jsonl'), { force: true, recursive: true });
  });

  test('a few broken rows are put aside and told, with their line', async () => {
    const lines = rows(5000).split('\n');
    lines[4811] = '{"text": "broken';
    lines[4900] = `{"text": "${'x'.repeat(20 * 2 ** 20)}", "label": "a"}`;
    place.write('long.jsonl', lines.join('\n'));
    const { code, stdout } = await place.anneal(
      'check',
      'recipe.yaml',
      '--set',
      'data.train.uri=long.jsonl',
      '--set',
      'data.test.uri=test.jsonl',
    );
    expect(code).toBe(0);
    expect(stdout).toContain(`${at('long.jsonl')}: 2 of 5000 rows put aside`);
    expect(stdout).toContain(
      'the first: line 4812 is not valid JSON: unexpected character at column 17; line 4901 is 20',
    );
  });

  const models: [string, (folder: string) => void, string][] = [
    [
      'without config',
      (folder) => rmSync(join(folder, 'config.json')),
      'the base model b has no config.json: copy the whole model folder, not only its weights',
    ],
    [
      'without tokenizer',
      (folder) => rmSync(join(folder, 'tokenizer.json')),
      "the base model b has no tokenizer.json (or tokenizer.model): copy the tokenizer's files beside the weights",
    ],
    [
      'without weights',
      (folder) => rmSync(join(folder, 'model.safetensors')),
      'the base model b has no weights (model*.safetensors): copy them there; other formats have to be converted first',
    ],
    [
      'with weights cut off',
      (folder) => truncateSync(join(folder, 'model.safetensors'), 9000),
      'the weights b/model.safetensors are cut off',
    ],
    [
      'that is not there',
      (folder) => rmSync(folder, { recursive: true }),
      'the base model b is not a folder: give a folder in Hugging Face format, or a name such as org/name',
    ],
  ];

  test.each(models)('a base model %s is refused in one sentence', async (_name, spoil, sentence) => {
    rmSync(at('b'), { force: true, recursive: true });
    cpSync(at('base'), at('b'), { recursive: true });
    spoil(at('b'));
    const refused = await expectRefused(['run', 'recipe.yaml', '--set', 'model.base=./b']);
    expect(refused).toContain(sentence);
  });

  test('a test set that is empty after preparation is refused', async () => {
    const refused = await expectRefused([
      'run',
      'recipe.yaml',
      '--set',
      'data.test=null',
      '--set',
      'data.split.test=0.0001',
    ]);
    expect(refused).toBe(
      'error: --set data.split.test=0.0001: data.split.test: the test set is empty after preparation (a share of 40 rows gave none): give more rows or a larger share',
    );
  });

  test('training rows that all stand in the test set are refused', async () => {
    const refused = await expectRefused(['run', 'recipe.yaml', '--set', 'data.train.uri=test.jsonl']);
    expect(refused).toContain('no training row is left: 0 are repeats, the prompts of 16 stand in a test set');
  });

  test('all problems of a recipe come at once, each with its place; --json has them as data', async () => {
    place.write('wrong.yaml', 'name: Wrong\ndata:\n  train: { uri: train.jsonl }\n  train: { uri: x }\n');
    expect(await expectRefused(['run', 'wrong.yaml'])).toBe(
      'error: wrong.yaml:4:3: duplicate key "train": keep one of the two',
    );
    place.write(
      'wrong.yaml',
      place.read('recipe.yaml').replace('iterations: 8', 'iterations: many').replace('evaluate:', 'evaluat:'),
    );
    const { code, stdout } = await place.anneal('run', 'wrong.yaml', '--json');
    const { error, problems } = JSON.parse(stdout) as {
      error: { type: string };
      problems: { file: string; line: number; column: number; message: string }[];
    };
    expect([code, error.type]).toEqual([2, 'Usage']);
    expect(problems.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`)).toEqual([
      'wrong.yaml:7:9 expected a number (without quotes), found "many"',
      'wrong.yaml:8:1 unknown key "evaluat": did you mean "evaluate"?',
    ]);
  });

  test('a wrong command line is refused with exit code 2 and a hint', async () => {
    expect(await expectRefused(['rnu'])).toContain('did you mean `run`');
    expect(await expectRefused(['run'])).toContain('recipe');
    expect(await expectRefused(['run', 'recipe.yaml', '--refresh', 'tuen'])).toBe(
      'error: there is no step "tuen": did you mean "tune"?',
    );
    expect(await expectRefused(['show'])).toMatch(/^error: there is no state in /);
  });

  describe('a state folder', () => {
    test('that cannot be written to is named', async () => {
      const blocked = makePlace({ ANNEAL_HOME: join(at('recipe.yaml'), 'home') });
      writeTiny(blocked, at('base'));
      const { code, stderr } = await blocked.anneal('run', 'recipe.yaml');
      expect(code).toBe(1);
      expect(stderr).toContain(
        `error: the state folder ${at('recipe.yaml')}/home cannot be written to: check the owner and permissions of`,
      );
    });

    const small = join(place.folder, 'small');
    let mounted = false;
    beforeAll(() => {
      mkdirSync(small);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small], { stdio: 'ignore' });
        mounted = true;
      } catch {
        // Only root may mount.
      }
    });
    afterAll(() => void (mounted && execFileSync('umount', [small])));

    test('on a disk that fills up in mid-training: the run says so, and goes on when there is room', async (context) => {
      if (!mounted) context.skip('a small disk can only be mounted by root');
      execFileSync('mount', ['-o', 'remount,size=100m', small]);
      const filling = makePlace({ ANNEAL_HOME: join(small, 'filling') });
      writeTiny(filling, at('base'));
      const long = ['--set', 'tune.iterations=400', '--set', 'tune.checkpointEvery=20'];
      const started = filling.start('run', 'recipe.yaml', '--json', ...long);
      await until('a trainer', async () => (await filling.json<StatusJson>('status')).trainer[0]);
      expect(() => writeFileSync(join(small, 'fill'), Buffer.alloc(100 * 2 ** 20))).toThrow('ENOSPC');
      await until('a word about the disk', () => started.stderr().includes('is full: free some') || undefined);
      rmSync(join(small, 'fill'));
      const run = JSON.parse((await started.ended).stdout) as RunJson;
      expect([run.status, run.error, run.steps.length]).toEqual(['completed', undefined, 6]);
      await filling.anneal('down');
      rmSync(join(small, 'filling'), { recursive: true });
      execFileSync('mount', ['-o', 'remount,size=8m', small]);
    });

    test('on a disk that is full is named before work starts', async (context) => {
      if (!mounted) context.skip('a small disk can only be mounted by root');
      const full = makePlace({ ANNEAL_HOME: join(small, 'home') });
      writeTiny(full, at('base'));
      const { code, stderr } = await full.anneal('run', 'recipe.yaml');
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: the disk of .*home has 8 MiB free and this run needs about \d+ MiB: free some/);
      expect(statSync(small).isDirectory()).toBe(true);
    });
  });
});
