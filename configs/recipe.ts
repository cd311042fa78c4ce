import { z } from 'zod';
import { Approve } from './approve.ts';
import { Continuous } from './continuous.ts';
import { Data } from './data.ts';
import { crossCheckBudget } from './budget-check.ts';
import { crossCheckEvaluation } from './evaluate-check.ts';
import { Evaluate } from './evaluate.ts';
import { Gate } from './gate.ts';
import { Notify } from './notify.ts';
import { crossCheckSynthesis } from './synthesis-check.ts';
import { Synthesize } from './synthesis.ts';

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
});

const Lora = z.strictObject({
  rank: z
    .int()
    .min(1)
    .max(1024)
    .default(8)
    .describe(
      'Rank of the low-rank matrices, default 8. Too high: more memory, easier overfitting. Too low: cannot express what has to change.',
    ),
  scale: z
    .number()
    .positive()
    .default(20)
    .describe(
      'Factor on the adapter output (alpha / rank), default 20. Too high: training diverges. Too low: it learns slowly.',
    ),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe(
      'Share of adapter inputs dropped in training, 0 to 1, default 0. Too high: underfits. Too low: overfits small data.',
    ),
  layers: z
    .int()
    .min(-1)
    .refine((layers) => layers !== 0, 'expected -1 for all layers, or 1 and more for the last ones')
    .default(-1)
    .describe('How many of the last layers get an adapter, default -1: all. Fewer: less memory, less capacity.'),
  keys: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Names of the linear modules inside a layer that get an adapter, e.g. self_attn.q_proj. Default: every linear module.',
    ),
});

const Tune = z
  .strictObject({
    tuner: z.enum(['mlx']).default('mlx').describe('Who trains. mlx: mlx-lm on this machine (Metal, CUDA or CPU).'),
    method: z
      .enum(['lora', 'dora', 'full'])
      .default('lora')
      .describe('lora / dora: a small adapter beside a frozen base. full: all weights; needs far more memory.'),
    iterations: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(200)
      .describe('Optimizer steps, default 200. Too high: overfits, costs time. Too low: has not learned yet.'),
    batchSize: z
      .int()
      .min(1)
      .max(4096)
      .default(8)
      .describe('Rows a step, default 8. Too high: out of memory. Too low: noisy steps.'),
    learningRate: z
      .number()
      .positive()
      .max(1)
      .default(1e-4)
      .describe(
        'Peak step size of AdamW, default 1e-4. Too high: loss becomes NaN or jumps. Too low: nothing changes.',
      ),
    schedule: z
      .enum(['constant', 'cosine', 'linear'])
      .default('constant')
      .describe('How the learning rate falls towards the end. Default: it does not.'),
    warmupSteps: z
      .int()
      .min(0)
      .default(0)
      .describe('Steps over which the learning rate rises from 0, default 0. Too high: the run ends before it learns.'),
    weightDecay: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('AdamW weight decay, default 0. Too high: forgets what it learned.'),
    gradientClip: z
      .number()
      .positive()
      .optional()
      .describe('Largest gradient norm. Default: no limit. Too low: learns slowly.'),
    maxTokens: z
      .int()
      .min(8)
      .max(1_048_576)
      .default(512)
      .describe(
        'Longest row in tokens, default 512. Longer rows are left out and counted, never cut. Too high: memory. Too low: rows are lost.',
      ),
    maskPrompt: z.boolean().default(true).describe('Learn from the answer only, not from the prompt. Default true.'),
    seed: z.int().min(0).max(4_294_967_295).default(1).describe('Seed of everything random in training, default 1.'),
    checkpointEvery: z
      .int()
      .min(1)
      .default(50)
      .describe(
        'Steps between checkpoints, default 50. Too high: much is trained again after a crash. Too low: time goes to the disk.',
      ),
    choose: z
      .strictObject({
        checkpoint: z
          .enum(['last', 'best'])
          .default('last')
          .describe(
            'Which checkpoint becomes the candidate. last: the one after all steps. best: the one with the least loss on rows held out.',
          ),
        dev: z
          .number()
          .gt(0)
          .max(0.5)
          .default(0.1)
          .describe(
            'Share of the training rows held out for best, default 0.1. Too high: little is left to learn from. Too low: chance chooses.',
          ),
        on: z
          .string()
          .regex(
            /^dev$/,
            'expected dev: a checkpoint chosen on the test set would make every verdict on that set worthless',
          )
          .default('dev')
          .describe('Rows to choose by: dev, those held out of training. The test set is refused.'),
      })
      .describe('Which checkpoint of the training is taken.')
      .optional(),
    price: z
      .strictObject({
        training: z.number().min(0).describe('US dollars for a million trained tokens.'),
      })
      .optional()
      .describe('What the tuner bills, where the shipped table does not know it. This machine sends no bill.'),
    lora: Lora.prefault({}),
  })
  .prefault({});

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
  const warmup = at('tune', 'warmupSteps');
  const iterations = at('tune', 'iterations') ?? 200;
  if (typeof warmup === 'number' && typeof iterations === 'number' && warmup > 0 && warmup >= iterations) {
    const message = `expected less than tune.iterations (${iterations}), found ${warmup}: the learning rate would never reach its peak`;
    problems.push({ path: ['tune', 'warmupSteps'], message });
  }
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
