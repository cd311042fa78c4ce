import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { crossCheck, recipeJsonSchema, RecipeSchema } from '../../configs/recipe.ts';
import { recipeDocs } from '../../scripts/recipe-docs.ts';
import { root } from '../../scripts/toolchain.js';

test('docs/recipe.md is what the schema gives today: else run `node scripts/recipe-docs.ts`', () => {
  expect(readFileSync(join(root, 'docs', 'recipe.md'), 'utf8')).toBe(recipeDocs());
});

test('the recipe that the page begins with is one', () => {
  const shown: unknown = parse(/```yaml\n([\s\S]*?)```/.exec(recipeDocs())?.[1] ?? '');
  expect(RecipeSchema.safeParse(shown).error?.issues ?? []).toEqual([]);
  expect(crossCheck(shown)).toEqual([]);
});

test('every field stands on the page, with what it means', () => {
  const rows = new Map(
    [...recipeDocs().matchAll(/^\| `([\w.]+)` \| .* \| ([^|]*) \|$/gm)].map(([, field, meaning]) => [field, meaning]),
  );
  const fields = fieldsOf(recipeJsonSchema(), '');
  expect(new Set(rows.keys())).toEqual(new Set(fields.map(({ path }) => path)));
  expect(fields.filter(({ path, isGroup }) => !isGroup && rows.get(path) === '')).toEqual([]);
});

interface Node {
  properties?: Record<string, Node>;
}

/** Dotted paths of the groups within groups, and of all fields. */
function fieldsOf(node: Node, prefix: string): { path: string; isGroup: boolean }[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, inner]) => {
    const path = `${prefix}${name}`;
    const isGroup = inner.properties !== undefined;
    const own = isGroup && prefix === '' ? [] : [{ path, isGroup }];
    return [...own, ...fieldsOf(inner, `${path}.`)];
  });
}
