import { expect, test } from 'vitest';
import { keptColumns } from '../../../configs/source-paths.ts';
import { RecipeSchema } from '../../../configs/recipe.ts';

const keptOf = (data: object, slices?: unknown[]): ReturnType<typeof keptColumns> => {
  const recipe = RecipeSchema.parse({
    name: 'tiny',
    data: { train: { uri: 'a.jsonl' }, template: { prompt: '{{text}}', completion: '{{queue}}' }, ...data },
    model: { base: 'b' },
    ...(slices ? { evaluate: { slices } } : {}),
  });
  return keptColumns(recipe.data, recipe.evaluate.slices);
};

test('columns that slices are made of are kept in test rows, so that a new slice trains no new model', () => {
  const test = { test: { uri: 't.jsonl' } };
  const slices = ['queue', 'label', { name: 'short', when: { maxWords: 5 } }];
  expect(keptOf(test)).toEqual({ keep: [] });
  expect(keptOf(test, slices)).toEqual({ keep: [], keepInTest: ['queue'] });
});

test('where test rows are split off the training rows, all rows keep them', () => {
  expect(keptOf({ split: { group: 'user' } }, ['queue', 'user'])).toEqual({ keep: ['user', 'queue'] });
});
