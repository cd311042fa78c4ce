// Writes docs/recipe.md out of the recipe's schema: `node scripts/recipe-docs.ts`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recipeJsonSchema } from '../configs/recipe.ts';
import { root } from './toolchain.js';

/** What the recipe's schema uses of JSON Schema. */
interface Node {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  minItems?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

const INTRODUCTION = `<!-- Made by scripts/recipe-docs.ts out of configs/recipe.ts; a test compares the two. -->

# The recipe

A recipe is one YAML file that says everything about one line of models. Only \`name\`, \`data\` and \`model\` have to be there:

\`\`\`yaml
name: support-triage
data:
  train: { uri: data/train.jsonl }
  test: { uri: data/test.jsonl }
  template:
    prompt: '{{message}}'
    completion: '{{team}}'
model:
  base: ./base
\`\`\`

- **Paths** start from the recipe's folder; those given to \`--set\` start from the current folder.
- **Data** are JSONL: one JSON object a line, UTF-8. A row is put aside, with its line and the reason, when it is no JSON object, is longer than \`data.maxRowBytes\`, or lacks a column that the template names; a column has to hold a text that is not empty, a number, or true or false.
- **One field for one run**: \`anneal run recipe.yaml --set tune.iterations=100\`. The value is read as YAML; \`null\` takes a field out. It goes through the same check as the file.
- **Before it runs**: \`anneal check recipe.yaml\` reports everything that is wrong at once, with line, column and what was expected.
- **In an editor**: \`anneal schema > recipe.schema.json\`, then \`# yaml-language-server: $schema=recipe.schema.json\` as the recipe's first line.

Between fields holds: either \`data.test\` or \`data.split\`, not both and not neither; \`gate.metric\` is one of \`evaluate.metrics\`; \`tune.warmupSteps\` is less than \`tune.iterations\`. A recipe is at most 32 KiB. A key that is not listed here is an error.
`;

/** Titles and order of the groups. */
const GROUPS: Record<string, string> = {
  data: 'what is learned from, and what is judged on',
  model: 'where it starts',
  tune: 'how it is trained',
  evaluate: 'what is measured',
  gate: 'what has to be proved',
  register: 'under which name it is kept',
};

/** The text of docs/recipe.md. */
export function recipeDocs(): string {
  const schema = recipeJsonSchema() as Node;
  const all = Object.entries(schema.properties ?? {});
  const isGroup = ([, node]: [string, Node]): boolean => node.properties !== undefined;
  const top = all.filter((entry) => !isGroup(entry));
  return [
    INTRODUCTION,
    section('Recipe', rowsOf(top, schema.required ?? [], '')),
    ...all
      .filter(isGroup)
      .map(([name, node]) =>
        section(
          GROUPS[name] === undefined ? `\`${name}\`` : `\`${name}\`: ${GROUPS[name]}`,
          rowsOf(Object.entries(node.properties ?? {}), node.required ?? [], `${name}.`),
        ),
      ),
  ].join('\n');
}

function section(title: string, rows: readonly string[][]): string {
  const lines = [['field', 'type', 'default', 'meaning'], ['---', '---', '---', '---'], ...rows];
  return `## ${title}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

/** One row a field, fields of a group within a group after the group. */
function rowsOf(
  fields: readonly [string, Node][],
  required: readonly string[],
  prefix: string,
  needed = 'required',
): string[][] {
  return fields.flatMap(([name, node]) => {
    const inner = node.properties;
    const row = [
      `\`${prefix}${name}\``,
      inner ? 'group' : typeOf(node),
      required.includes(name) ? needed : defaultOf(node),
      (node.description ?? '').replaceAll('|', '\\|'),
    ];
    if (!inner) return [row];
    const isOptional = !required.includes(name) && node.default === undefined;
    const innerNeeded = isOptional ? `required with \`${prefix}${name}\`` : needed;
    return [row, ...rowsOf(Object.entries(inner), node.required ?? [], `${prefix}${name}.`, innerNeeded)];
  });
}

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

function defaultOf(node: Node): string {
  if (node.default === undefined) return 'none';
  return node.properties ? 'as below' : code(node.default);
}

function typeOf(node: Node): string {
  if (node.enum) return node.enum.map(code).join(' or ');
  const { items, minItems = 0 } = node;
  if (items) return `list of ${items.enum ? typeOf(items) : 'texts'}${minItems > 0 ? `, at least ${minItems}` : ''}`;
  if (node.type === 'boolean') return '`true` or `false`';
  if (node.type === 'integer') return `whole number${rangeOf(node)}`;
  if (node.type === 'number') return `number${rangeOf(node)}`;
  if (node.pattern) return `text, ${code(node.pattern)}`;
  return node.maxLength === undefined ? 'text' : `text, at most ${node.maxLength} characters`;
}

/** ` ≥ 1, ≤ 1024`; the largest safe integer is no bound that anybody set. */
function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Node): string {
  const bounds = [
    minimum === undefined ? '' : `≥ ${minimum}`,
    exclusiveMinimum === undefined ? '' : `> ${exclusiveMinimum}`,
    maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : `≤ ${maximum}`,
    exclusiveMaximum === undefined ? '' : `< ${exclusiveMaximum}`,
  ].filter((bound) => bound !== '');
  return bounds.length === 0 ? '' : ` ${bounds.join(', ')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(join(root, 'docs', 'recipe.md'), recipeDocs());
