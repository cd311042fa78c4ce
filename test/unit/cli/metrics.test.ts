import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../../../scripts/toolchain.js';
import { emptyFolder, folderWith } from '../support/folder.ts';

/** `anneal metrics` on some lines, as a person calls it. */
function metrics(
  lines: string | Buffer,
  ...flags: string[]
): { status: number | null; stdout: string; stderr: string } {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'answers.jsonl'), lines);
  const args = [join(root, 'cli', 'main.ts'), 'metrics', 'answers.jsonl', ...flags];
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
}

const ROWS = [
  { prediction: 'the cat sat on the mat', references: ['the cat sat on a mat', 'a cat was on the mat'] },
  { prediction: 'running fast', reference: 'he runs fast' },
]
  .map((row) => `${JSON.stringify(row)}\n`)
  .join('');

describe('anneal metrics', () => {
  test('gives each metric under the spec as written, with n, interval and signature', () => {
    const { status, stdout } = metrics(
      ROWS,
      '--metric',
      'bleu:tokenize=intl',
      '--metric',
      'rougeL:stemmer=true',
      '--per-item',
      '--json',
    );
    expect(status).toBe(0);
    const found = JSON.parse(stdout) as {
      corpus: Record<string, Record<string, unknown>>;
      items: Record<string, number>[];
    };
    expect(Object.keys(found)).toEqual(['corpus', 'items']);
    expect(found.corpus['bleu:tokenize=intl']).toMatchObject({
      n: 2,
      unmeasured: 0,
      signature: 'nrefs:var|case:mixed|eff:no|tok:intl|smooth:exp|version:2.6.0',
    });
    // rouge_score: score_multi of the two rows with stems.
    expect(found.items.map((row) => row['rougeL:stemmer=true'])).toEqual([
      expect.closeTo(5 / 6, 10),
      expect.closeTo(0.8, 10),
    ]);
  });

  test('leaves the rows out unless they are asked for', () => {
    const { stdout } = metrics(ROWS, '--json');
    const found = JSON.parse(stdout) as { corpus: object };
    expect(Object.keys(found)).toEqual(['corpus']);
    expect(Object.keys(found.corpus)).toEqual(['exactMatch', 'tokenF1', 'bleu', 'chrf', 'rougeL']);
  });

  test('counts a row without references and one without an answer', () => {
    const lines =
      '{"prediction":"a","references":[]}\n\n{"prediction":null,"references":["a"]}\n{"prediction":"a","references":["a"]}\n';
    const { stdout } = metrics(lines, '--metric', 'exactMatch', '--per-item', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      corpus: { exactMatch: { value: 1 / 3, n: 3, unmeasured: 1 } },
      items: [{ exactMatch: null }, { exactMatch: 0 }, { exactMatch: 1 }],
    });
  });

  test("scores with a metric of one's own, beside others or alone", () => {
    const custom = join(
      folderWith({ 'polite.ts': "export default ({ prediction }) => (prediction.includes('fast') ? 1 : 0);" }),
      'polite.ts',
    );
    const { stdout } = metrics(ROWS, '--custom', custom, '--per-item', '--json');
    const found = JSON.parse(stdout) as { corpus: object; items: object[] };
    expect(found.items).toEqual([{ [custom]: 0 }, { [custom]: 1 }]);
    const both = metrics(ROWS, '--custom', custom, '--metric', 'ter', '--json').stdout;
    expect(Object.keys((JSON.parse(both) as { corpus: object }).corpus)).toEqual(['ter', custom]);
    const { status, stderr } = metrics(ROWS, '--custom', 'gone.ts');
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'error: the metric gone.ts: there is no file gone.ts: check the path\n',
    });
  });

  test.each([
    ['no rows', '', [], 'has no rows'],
    ['a torn line', '{"prediction":"a"', [], 'answers.jsonl:1: is not JSON'],
    ['a row without an answer', '{"references":["a"]}', [], 'answers.jsonl:1: has no "prediction"'],
    [
      'a number for a text',
      '{"prediction":"a","references":[3]}',
      [],
      '"references" has to be a list of texts, found a number in it',
    ],
    ['an unknown metric', ROWS, ['--metric', 'bleau'], 'there is no metric "bleau": did you mean "bleu"?'],
    ['bytes that are no text', Buffer.from([0x7b, 0xff, 0x7d]), [], 'answers.jsonl:1: is not UTF-8 text'],
  ])('says in a sentence what is wrong with %s', (_what, lines, flags, message) => {
    const { status, stdout, stderr } = metrics(lines, ...flags);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
