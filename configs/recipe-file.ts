import { isAbsolute, resolve, dirname } from 'node:path';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { LineCounter, parse, parseDocument, isMap, isNode, isPair, visit, type Document } from 'yaml';
import type { z } from 'zod';
import type { Source } from './data.ts';
import { isDatasetRef, isFarUri } from './source-paths.ts';
import { messageOf, systemCode } from './failure.ts';
import { parseName } from './names.ts';
import type { Judge, Judges } from './judges.ts';
import { placeGenerators } from './generator-places.ts';
import { nearest } from './nearest.ts';
import type { Generator, Synthesize } from './synthesis.ts';
import { absoluteSchemas } from './schema-paths.ts';
import { absoluteCommand } from './command-paths.ts';
import { crossCheck, RecipeSchema, recipeJsonSchema, type Recipe } from './recipe.ts';

/** Something wrong with a recipe, with the place and, where there is one, the remedy. */
export interface Problem {
  /** File, or the `--set` option, that holds it. */
  file: string;
  /** 1-based; absent where the problem has no place in the file. */
  line?: number;
  column?: number;
  /** Dotted path of the field, e.g. `tune.lora.rank`; empty for the whole file. */
  path: string;
  message: string;
}

export interface RecipeReading {
  recipe?: Recipe;
  problems: Problem[];
  /** Finds the place of a field, for checks that come after the schema. */
  place: (path: string) => Pick<Problem, 'file' | 'line' | 'column'>;
}

/** A recipe larger than this is a data file by mistake, and would not fit a Temporal payload. */
const MAX_RECIPE_BYTES = 32 * 1024;

type Path = readonly PropertyKey[];
type Raw = Record<string, unknown>;

/**
 * Reads and checks a recipe file. Never throws for what a person wrote: all problems come back at once.
 *
 * @param file Path of the YAML file.
 * @param sets `a.b=c` overrides, as given to `--set`; the value is read as YAML.
 * @param cwd Folder that relative paths in `sets` start from; those in the file start from its folder.
 */
export function readRecipe(file: string, sets: readonly string[] = [], cwd: string = process.cwd()): RecipeReading {
  const path = resolve(cwd, file);
  const alone = (message: string): RecipeReading => ({
    problems: [{ file, path: '', message }],
    place: () => ({ file }),
  });
  if (!existsSync(path)) return alone('no such recipe file: check the path, or make one with `anneal init`');
  if (statSync(path).isDirectory()) return alone('is a folder: name the recipe file in it, e.g. recipe.yaml');
  if (statSync(path).size > MAX_RECIPE_BYTES) {
    return alone(
      `is larger than ${MAX_RECIPE_BYTES / 1024} KiB: a recipe names its data by path, it does not hold them`,
    );
  }
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return alone(`cannot be read (${systemCode(error) ?? messageOf(error)}): check its owner and permissions`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return alone('is not UTF-8 text: a recipe is a YAML file');
  }
  return checkRecipe(text, file, sets, { base: dirname(path), cwd });
}

/** Checks an already parsed recipe (of an older run) with overrides; its paths are absolute. */
export function amendRecipe(recipe: Recipe, sets: readonly string[], cwd: string = process.cwd()): RecipeReading {
  return checkRecipe(JSON.stringify(recipe), 'the recorded recipe', sets, { base: cwd, cwd });
}

