import { expect, test } from 'vitest';
import { placeGenerators } from '../../../configs/generator-places.ts';
import { lacksPrice } from '../../../configs/prices.ts';
import { RecipeSchema } from '../../../configs/recipe.ts';

const recipe = (google: object | undefined) =>
  RecipeSchema.parse({
    name: 'triage',
    ...(google ? { google } : {}),
    data: { train: { uri: 'train.jsonl' }, test: { uri: 'test.jsonl' } },
    model: { base: 'org/name' },
    tune: {},
    synthesize: {
      generators: {
        ours: { kind: 'vertex', model: 'triage@champion' },
        far: { kind: 'vertex', model: 'gemini-2.5-flash', location: 'europe-west4' },
        local: { kind: 'endpoint', baseUrl: 'http://127.0.0.1:1/v1', model: 'm' },
      },
      tasks: [{ strategy: 'paraphrase', generator: 'ours', count: 1 }],
    },
  });

test('a generator at Vertex AI is asked where the recipe says, unless it says so itself', () => {
  const placed = placeGenerators(recipe({ project: 'my-project-1', location: 'us-east1' }));
  expect(placed.synthesize?.generators).toMatchObject({
    ours: { project: 'my-project-1', location: 'us-east1' },
    far: { project: 'my-project-1', location: 'europe-west4' },
  });
  expect(placed.synthesize?.generators['local']).not.toHaveProperty('project');
  const plain = recipe(undefined);
  expect(placeGenerators(plain)).toBe(plain);
});

test('a generator has to say its price unless the table knows the model, or it runs here', () => {
  expect(lacksPrice({ kind: 'vertex', model: 'gemini-2.5-flash' })).toBe(false);
  expect(lacksPrice({ kind: 'vertex', model: 'triage@champion' })).toBe(true);
  expect(lacksPrice({ kind: 'vertex', model: 'triage@champion', price: {} })).toBe(false);
  expect(lacksPrice({ kind: 'endpoint', model: 'gpt-4.1' })).toBe(true);
  expect(lacksPrice({ kind: 'mlx', model: 'org/name' })).toBe(false);
});
