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
  const?: string;
  anyOf?: Node[];
  oneOf?: Node[];
  properties?: Record<string, Node>;
  /** Of an object whose keys a person chooses: what stands under each. */
  additionalProperties?: Node | false;
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
- **Data** are files, globs, folders, queries or datasets of the ledger; how a row is written is told from its keys ([formats](data-formats.md)). A row that cannot be read is put aside with its line and the reason. [data.md](data.md) tells what happens to the others.
- **One field for one run**: \`anneal run recipe.yaml --set tune.iterations=100\`. The value is read as YAML; \`null\` takes a field out. It goes through the same check as the file.
- **Before it runs**: \`anneal check recipe.yaml\` reports everything that is wrong at once, with line, column and what was expected.
- **In an editor**: \`anneal schema > recipe.schema.json\`, then \`# yaml-language-server: $schema=recipe.schema.json\` as the recipe's first line.

Between fields holds:

- Either \`data.test\` or \`data.split\`, not both and not neither.
- A source has either \`uri\`, or \`connection\` with \`sql\`. \`format: columns\` needs \`data.template\`.
- A split has \`test\` (a share), or \`time\` with \`from\` (a date) in its place. One by \`time\` can be neither stratified nor grouped.
- In \`synthesize\`, tasks and filters name generators that are there. The strategy \`grammar\` needs a generator of kind \`grammar\`, every other strategy and filter one that is a model. A filter other than \`rules\` stands there once. With \`limits.usd\`, every endpoint has a \`price\`.
- \`tune.warmupSteps\` is less than \`tune.iterations\`; \`gate.metric\` is one of \`evaluate.metrics\`.

A recipe is at most 32 KiB. A key that is not listed here is an error.
`;

/** Titles and order of the groups. */
const GROUPS: Record<string, string> = {
  data: 'what is learned from, and what is judged on',
  model: 'where it starts',
  synthesize: 'what is made up beside it',
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
    section('## Recipe', rowsOf(top, schema.required ?? [], '')),
    ...all.filter(isGroup).flatMap((entry) => groupOf(entry, schema.required ?? [])),
  ].join('\n');
}

/** A group's table, and after it one section for each field that takes things of several kinds. */
function groupOf([name, node]: [string, Node], required: readonly string[]): string[] {
  const fields = Object.entries(node.properties ?? {});
  const isOptional = !required.includes(name) && node.default === undefined;
  const needed = isOptional ? `required with \`${name}\`` : 'required';
  const title = `## \`${name}\`${GROUPS[name] === undefined ? '' : `: ${GROUPS[name]}`}`;
  return [
    section(title, rowsOf(fields, node.required ?? [], `${name}.`, needed), node.description),
    ...fields.flatMap(([field, inner]) => kindsOf(`${name}.${field}`, inner)),
  ];
}

/** A section for each kind of thing that stands in a list, or under a name of one's own. */
function kindsOf(path: string, node: Node): string[] {
  const { members, key } = unionIn(node) ?? {};
  if (!members || key === undefined) return [];
  const intro = `### \`${path}\`\n\n${node.items ? `A list; each entry says its \`${key}\`` : `Each entry says its \`${key}\``}, and has the fields below.\n`;
  return [
    intro,
    ...members.map(({ properties = {}, required = [] }) => {
      const { [key]: kind = {}, ...fields } = properties;
      const rows = rowsOf(Object.entries(fields), required, '');
      return section(`#### \`${kind.const ?? ''}\``, rows, kind.description);
    }),
  ];
}

interface Union {
  members: Node[];
  /** The field that says which of them it is. */
  key: string;
}

/** The things of several kinds that a list, or an object with keys of one's own, holds. */
function unionIn({ items, additionalProperties }: Node): Union | undefined {
  const members = (items ?? (additionalProperties || {})).oneOf;
  const key = Object.entries(members?.[0]?.properties ?? {}).find(([, node]) => node.const !== undefined)?.[0];
  return members && key !== undefined ? { members, key } : undefined;
}

function section(title: string, rows: readonly string[][], says?: string): string {
  const lines = [['field', 'type', 'default', 'meaning'], ['---', '---', '---', '---'], ...rows];
  const table = rows.length === 0 ? '' : `\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
  return `${title}\n${says === undefined ? '' : `\n${says}\n`}${table}`;
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
      inner ? 'group' : typeOf(node).replaceAll('|', '\\|'),
      required.includes(name) ? needed : defaultOf(node).replaceAll('|', '\\|'),
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
  if (node.properties) return 'as below';
  const { key } = unionIn(node) ?? {};
  if (key !== undefined && Array.isArray(node.default)) {
    const entries = node.default as Record<string, unknown>[];
    return `${entries.map((entry) => code(entry[key])).join(', ')}, each with its defaults`;
  }
  if (Array.isArray(node.default) && node.default.length === 0) return 'an empty list';
  return code(node.default);
}

function typeOf(node: Node): string {
  if (node.enum) return node.enum.map(code).join(' or ');
  if (node.anyOf) return node.anyOf.map(typeOf).join(' or ');
  const { items, minItems = 0 } = node;
  const { key } = unionIn(node) ?? {};
  if (items) {
    const things = key === undefined ? (items.enum ? typeOf(items) : 'texts') : `entries by \`${key}\`, see below`;
    return `list of ${things}${minItems > 0 ? `, at least ${minItems}` : ''}`;
  }
  if (key !== undefined) return `entries by \`${key}\` under names of your choice, see below`;
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
