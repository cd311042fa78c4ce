import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../scripts/toolchain.js';
import { noTrainer } from '../contract/support/trainer.ts';
import { makePlace, type RunJson } from '../support/cli.ts';

const recipe = join(root, 'examples', 'debian-sections', 'recipe.yaml');
const shared = join(root, '..', 'shared', 'data', 'debian', 'week-1.jsonl');
const place = makePlace();

test.skipIf(noTrainer)('the recipe for Debian sections runs on any file of its shape', async () => {
  const rows = (count: number, week: string): string =>
    Array.from({ length: count }, (_, i) => {
      const section = ['games', 'libs', 'web'][i % 3];
      return `${JSON.stringify({ package: `${section}-${week}-${i}`, synopsis: `some ${section} thing`, section })}\n`;
    }).join('');
  place.write('a.jsonl', rows(60, 'one'));
  place.write('b.jsonl', rows(30, 'two'));
  const files = ['--set', 'data.train.uri=a.jsonl', '--set', 'data.test.uri=b.jsonl'];
  const run = await place.json<RunJson>('run', recipe, ...files, '--set', 'tune.iterations=25');
  expect([run.status, run.error, run.metrics['exactMatch']?.n]).toEqual(['completed', undefined, 30]);
  expect(run.model).toBe('debian-sections@v1');
});

test('the recipe for Debian sections is fit to run on the real rows', async (context) => {
  if (!existsSync(shared)) context.skip('the real rows are not part of the repository');
  const { code, stdout } = await place.anneal('check', recipe);
  expect([code, stdout.split('\n')[0]]).toEqual([0, `${recipe} is fit to run`]);
});
