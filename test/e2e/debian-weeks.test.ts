import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../scripts/toolchain.js';
import { noTrainer } from '../contract/support/trainer.ts';
import { makePlace, type RunJson } from '../support/cli.ts';

const shared = join(root, '..', 'shared', 'data', 'debian');
const place = makePlace();

test('the four Debian weeks prepare in one recipe, with a glob and a stable split', async (context) => {
  if (!existsSync(shared)) context.skip('the real rows are not part of the repository');
  if (noTrainer) context.skip(noTrainer);
  cpSync(join(root, 'examples', 'support-triage', 'base'), join(place.folder, 'base'), { recursive: true });
  place.write(
    'recipe.yaml',
    `name: weeks
data:
  train: { uri: '${join(shared, 'week-*.jsonl')}' }
  split: { test: 0.02, stratify: true }
  template: { prompt: '{{package}}: {{synopsis}}', completion: '{{section}}' }
model: { base: ./base }
tune: { iterations: 4, batchSize: 4, checkpointEvery: 4, learningRate: 0.001, maxTokens: 128 }
evaluate: { decoding: { maxTokens: 2 }, batchSize: 64 }
`,
  );
  type Side = Record<'in' | 'kept' | 'duplicates' | 'inTestSet' | 'removed' | 'toTest', number>;
  const { statistics } = await place.json<{ statistics: Record<'train' | 'test', Side> }>('check', 'recipe.yaml');
  const { train, test: tested } = statistics;
  expect(train.in).toBe(8287);
  expect(train.kept + train.duplicates + train.inTestSet + train.removed + train.toTest).toBe(train.in);
  // Eleven sections, each to the nearest row.
  expect(Math.abs(tested.kept - 0.02 * train.in)).toBeLessThanOrEqual(6);
  const run = await place.json<RunJson>('run', 'recipe.yaml');
  expect([run.status, run.error]).toEqual(['completed', undefined]);
  const { rows } = await place.json<{ rows: { label?: string }[] }>(
    'data',
    'sample',
    'weeks.test@v1',
    '--count',
    '1000',
  );
  expect(rows).toHaveLength(tested.kept);
});
