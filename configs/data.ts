import { z } from 'zod';
import { DEFAULT_POLICIES, PolicyList } from './policies.ts';

/** Ways of writing a row down; each is a file in data/formats/. */
export const FORMATS = [
  'openai',
  'vertex',
  'prompt-completion',
  'alpaca',
  'sharegpt',
  'openai-preference',
  'vertex-preference',
  'trl-preference',
  'feedback',
  'document',
  'columns',
] as const;
export type FormatName = (typeof FORMATS)[number];

const path = z.string().min(1);

export const Source = z.strictObject({
  uri: z
    .union([path, z.array(path).min(1).max(1000)])
    .optional()
    .describe(
      'Files, relative to the recipe (with --set: to the current folder): a path, a glob such as weeks/*.jsonl, a Hugging Face dataset folder, a dataset of the ledger (a digest, or name@v1), objects in Cloud Storage (gs://BUCKET/rows.jsonl, a prefix gs://BUCKET/weeks/ or a pattern gs://BUCKET/weeks/*.jsonl), or a list of these. JSONL (also .gz, .zst), JSON, CSV, TSV, Parquet, Arrow.',
    ),
  format: z
    .enum(['auto', ...FORMATS])
    .default('auto')
    .describe('How a row is written, default auto: told from its keys. columns: any other row, through data.template.'),
  sql: z
    .string()
    .min(1)
    .optional()
    .describe(
      'One SELECT whose rows are taken. Over files it reads from `source`; with connection it is sent to Postgres. Anything that writes is refused.',
    ),
  connection: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable')
    .optional()
    .describe(
      'Name of the environment variable that holds a Postgres connection URI; the URI itself never stands in a recipe.',
    ),
});
export type Source = z.infer<typeof Source>;

export const Template = z
  .strictObject({
    system: z
      .string()
      .optional()
      .describe('Instruction placed before every prompt. Default: none. Columns may be used: {{column}}.'),
    prompt: z.string().min(1).describe('What the model is asked. {{column}} is replaced by that column of the row.'),
    completion: z
      .string()
      .min(1)
      .describe('What the model shall answer. {{column}} is replaced by that column of the row.'),
  })
  .describe('From the columns of a row to a prompt and a completion. Not needed for rows that are conversations.');

const Split = z
  .strictObject({
    test: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe(
        'Share of the rows kept for testing, 0 to 1. Too low: intervals so wide that nothing is ever proved. Too high: too little left to learn from. A row keeps its side when new rows arrive (its side depends on its prompt or group alone).',
      ),
    group: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Column that names a conversation or customer: rows of one group are never on both sides. Default: the prompt.',
      ),
    stratify: z
      .boolean()
      .default(false)
      .describe(
        'The same share of every class, not only over all, default false. Rows of the last test set of this pipeline stay in it, and rows it was trained on stay out of it.',
      ),
    time: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Column with a date or time: the newest rows are the test set. Rows whose date cannot be read are put aside.',
      ),
    from: z
      .string()
      .min(1)
      .optional()
      .describe('With time: rows of this date (ISO 8601) and later are the test set, in place of a share.'),
  })
  .describe('Take the test set out of the training rows instead of a source of its own.');

export const Data = z.strictObject({
  train: Source.describe('The rows to learn from.'),
  test: Source.optional().describe('The rows to be judged on; never learned from.'),
  split: Split.optional(),
  template: Template.optional(),
  label: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Column that names the class of a row, for statistics, strata, balance and synthesis. Default: the answer, when there are few different ones.',
    ),
  key: z
    .string()
    .min(1)
    .optional()
    .describe('Column that names a row for good, so that `anneal data diff` knows a changed row. Default: its prompt.'),
  prepare: PolicyList.default(() => PolicyList.parse(DEFAULT_POLICIES)).describe(
    'What is done with the rows, in order; rules for training rows alone (nearDuplicates, decontaminate, balance, fewShot) come after the test set is known. Default: normalize, roles, specialTokens, secrets, pii, dedupe, decontaminate, nearDuplicates (reported), tokens.',
  ),
  maxBadShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe(
      'Largest share of unreadable rows in a file, 0 to 1, default 0.05. Bad rows are put aside with line and reason; above this share the run stops. Too high: a broken export trains a model. Too low: one stray line stops the night run.',
    ),
  maxRowBytes: z
    .int()
    .min(64)
    .max(67_108_864)
    .default(1_048_576)
    .describe(
      'Longest row, in bytes, default 1 MiB. Longer rows are put aside unread. Too high: one runaway line fills the memory. Too low: real rows are put aside.',
    ),
});
export type Data = z.infer<typeof Data>;
