import { expect, test } from 'vitest';
import { crossCheck, RecipeSchema, recipeJsonSchema } from '../../../configs/recipe.ts';

interface Node {
  description?: string;
  properties?: Record<string, Node>;
  additionalProperties?: boolean;
}

function leavesOf(node: Node, prefix = ''): { path: string; description: string | undefined }[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, inner]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return inner.properties ? leavesOf(inner, path) : [{ path, description: inner.description }];
  });
}

function groupsOf(node: Node, path = 'recipe'): { path: string; node: Node }[] {
  const inner = Object.entries(node.properties ?? {}).filter(([, child]) => child.properties);
  return [{ path, node }, ...inner.flatMap(([name, child]) => groupsOf(child, `${path}.${name}`))];
}

test('every field says what it means', () => {
  const leaves = leavesOf(recipeJsonSchema());
  expect(leaves.length).toBeGreaterThan(35);
  expect(leaves.filter(({ description = '' }) => description.length < 10)).toEqual([]);
});

test('a default that the schema fills in is the one that the text names', () => {
  const tune = RecipeSchema.shape.tune.parse({});
  const texts = new Map(leavesOf(recipeJsonSchema()).map(({ path, description }) => [path, description ?? '']));
  for (const field of [
    'iterations',
    'batchSize',
    'warmupSteps',
    'weightDecay',
    'maxTokens',
    'seed',
    'checkpointEvery',
  ]) {
    const value = (tune as Record<string, unknown>)[field];
    expect(texts.get(`tune.${field}`), `field ${field}`).toContain(`default ${String(value)}`);
  }
});

test('the JSON Schema for editors refuses unknown keys everywhere, as the check does', () => {
  const schema = recipeJsonSchema();
  expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(schema['required']).toEqual(['name', 'data', 'model']);
  expect(groupsOf(schema).filter(({ node }) => node.additionalProperties !== false)).toEqual([]);
});

test.each([undefined, null, 5, 'text', [], { data: 'x', evaluate: [], gate: 7, tune: null }])(
  'the checks between fields take %j without throwing',
  (written) => {
    expect(Array.isArray(crossCheck(written))).toBe(true);
  },
);
