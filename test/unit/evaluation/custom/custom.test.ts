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
    ["throw new Error('not today');", 'cannot be used: not today'],
  ])('that cannot be loaded is one sentence: %s', async (code, message) => {
    await expect(scoresOf(code, [])).rejects.toThrow(message);
  });

  test('dies for good when it does nothing else', async () => {
    await expect(
      scoresOf(
        'export default () => process.exit(1);',
        Array.from({ length: 20 }, () => 'a'),
      ),
    ).rejects.toThrow('died on 20 items in a row');
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
  await expect(digestOfCustom('/nowhere/metric.ts')).rejects.toThrow('cannot be read');
});
