import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatProblem, readRecipe } from '../../../configs/recipe-file.ts';
import { root } from '../../../scripts/toolchain.js';
import { folderWith } from '../support/folder.ts';

const RECIPE = `name: tiny
data:
  train: { uri: train.jsonl }
  test: { uri: test.jsonl }
  template: { prompt: '{{text}}', completion: '{{label}}' }
model: { base: ${join(root, 'examples', 'support-triage', 'base')} }
`;

/** A folder with a recipe that ends as given, and what it needs. */
const folderOf = (end: string, files: Record<string, string> = {}): string =>
  folderWith({
    'recipe.yaml': RECIPE + end,
    'train.jsonl': '{"text":"a","label":"b"}\n{"text":"c","label":"d"}\n',
    'test.jsonl': '{"text":"e","label":"b"}\n',
    ...files,
  });

function anneal(folder: string, ...args: string[]): { status: number | null; stderr: string } {
  const env = { ...process.env, NO_COLOR: '1', ANNEAL_HOME: join(folder, 'none') };
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'cli', 'main.ts'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  return { status, stderr: stderr.replaceAll(`${folder}/`, '') };
}

describe('anneal check', () => {
  test('names the place in the recipe of every metric that cannot be used', () => {
    const end = `evaluate:
  metrics: [exactMatch, 'jsonSchema:file=100%.json', 'jsonSchema:file=torn.json']
  custom:
    gone: { file: gone.ts }
    torn: { file: torn.ts }
    number: { file: number.ts }
    range: { file: range.ts }
`;
    const folder = folderOf(end, {
      'torn.json': '{',
      'torn.ts': 'export default (',
      'number.ts': 'export default 3;',
      'range.ts': 'export const range = [1, 1]; export default () => 1;',
    });
    const { status, stderr } = anneal(folder, 'check', 'recipe.yaml');
    expect(status).toBe(2);
    expect(stderr.replace(/ \(.*\): expected a JSON file/, ': expected a JSON file')).toBe(`error: 6 problems
  recipe.yaml:8:25: evaluate.metrics.1: "jsonSchema:file=100%.json": a per cent sign is written %25
  recipe.yaml:8:54: evaluate.metrics.2: the schema torn.json cannot be read: expected a JSON file
  recipe.yaml:10:5: evaluate.custom.gone: the metric gone: there is no file gone.ts: check the path
  recipe.yaml:11:5: evaluate.custom.torn: the metric torn: torn.ts cannot be used: Expression expected
  recipe.yaml:12:5: evaluate.custom.number: the metric number: number.ts cannot be used: has no default export that is a function
  recipe.yaml:13:5: evaluate.custom.range: the metric range: range.ts exports a range that is none: expected e.g. [0, 1]
`);
  });
});

test.each([
  ['1', 'gate.confidence: expected less than 1, found 1'],
  ['0', 'gate.confidence: expected at least 0.5, found 0'],
  ['.nan', 'gate.confidence: expected a number, found NaN'],
])('a recipe with a confidence of %s is refused at its place', (confidence, message) => {
  const { recipe, problems } = readRecipe(join(folderOf(`gate: { confidence: ${confidence} }\n`), 'recipe.yaml'));
  expect(recipe).toBeUndefined();
  expect(problems.map((problem) => formatProblem(problem).replace(/^.*recipe/, 'recipe'))).toEqual([
    `recipe.yaml:7:9: ${message}`,
  ]);
});

test.each(['0', '1'])('anneal compare refuses a confidence of "%s"', (confidence) => {
  const folder = folderWith({ 'a.jsonl': '{"prediction":"a","references":["a"]}\n' });
  const { status, stderr } = anneal(folder, 'compare', 'a.jsonl', 'a.jsonl', `--confidence=${confidence}`);
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: `error: --confidence: expected a number from 0.5 to 0.999999, found "${confidence}"\n`,
  });
});

test('anneal compare says which bounds of a recipe it cannot look at', () => {
  const end = `evaluate: { safety: {} }
gate:
  guards: [{ metric: latencySeconds, margin: 1 }]
  floors: [{ metric: attackSuccess, atMost: 0.1 }]
`;
  const folder = folderOf(end, {
    'a.jsonl': '{"prediction":"a","references":["a"]}\n{"prediction":"b","references":["a"]}\n',
  });
  const env = { ...process.env, NO_COLOR: '1', ANNEAL_HOME: join(folder, 'none') };
  const args = [join(root, 'cli', 'main.ts'), 'compare', 'a.jsonl', 'a.jsonl', '--recipe', 'recipe.yaml', '--json'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env });
  const { reasons } = JSON.parse(stdout) as { reasons: string[] };
  expect(reasons.slice(-2)).toEqual([
    'The bound on latencySeconds was left out: nothing here measures it.',
    'The bound on attackSuccess was left out: nothing here measures it.',
  ]);
});

test('a gate finds the schema metric that it names, wherever the recipe lies', () => {
  const spec = 'jsonSchema:fence=true,file=my%2Cschema.json';
  const end = `evaluate: { metrics: [exactMatch, '${spec}'] }
gate:
  metric: '${spec}'
  guards: [{ metric: '${spec}', margin: 0.1 }]
  floors: [{ metric: '${spec}', atLeast: 0.5 }]
`;
  const folder = folderOf(end, { 'my,schema.json': '{}' });
  const { recipe } = readRecipe(join(folder, 'recipe.yaml'));
  const absolute = `jsonSchema:fence=true,file=${folder}/my%2Cschema.json`;
  expect(recipe?.evaluate.metrics).toEqual(['exactMatch', absolute]);
  expect(recipe?.gate).toMatchObject({
    metric: absolute,
    guards: [{ metric: absolute }],
    floors: [{ metric: absolute }],
  });
});
