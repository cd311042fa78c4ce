import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_POLICIES, POLICIES } from '../../configs/policies.ts';
import { crossCheck, recipeJsonSchema, RecipeSchema } from '../../configs/recipe.ts';
import { FILTERS } from '../../configs/synthesis-filters.ts';
import { TASKS } from '../../configs/synthesis-tasks.ts';
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

test('the data that docs/data.md shows are right, and every policy has a line there', () => {
  const page = readFileSync(join(root, 'docs', 'data.md'), 'utf8');
  const shown = parse(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '') as { data: unknown };
  const whole = { name: 'shown', model: { base: './base' }, ...shown };
  expect(RecipeSchema.safeParse(whole).error?.issues ?? []).toEqual([]);
  expect(crossCheck(whole)).toEqual([]);
  for (const policy of Object.keys(POLICIES)) expect(page).toContain(`\n| \`${policy}\` | `);
  for (const { policy } of DEFAULT_POLICIES) expect(/^\*\*The default\*\*: (.*?)\./m.exec(page)?.[1]).toContain(policy);
});

test('every field stands on the page, with what it means', () => {
  const rows = new Map(sections().flatMap(({ level, rows }) => (level === 2 ? [...rows] : [])));
  const fields = fieldsOf(recipeJsonSchema(), '');
  expect(new Set(rows.keys())).toEqual(new Set(fields.map(({ path }) => path)));
  expect(fields.filter(({ path, isGroup }) => !isGroup && rows.get(path) === '')).toEqual([]);
});

test.each([
  ['data.prepare', 'policy', POLICIES],
  ['synthesize.tasks', 'strategy', TASKS],
  ['synthesize.filters', 'filter', FILTERS],
] as const)('every kind of entry in %s has a section with its fields', (path, key, kinds) => {
  const all = sections();
  const begin = all.findIndex(({ title }) => title === `\`${path}\``);
  const end = all.findIndex(({ level }, i) => i > begin && level < 4);
  const found = all.slice(begin + 1, end);
  expect(found.map(({ title }) => title)).toEqual(Object.keys(kinds).map((kind) => `\`${kind}\``));
  for (const [i, { shape }] of Object.values(kinds).entries()) {
    const { rows, prose } = found[i] as Section;
    expect(prose).not.toBe('');
    expect([...rows.keys()]).toEqual(Object.keys(shape).filter((field) => field !== key));
    expect([...rows.values()]).not.toContain('');
  }
});

test('a default that is a list of entries is told by their names', () => {
  const row = recipeDocs()
    .split('\n')
    .find((line) => line.startsWith('| `synthesize.filters` |'));
  expect(row).toContain('| `rules`, `dedupe`, `decontaminate`, `match`, each with its defaults |');
});

interface Section {
  level: number;
  title: string;
  /** What stands before the table. */
  prose: string;
  /** Fields of the table with their meaning. */
  rows: Map<string, string>;
}

/** The page by its headings. */
function sections(): Section[] {
  return recipeDocs()
    .split(/^(?=#{2,4} )/m)
    .slice(1)
    .map((text) => {
      const [, marks = '', title = '', body = ''] = /^(#+) (.*)\n([\s\S]*)$/.exec(text) ?? [];
      const rows = [...body.matchAll(/^\| `([\w.]+)` \| .* \| ([^|]*) \|$/gm)];
      const [prose = ''] = body.split('\n| field', 1);
      return {
        level: marks.length,
        title,
        prose: prose.trim(),
        rows: new Map(rows.map(([, field = '', meaning = '']) => [field, meaning])),
      };
    });
}

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