function checkRecipe(
  text: string,
  file: string,
  sets: readonly string[],
  folders: { base: string; cwd: string },
): RecipeReading {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, logLevel: 'error' });
  const overridden = new Map<string, string>();
  const position = (offset: number | undefined): { line?: number; column?: number } => {
    if (offset === undefined) return {};
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const placeOf = (path: Path): Pick<Problem, 'file' | 'line' | 'column'> => {
    const dotted = path.join('.');
    // A group that only the option has made, e.g. a misspelt one, is the option's too.
    const made =
      path.length > 0 && !doc.hasIn(path) && [...overridden.keys()].find((key) => key.startsWith(`${dotted}.`));
    const set = setCovering(overridden, dotted) ?? (made ? overridden.get(made) : undefined);
    return set ? { file: `--set ${set}` } : { file, ...position(offsetOf(doc, path.map(String))) };
  };
  const place = (path: string): Pick<Problem, 'file' | 'line' | 'column'> =>
    placeOf(path === '' ? [] : path.split('.'));
  if (doc.errors.length > 0) {
    const problems = doc.errors.map((error) => ({
      file,
      ...position(error.pos[0]),
      path: '',
      message: yamlMessage(error.message, text.slice(error.pos[0])),
    }));
    return { problems, place };
  }
  let written: unknown;
  try {
    written = doc.toJS();
  } catch (error) {
    const { message, offset } = aliasProblem(doc, messageOf(error));
    return { problems: [{ file, ...position(offset), path: '', message }], place };
  }
  if (!isRaw(written)) {
    return {
      problems: [
        {
          file,
          line: 1,
          column: 1,
          path: '',
          message: `expected fields such as "name:" and "data:", found ${show(written)}`,
        },
      ],
      place,
    };
  }
  const problems: Problem[] = [];
  for (const set of sets) {
    const wrong = applySet(written, set);
    if (wrong) problems.push({ file: `--set ${set}`, path: '', message: wrong });
    else overridden.set(set.slice(0, set.indexOf('=')), set);
  }
  const parsed = RecipeSchema.safeParse(written);
  const found = (path: Path): unknown =>
    path.reduce<unknown>((v, k) => (isRaw(v) || Array.isArray(v) ? (v as Raw)[String(k)] : undefined), written);
  for (const issue of withoutRepeats(parsed.error?.issues ?? [])) {
    for (const { path, message } of explain(issue, found(issue.path))) {
      problems.push({ ...placeOf(path), path: path.join('.'), message });
    }
  }
  for (const { path, message } of crossCheck(written)) {
    problems.push({ ...placeOf(path), path: path.join('.'), message });
  }
  if (!parsed.success || problems.length > 0) {
    return { problems: problems.toSorted(byPlace), place };
  }
  const startOf = (path: string): string => (setCovering(overridden, path) ? folders.cwd : folders.base);
  return { recipe: placeGenerators(absolutePaths(parsed.data, startOf)), problems, place };
}

const byPlace = (a: Problem, b: Problem): number => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);

/** One line for people: `recipe.yaml:12:5 tune.lora.rank: expected …`. */
export function formatProblem({ file, line, column, path, message }: Problem): string {
  const where = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return path === '' ? `${where}: ${message}` : `${where}: ${path}: ${message}`;
}

function explain(issue: z.core.$ZodIssue, value: unknown): { path: Path; message: string }[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path, value);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      const hint = near ? `did you mean "${near}"?` : `known here: ${known.join(', ')}`;
      return { path: [...path, key], message: `unknown key "${key}": ${hint}` };
    });
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const near = typeof value === 'string' ? nearest(value, values) : undefined;
    const hint = near ? `; did you mean "${near}"?` : '';
    return [{ path, message: `expected one of ${values.join(', ')}, found ${show(value)}${hint}` }];
  }
  if (issue.code === 'invalid_union') return explainUnion(issue, value);
  if (value === undefined)
    return [{ path, message: `missing: expected ${issue.code === 'invalid_type' ? a(issue.expected) : 'a value'}` }];
  if (issue.code === 'invalid_type') {
    const hint = typeof value === 'string' && issue.expected === 'number' ? ' (without quotes)' : '';
    return [{ path, message: `expected ${a(issue.expected)}${hint}, found ${show(value)}` }];
  }
  if (issue.code === 'too_small') {
    const bound = `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unitOf(issue.origin)}`;
    return [{ path, message: `expected ${bound}, found ${show(value)}` }];
  }
  if (issue.code === 'too_big') {
    const bound = `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unitOf(issue.origin)}`;
    return [{ path, message: `expected ${bound}, found ${show(value)}` }];
  }
  return [{ path, message: `${issue.message}, found ${show(value)}` }];
}

