import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOfCustom } from '../../../../evaluation/custom/digest.ts';
import { loadCustomMetric } from '../../../../evaluation/custom/load.ts';
import { folderWith } from '../../support/folder.ts';

const item = (prediction: string) => ({ prediction, references: ['x'], row: { queue: 'billing' } });

async function scoresOf(code: string, predictions: string[], timeoutSeconds = 10) {
  const file = join(folderWith({ 'metric.ts': code }), 'metric.ts');
  const metric = await loadCustomMetric({ name: 'own', file, timeoutSeconds });
  try {
    const scores = [];
    for (const prediction of predictions) scores.push(await metric.score(item(prediction)));
    return { metric, scores };
  } finally {
    await metric.close();
  }
}

describe('a custom metric', () => {
  test('scores answers with what it is given', async () => {
    const code = `
      import type {} from 'node:fs';
      export const range = [0, 10];
      export const better = 'lower';
      export default ({ prediction, references, row }: { prediction: string; references: string[]; row: { queue: string } }) =>
        prediction.length + references.length + (row.queue === 'billing' ? 1 : 0);`;
    const { metric, scores } = await scoresOf(code, ['', 'abc']);
    expect(metric).toMatchObject({ spec: 'own', range: [0, 10], better: 'lower' });
    expect(scores).toEqual([{ value: 2 }, { value: 5 }]);
  });

  test('that throws, dies, hangs or gives no number leaves the item unmeasured, and goes on', async () => {
    const code = `export default async ({ prediction }) => {
      if (prediction === 'throw') throw new Error('no such queue');
      if (prediction === 'die') process.exit(3);
      if (prediction === 'hang') for (;;);
      if (prediction === 'text') return '0.5';
      if (prediction === 'nan') return Number.NaN;
      if (prediction === 'far') return 7;
      if (prediction === 'pass') return { value: null, why: 'nothing to say' };
      return 0.5;
    };`;
    const { scores } = await scoresOf(code, ['throw', 'die', 'hang', 'text', 'nan', 'far', 'pass', 'good'], 1);
    expect(scores).toEqual([
      { value: null, why: 'it threw: no such queue' },
      { value: null, why: 'it died' },
      { value: null, why: 'it did not answer within 1 s' },
      { value: null, why: 'it gave a string, not a number' },
      { value: null, why: 'it gave NaN, not a number' },
      { value: null, why: 'it gave 7, outside of 0 to 1' },
      { value: null, why: 'nothing to say' },
      { value: 0.5 },
    ]);
  });

  test('gives a reason with its score, and anything else is named for what it is', async () => {
    const code = `process.send?.(null);
    export default ({ prediction }) => {
      process.send?.({ kind: 'scored', id: 'x', value: 1 });
      if (prediction === 'symbol') return Symbol('x');
      if (prediction === 'function') return () => 1;
      if (prediction === 'nothing') return undefined;
      if (prediction === 'infinite') return { value: 1 / 0 };
      if (prediction === 'throw') throw { toString() { throw new Error('no'); } };
      return { value: 0.25, why: 'short' };
    };`;
    const { scores } = await scoresOf(code, ['symbol', 'function', 'nothing', 'infinite', 'throw', 'good']);
    expect(scores).toEqual([
      { value: null, why: 'it gave a symbol, not a number' },
      { value: null, why: 'it gave a function, not a number' },
      { value: null, why: 'it gave nothing, not a number' },
      { value: null, why: 'it gave Infinity, outside of 0 to 1' },
      { value: null, why: 'it threw: something that is no error' },
      { value: 0.25, why: 'short' },
    ]);
  });

  test('asked about many at once answers in turn: one that hangs does not take others with it', async () => {
    const code = "export default async ({ prediction }) => { if (prediction === 'hang') for (;;); return 1; };";
    const file = join(folderWith({ 'metric.ts': code }), 'metric.ts');
    const metric = await loadCustomMetric({ name: 'own', file, timeoutSeconds: 1 });
    const scores = await Promise.all(['a', 'hang', 'b', 'c'].map(async (prediction) => metric.score(item(prediction))));
    await metric.close();
    expect(scores.map(({ value }) => value)).toEqual([1, null, 1, 1]);
    await expect(metric.score(item('a'))).rejects.toThrow('was closed');
  });

  test('counts what it did not measure as the worst, and is signed with its digest', async () => {
    const code = "export const better = 'lower'; export const range = [0, 4]; export default () => 2;";
    const { metric } = await scoresOf(code, []);
    const summary = metric.summary([item('a'), item('b')], [{ value: 2 }, { value: null, why: 'it died' }]);
    expect(summary).toMatchObject({ value: 3, n: 2, unmeasured: 1 });
    expect(summary.signature).toMatch(/^own\|custom\|sha256:[0-9a-f]{12}$/);
  });

  test('does not see our secrets', async () => {
    process.env['PLANTED_KEY'] = 'secret';
    const { scores } = await scoresOf("export default () => (process.env['PLANTED_KEY'] === undefined ? 1 : 0);", [
      'a',
    ]);
    expect(scores).toEqual([{ value: 1 }]);
  });

  test.each([
    ['export default 3;', 'cannot be used: has no default export that is a function'],
    ['export default (', 'cannot be used:'],
    ['export const range = [1, 1]; export default () => 1;', 'exports a range that is none'],
    ['export const range = [0, Infinity]; export default () => 1;', 'exports a range that is none'],
    ["export const better = 'bigger'; export default () => 1;", "neither 'higher' nor 'lower'"],
    ['process.exit(0);', 'cannot be used: it ends while it loads (exit code 0)'],
    ["throw new Error('not today');", 'cannot be used: not today'],
  ])('that cannot be loaded is one sentence: %s', async (code, message) => {
    await expect(scoresOf(code, [])).rejects.toThrow(message);
  });

  test('that only ever dies ends the evaluation', async () => {
    const file = join(folderWith({ 'metric.ts': 'export default () => process.exit(1);' }), 'metric.ts');
    const metric = await loadCustomMetric({ name: 'own', file }, 3);
    const scores = [await metric.score(item('a')), await metric.score(item('b'))];
    expect(scores).toEqual([
      { value: null, why: 'it died' },
      { value: null, why: 'it died' },
    ]);
    await expect(metric.score(item('c'))).rejects.toThrow('died on 3 items in a row');
    await metric.close();
  });
});

test('the digest of a metric covers what it imports', async () => {
  const files = (helper: string): string =>
    join(
      folderWith({ 'metric.ts': "import { f } from './helper.ts';\nexport default f;", 'helper.ts': helper }),
      'metric.ts',
    );
  const [one, same, other] = [
    files('export const f = () => 1;'),
    files('export const f = () => 1;'),
    files('export const f = () => 0;'),
  ];
  expect(await digestOfCustom(one)).toBe(await digestOfCustom(same));
  expect(await digestOfCustom(one)).not.toBe(await digestOfCustom(other));
  expect(one === undefined ? '' : await digestOfCustom(one)).toMatch(/^sha256:[0-9a-f]{64}$/);
  const words = (list: string): string =>
    join(
      folderWith({
        'metric.ts': "// not from './gone.ts'\nimport './a/b.ts'; export default () => 1;",
        'a/b.ts': "const words = new URL('../words.json', import.meta.url);",
        'words.json': list,
      }),
      'metric.ts',
    );
  expect(await digestOfCustom(words('[1]'))).not.toBe(await digestOfCustom(words('[2]')));
  await expect(digestOfCustom('/nowhere/metric.ts')).rejects.toThrow('cannot be read');
});
