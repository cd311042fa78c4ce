import { z } from 'zod';
import { Approve } from './approve.ts';
import { Continuous } from './continuous.ts';
import { Data } from './data.ts';
import { Google } from './google.ts';
import { crossCheckBudget } from './budget-check.ts';
import { crossCheckEvaluation } from './evaluate-check.ts';
import { Evaluate } from './evaluate.ts';
import { Gate } from './gate.ts';
import { Notify } from './notify.ts';
import { crossCheckSynthesis } from './synthesis-check.ts';
import { StoreUri } from './store-uri.ts';
import { Synthesize } from './synthesis.ts';
import { crossCheckTune } from './tune-check.ts';
import { REMOTE_PROVIDERS, Tune } from './tune.ts';

/**
 * The recipe: everything a person decides about one line of models, in one YAML file.
 * Every field says what it means, its unit and default, and what too much and too little of it do;
 * `anneal schema` prints the same texts as JSON Schema, so that an editor can show them.
 */

const Model = z.strictObject({
  base: z
    .string()
    .min(1)
    .describe(
      'The model to start from: a folder in Hugging Face format (config.json, tokenizer.json, *.safetensors), or a Hugging Face name such as org/name.',
    ),
  revision: z
    .string()
    .min(1)
    .optional()
    .describe('Commit, tag or branch of a Hugging Face name. Default: its main branch, recorded as the commit found.'),
  for: z
    .partialRecord(z.enum(REMOTE_PROVIDERS), z.string().min(1).max(300))
    .optional()
    .describe(
      "The model to start from where another tuner than this machine's trains, by tune.provider, in that vendor's words: { vertex: gemini-2.5-flash-lite }. Default: model.base.",
    ),
});

const Register = z
  .strictObject({
    model: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9._-]{0,62}$/,
        'expected lower-case letters, digits, ".", "_" and "-", at most 63 characters',
      )
      .optional()
      .describe('Name under which versions are kept. Default: the name of the recipe.'),
    alias: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}$/, 'expected lower-case letters, digits and "-", at most 31 characters')
      .default('champion')
      .describe(
        'Alias that a promoted version gets, default champion; also the version that candidates are compared with.',
      ),
  })
  .prefault({});

export const RecipeSchema = z.strictObject({
  name: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9._-]{0,62}$/,
      'expected lower-case letters, digits, ".", "_" and "-", at most 63 characters',
    )
    .describe('Name of the pipeline: shown in runs and in the Temporal UI.'),
  description: z.string().max(2000).optional().describe('What the model is for; goes into the model card.'),
  store: StoreUri.optional(),
  google: Google.optional(),
  data: Data,
  model: Model,
  synthesize: Synthesize.optional().describe(
    'Rows that a grammar or a model makes, beside the real ones. Default: none.',
  ),
  tune: Tune,
  evaluate: Evaluate,
  gate: Gate,
  register: Register,
  continuous: Continuous.optional(),
  approve: Approve.optional(),
  notify: Notify.optional(),
});

/** A checked recipe with every default filled in. Paths are absolute once it comes from `readRecipe`. */
export type Recipe = z.infer<typeof RecipeSchema>;

/**
 * What holds between fields. Takes whatever was written, right or wrong, so that these problems are
 * reported together with those of single fields.
 */
export function crossCheck(written: unknown): { path: string[]; message: string }[] {
  const at = (...path: string[]): unknown =>
    path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), written);
  const problems: { path: string[]; message: string }[] = [];
  if (isObject(at('data')) && at('data', 'test') === undefined && at('data', 'split') === undefined) {
    const message =
      'missing: expected data.test.uri (a file of test rows) or data.split.test (a share of the training rows)';
    problems.push({ path: ['data'], message });
  }
  if (at('data', 'test') !== undefined && at('data', 'split') !== undefined) {
    problems.push({
      path: ['data', 'split'],
      message: 'expected either data.test or data.split, found both: remove one',
    });
  }
  for (const side of ['train', 'test']) {
    const source = at('data', side);
    if (!isObject(source)) continue;
    const { uri, connection, sql, format } = source;
    const problem = (field: string[], message: string): void =>
      void problems.push({ path: ['data', side, ...field], message });
    if (uri === undefined && connection === undefined)
      problem([], 'missing: expected uri (files), or connection and sql (Postgres)');
    if (connection !== undefined && sql === undefined)
      problem([], 'missing: expected sql, the SELECT that is sent to Postgres');
    if (uri !== undefined && connection !== undefined)
      problem(['connection'], 'expected either uri or connection, found both: remove one');
    if (format === 'columns' && at('data', 'template') === undefined)
      problem(['format'], 'rows of columns need data.template, which makes a conversation of them: add it');
  }
  const split = at('data', 'split');
  if (isObject(split)) {
    const { test, time, from, stratify, group } = split;
    if (test === undefined && !(time !== undefined && from !== undefined))
      problems.push({
        path: ['data', 'split'],
        message: 'missing: expected test (a share), or time and from (a date)',
      });
    if (from !== undefined && (time === undefined || test !== undefined)) {
      const message =
        time === undefined ? 'needs time: the column that holds the date' : 'expected either test or from, found both';
      problems.push({ path: ['data', 'split', 'from'], message });
    }
    if (typeof from === 'string' && Number.isNaN(Date.parse(from)))
      problems.push({
        path: ['data', 'split', 'from'],
        message: `expected a date such as 2026-01-31, found "${from}"`,
      });
    if (time !== undefined && (stratify === true || group !== undefined)) {
      const message = 'a split by time can be neither stratified nor grouped: remove one';
      problems.push({ path: ['data', 'split', stratify === true ? 'stratify' : 'group'], message });
    }
  }
  for (const { path, message } of crossCheckSynthesis(at('synthesize')))
    problems.push({ path: ['synthesize', ...path], message });
  problems.push(...crossCheckTune(written));
  problems.push(...crossCheckEvaluation(at('evaluate'), at('gate')));
  problems.push(...crossCheckBudget(written));
  return problems;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The recipe's JSON Schema (draft 2020-12), for editors. */
export function recipeJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(RecipeSchema, { io: 'input' }) as Record<string, unknown>;
}
