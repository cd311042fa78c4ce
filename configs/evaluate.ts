import { z } from 'zod';
import { Embeddings } from './embeddings.ts';
import { Judges } from './judges.ts';
import { metricName, METRICS } from './metric-names.ts';
import { nearest } from './nearest.ts';
import { Bias, Safety } from './safety.ts';
import { Slices } from './slices.ts';

/** What is measured of a model, and how its answers are made. */

const Decoding = z
  .strictObject({
    maxTokens: z
      .int()
      .min(1)
      .max(65_536)
      .default(64)
      .describe('Longest answer in tokens, default 64. Too high: slow. Too low: answers are cut and score 0.'),
    temperature: z
      .number()
      .min(0)
      .max(2)
      .default(0)
      .describe('Randomness of the answers, default 0: greedy, the same every time.'),
    topP: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe('Sample from the likeliest tokens of this summed probability, default 1.'),
    seed: z
      .int()
      .min(0)
      .max(4_294_967_295)
      .default(0)
      .describe('Seed of sampling when temperature is above 0, default 0.'),
    stop: z
      .array(z.string().min(1))
      .default([])
      .describe('Texts at which an answer ends. Default: none beyond the end token.'),
  })
  .describe('How answers are generated; recorded, and part of the cache key.')
  .prefault({});

/** A metric as it is written: a name, and options behind a colon. */
export const MetricSpec = z
  .string()
  .max(300)
  .superRefine((spec, context) => {
    const name = metricName(spec);
    if (Object.hasOwn(METRICS, name)) return;
    const near = nearest(name, Object.keys(METRICS));
    const message = `expected a metric such as exactMatch or bleu:tokenize=intl${near === undefined ? '' : ` (did you mean ${near}?)`}`;
    context.addIssue({ code: 'custom', message });
  });

/** A name that a person gives to a metric or a judge; no metric of ours has it. */
export const OwnName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'expected letters, digits, "_" and "-", beginning with a letter');

const Custom = z.strictObject({
  file: z
    .string()
    .min(1)
    .describe(
      'TypeScript file whose default export scores one answer; docs/metrics.md shows one. Its content is part of the cache key.',
    ),
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, 'expected the lower end first, e.g. [0, 1]')
    .optional()
    .describe(
      'Smallest and largest score. Default: what the file exports as `range`, else 0 to 1. A score outside counts as not measured.',
    ),
  better: z
    .enum(['higher', 'lower'])
    .optional()
    .describe('Which way is better. Default: what the file exports, else higher.'),
  timeoutSeconds: z
    .number()
    .positive()
    .max(3600)
    .default(10)
    .describe(
      'Seconds for one answer, default 10; then it counts as not measured. Too high: one that hangs holds the run up. Too low: slow ones are lost.',
    ),
});

export const Evaluate = z
  .strictObject({
    metrics: z
      .array(MetricSpec)
      .min(1)
      .default(['exactMatch', 'tokenF1'])
      .describe(
        `What is measured on every test row, e.g. exactMatch, bleu:tokenize=intl or rougeL:stemmer=true. Default: exactMatch (${METRICS.exactMatch}) and tokenF1 (${METRICS.tokenF1}). docs/metrics.md lists all.`,
      ),
    custom: z.record(OwnName, Custom).optional().describe('Metrics of your own, by name. Default: none.'),
    embeddings: Embeddings.optional(),
    judges: Judges.optional(),
    limits: z
      .strictObject({
        usd: z
          .number()
          .positive()
          .optional()
          .describe('Most US dollars. Needs prices of all judges. Default: no limit.'),
        tokens: z.int().min(1).optional().describe('Most tokens, prompts and answers together. Default: no limit.'),
      })
      .optional()
      .describe(
        'What the run may spend in all until its answers are judged, synthesis included. It pauses there, and `anneal resume` lets it go on.',
      ),
    slices: Slices.optional(),
    safety: Safety.optional(),
    bias: Bias.optional(),
    batchSize: z
      .int()
      .min(1)
      .max(1024)
      .default(32)
      .describe('Prompts answered side by side, default 32. Too high: out of memory. Too low: slow.'),
    batchAbove: z
      .int()
      .min(1)
      .optional()
      .describe(
        'More prompts than so many are put to a model at Vertex AI by one batch prediction job, default 2000: at half the price, and in minutes to hours. Needs a gs:// store.',
      ),
    decoding: Decoding,
    price: z
      .strictObject({
        inputPerMillion: z.number().min(0).describe('USD for a million tokens of prompt. 0: free.'),
        outputPerMillion: z.number().min(0).describe('USD for a million tokens of answer. 0: free.'),
      })
      .optional()
      .describe(
        "What an answer costs where the model will be served; makes the metric `cost` of it. Also what a vendor's model costs to evaluate, where the shipped table does not know. Default: not measured.",
      ),
  })
  .prefault({});
export type Evaluate = z.infer<typeof Evaluate>;