/** A list entry of no known kind, or a value that may be of several types. */
function explainUnion(issue: z.core.$ZodIssueInvalidUnion, value: unknown): { path: Path; message: string }[] {
  const { path } = issue;
  if (issue.discriminator === undefined || !isRaw(value)) {
    const branches = issue.errors.flatMap((branch) =>
      branch.flatMap((one) => (one.path.length === 0 && one.code === 'invalid_type' ? [a(one.expected)] : [])),
    );
    const inside = issue.errors.find((branch) =>
      branch.some((one) => one.path.length > 0 || one.code !== 'invalid_type'),
    );
    if (inside?.[0]) return explain({ ...inside[0], path: [...path, ...inside[0].path] }, value);
    const expected = [...new Set(branches)].join(' or ') || 'a group of fields';
    return [{ path, message: `expected ${expected}, found ${show(value)}` }];
  }
  const key = issue.discriminator;
  const names = kindsAt(path, key);
  const found = value[key];
  const near = typeof found === 'string' ? nearest(found, names) : undefined;
  const hint = near ? `; did you mean "${near}"?` : '';
  return [{ path: [...path, key], message: `expected one of ${names.join(', ')}, found ${show(found)}${hint}` }];
}

const unitOf = (origin: string): string =>
  origin === 'string' ? ' character(s)' : origin === 'array' ? ' item(s)' : '';

const a = (type: string): string =>
  ({
    object: 'a group of fields',
    array: 'a list',
    int: 'a whole number',
    number: 'a number',
    string: 'a text',
    boolean: 'true or false',
  })[type] ?? type;

function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a group of fields';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value); // JSON has no NaN
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** @param rest The text from the error on. */
function yamlMessage(message: string, rest: string): string {
  if (message === 'Map keys must be unique')
    return `duplicate key "${rest.split(':')[0]?.trim()}": keep one of the two`;
  if (message.startsWith('Source contains multiple documents'))
    return 'a second YAML document begins here ("---"): a recipe is one document, put the second into a file of its own';
  return `not valid YAML: ${message}`;
}

/** Aliases (`*name`) are looked up only when the whole file has been read. */
function aliasProblem(doc: Document, message: string): { message: string; offset?: number | undefined } {
  const name = /^Unresolved alias .*: (.*)$/s.exec(message)?.[1];
  if (name === undefined) return { message: `not valid YAML: ${message}` };
  let offset: number | undefined;
  visit(doc, { Alias: (_key, node) => void (node.source === name ? (offset ??= node.range?.[0]) : undefined) });
  const hint = 'put a text that begins with * in quotes';
  return { message: `not valid YAML: the alias *${name} has no anchor &${name} before it; ${hint}`, offset };
}

/**
 * One issue a field: a list in place of a text is reported as too short, too, and a whole number beyond 2^53
 * breaks two bounds, of which the field's own comes last.
 */
function withoutRepeats(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const byField = new Map<string, z.core.$ZodIssue>();
  for (const issue of issues) {
    const field = `${issue.path.join('.')} ${issue.code === 'unrecognized_keys' ? issue.code : ''}`;
    if (byField.get(field)?.code !== 'invalid_type') byField.set(field, issue);
  }
  return [...byField.values()];
}

/** Keys that the schema knows at a path, read off its JSON Schema. `value` tells which kind of list entry it is. */
function knownKeys(path: Path, value: unknown): string[] {
  const node = schemaAt(path);
  if (node?.['properties']) return Object.keys(node['properties']);
  const names = (node?.['propertyNames'] as Raw | undefined)?.['enum'];
  if (Array.isArray(names)) return names.map(String);
  const branches = (node?.['oneOf'] ?? node?.['anyOf'] ?? []) as Raw[];
  const fitting = branches.filter((branch) =>
    Object.entries(branch['properties'] ?? {}).every(([key, schema]) => {
      const constant = (schema as Raw)['const'];
      return constant === undefined || (isRaw(value) && value[key] === constant);
    }),
  );
  return [...new Set(fitting.flatMap((branch) => Object.keys((branch['properties'] ?? {}) as Raw)))];
}

