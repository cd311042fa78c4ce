import { expect, test } from 'vitest';
import { ownTuning, parseName } from '../../../configs/names.ts';
import { RecipeSchema } from '../../../configs/recipe.ts';

test('a name is read with its version or its alias, and nothing else is a name', () => {
  expect(parseName('support-triage@v3')).toEqual({ name: 'support-triage', version: 3 });
  expect(parseName('support-triage.test@latest')).toEqual({ name: 'support-triage.test', alias: 'latest' });
  for (const text of ['support-triage', 'org/name', 'Name@v1', 'name@', 'name@V1', `sha256:${'0'.repeat(64)}`])
    expect(parseName(text)).toBeUndefined();
});

test('settings of a tuner that does not train are left out of a training, so that changing them changes nothing', () => {
  const groups = { vertex: { epochs: 2 }, openai: { epochs: 3 }, command: { run: ['./train.sh'] } };
  const own = (provider: string) => ownTuning(RecipeSchema.shape.tune.parse({ provider, ...groups }));
  const kept = (provider: string): string[] => Object.keys(own(provider)).filter((name) => name in groups);
  expect(own('mlx')).toEqual(RecipeSchema.shape.tune.parse({ provider: 'mlx' }));
  for (const provider of ['vertex', 'openai', 'command']) expect(kept(provider)).toEqual([provider]);
});