/** Values that tell the kinds of a list entry apart. */
function kindsAt(path: Path, key: string): string[] {
  const branches = (schemaAt(path)?.['oneOf'] ?? schemaAt(path)?.['anyOf'] ?? []) as { properties?: Raw }[];
  return branches.flatMap(({ properties }) => {
    const constant = (properties?.[key] as Raw | undefined)?.['const'];
    return constant === undefined ? [] : [String(constant)];
  });
}

function schemaAt(path: Path): Raw | undefined {
  let node: Raw | undefined = recipeJsonSchema();
  for (const key of path) {
    const entries = node?.['items'] ?? node?.['additionalProperties'];
    node = ((node?.['properties'] as Raw | undefined)?.[String(key)] ?? (isRaw(entries) ? entries : undefined)) as
      | Raw
      | undefined;
  }
  return node;
}

/** Sets one field; gives the reason when the text cannot be read. */
function applySet(target: Raw, set: string): string | undefined {
  const equals = set.indexOf('=');
  if (equals < 1) return 'expected FIELD=VALUE, e.g. --set tune.iterations=100';
  const keys = set.slice(0, equals).split('.');
  const text = set.slice(equals + 1);
  let value: unknown;
  try {
    value = parse(text, { logLevel: 'error' });
  } catch {
    value = text;
  }
  let node = target;
  for (const [i, key] of keys.slice(0, -1).entries()) {
    if (Array.isArray(node[key])) {
      const list = keys.slice(0, i + 1).join('.');
      return `${list} is a list: set the whole of it, e.g. --set '${list}=[a, b]'`;
    }
    // `--set data.split.test=0.2` has to make what is not there yet; own properties only, so that
    // `__proto__` is an unknown key like any other.
    if (!Object.hasOwn(node, key) || !isRaw(node[key])) {
      Object.defineProperty(node, key, { value: {}, enumerable: true, writable: true, configurable: true });
    }
    node = node[key] as Raw;
  }
  // `--set data.test=null` takes a field out, so that a split can replace the shipped test file.
  if (value === null) delete node[keys.at(-1) as string];
  else
    Object.defineProperty(node, keys.at(-1) as string, { value, enumerable: true, writable: true, configurable: true });
  return undefined;
}

function setCovering(overridden: Map<string, string>, path: string): string | undefined {
  for (const [key, set] of overridden) if (path === key || path.startsWith(`${key}.`)) return set;
  return undefined;
}

/** Offset of a field's key, or of the nearest parent that exists. */
function offsetOf(doc: Document, path: readonly string[]): number | undefined {
  let node: unknown = doc.contents;
  let offset: number | undefined = isNode(node) ? node.range?.[0] : undefined;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isNode(item.key) && String(item.key) === key);
      if (!pair) break;
      offset = isNode(pair.key) ? pair.key.range?.[0] : offset;
      node = pair.value;
    } else if (isNode(node) && 'get' in node) {
      node = (node as { get(k: number, keep: true): unknown }).get(Number(key), true);
      offset = isNode(node) ? node.range?.[0] : offset;
    } else break;
  }
  return offset;
}

/** @param startOf Folder that a relative path in a field starts from. */
function absolutePaths(recipe: Recipe, startOf: (path: string) => string): Recipe {
  const { data, model } = recipe;
  const schemas = absoluteSchemas(recipe, startOf('evaluate.metrics'));
  const from = { train: startOf('data.train.uri'), test: startOf('data.test.uri'), base: startOf('model.base') };
  return {
    ...recipe,
    data: {
      ...data,
      train: absoluteSource(data.train, from.train),
      ...(data.test ? { test: absoluteSource(data.test, from.test) } : {}),
    },
    ...(recipe.synthesize ? { synthesize: absoluteGenerators(recipe.synthesize, startOf) } : {}),
    evaluate: { ...absoluteEvaluate(recipe.evaluate, startOf), metrics: schemas.metrics },
    gate: schemas.gate,
    ...(recipe.continuous ? { continuous: absoluteCanary(recipe.continuous, startOf) } : {}),
    ...(recipe.notify ? { notify: absoluteNotices(recipe.notify, startOf('notify')) } : {}),
    ...(recipe.tune.command
      ? {
          tune: {
            ...recipe.tune,
            command: absoluteCommand(recipe.tune.command, (name) => startOf(`tune.command.${name}`)),
          },
        }
      : {}),
    model: { ...model, base: isFolder(model.base, from.base) ? resolve(from.base, model.base) : model.base },
  };
}

function absoluteCanary(
  continuous: NonNullable<Recipe['continuous']>,
  startOf: (path: string) => string,
): NonNullable<Recipe['continuous']> {
  const { drift } = continuous;
  if (drift.canary === undefined) return continuous;
  return { ...continuous, drift: { ...drift, canary: resolve(startOf('continuous.drift.canary'), drift.canary) } };
}

const absoluteNotices = (notify: NonNullable<Recipe['notify']>, folder: string): NonNullable<Recipe['notify']> =>
  notify.map((target) => (target.to === 'file' ? { ...target, path: resolve(folder, target.path) } : target));

function absoluteEvaluate(evaluate: Recipe['evaluate'], startOf: (path: string) => string): Recipe['evaluate'] {
  const { custom, bias, judges } = evaluate;
  const own = Object.entries(custom ?? {}).map(([name, metric]) => {
    const file = resolve(startOf(`evaluate.custom.${name}`), metric.file);
    return [name, { ...metric, file }] as const;
  });
  return {
    ...evaluate,
    ...(custom ? { custom: Object.fromEntries(own) } : {}),
    ...(judges ? { judges: absoluteJudges(judges, startOf) } : {}),
    ...(bias?.templates === undefined
      ? {}
      : { bias: { ...bias, templates: resolve(startOf('evaluate.bias.templates'), bias.templates) } }),
  };
}

function absoluteJudges(judges: Judges, startOf: (path: string) => string): Judges {
  const moved = Object.entries(judges).map(([name, judge]): [string, Judge] => {
    const { generator } = judge;
    if (generator.kind !== 'mlx' || parseName(generator.model)) return [name, judge];
    const folder = startOf(`evaluate.judges.${name}`);
    if (!isFolder(generator.model, folder)) return [name, judge];
    return [name, { ...judge, generator: { ...generator, model: resolve(folder, generator.model) } }];
  });
  return Object.fromEntries(moved);
}

function absoluteGenerators(synthesize: Synthesize, startOf: (path: string) => string): Synthesize {
  const generators = Object.entries(synthesize.generators).map(([name, generator]): [string, Generator] => {
    const folder = startOf(`synthesize.generators.${name}`);
    if (generator.kind === 'grammar') return [name, { ...generator, file: resolve(folder, generator.file) }];
    if (generator.kind !== 'mlx' || parseName(generator.model)) return [name, generator];
    const model = isFolder(generator.model, folder) ? resolve(folder, generator.model) : generator.model;
    return [name, { ...generator, model }];
  });
  return { ...synthesize, generators: Object.fromEntries(generators) };
}

function absoluteSource(source: Source, folder: string): Source {
  const { uri } = source;
  if (uri === undefined) return source;
  const absolute = (path: string): string =>
    isFarUri(path) || (isDatasetRef(path) && !existsSync(resolve(folder, path))) ? path : resolve(folder, path);
  return { ...source, uri: typeof uri === 'string' ? absolute(uri) : uri.map(absolute) };
}

/** A base is a folder when it looks like a path or exists; otherwise it is a Hugging Face name. */
function isFolder(base: string, folder: string): boolean {
  return (
    isAbsolute(base) || base.startsWith('.') || existsSync(resolve(folder, base)) || !/^[\w.-]+\/[\w.-]+$/.test(base)
  );
}

const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);
