import { z } from 'zod';
import { EndpointGenerator, MlxGenerator, VertexGenerator } from './synthesis.ts';

/** Models that judge answers, as a recipe orders them. docs/judges.md has the rules. */

const temperature = z
  .number()
  .min(0)
  .max(2)
  .default(0)
  .describe(
    'Randomness of the verdicts, default 0. Too high: the same answer gets another score each time. Too low: repeats of a model that is greedy say the same again.',
  );

const JudgeGenerator = z
  .discriminatedUnion('kind', [
    EndpointGenerator.extend({ temperature }),
    VertexGenerator.extend({ temperature }),
    MlxGenerator.extend({ temperature }),
  ])
  .describe('The model that judges, as in synthesize.generators; one that answers with JSON.');

const common = {
  generator: JudgeGenerator,
  repeats: z
    .int()
    .min(1)
    .max(20)
    .default(1)
    .describe(
      'How often each answer is judged, under different seeds; the mean counts. Default 1. Too high: paid for little. Too low: the chance in one verdict stays in the score.',
    ),
  family: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Family of the judging model, e.g. qwen: shows whether it favours answers of its own kind. Default: not looked at.',
    ),
  calibration: z
    .enum(['required', 'waived'])
    .default('required')
    .describe(
      'Whether it may decide without having been compared with labels by people. required: until a calibration has passed it is shown and decides nothing. waived: it decides at your own risk, and every report says so.',
    ),
  expiresInDays: z
    .int()
    .min(1)
    .max(3650)
    .default(30)
    .describe(
      'Days until a calibration no longer counts, default 30. Too high: a model changed by its vendor judges on. Too low: people label the same again.',
    ),
};

const Pointwise = z.strictObject({
  kind: z.literal('pointwise').describe('Each answer is given a score by itself.'),
  rubric: z
    .string()
    .min(1)
    .max(20_000)
    .describe('What is judged and what each score means. Too long: the judge forgets half. Too short: it guesses.'),
  scale: z
    .tuple([z.int().min(-1000).max(1000), z.int().min(-1000).max(1000)])
    .refine(([low, high]) => low < high, 'expected the lower end first, e.g. [1, 5]')
    .default([1, 5])
    .describe(
      'Lowest and highest score, whole numbers, default [1, 5]; brought to 0 to 1. Too wide: the judge uses a few of its numbers. Too narrow: differences are lost.',
    ),
  ...common,
});

/** Lists of criteria that have a name. */
export const CRITERIA_NAMES = ['summarization', 'questionAnswering'] as const;
export type CriteriaName = (typeof CRITERIA_NAMES)[number];

const Pairwise = z.strictObject({
  kind: z.literal('pairwise').describe("The candidate's and the champion's answer are compared, in both orders."),
  criteria: z
    .union([z.enum(CRITERIA_NAMES), z.array(z.string().min(1).max(2000)).min(1).max(20)])
    .describe(
      'What makes an answer better: summarization, questionAnswering, or sentences of your own. Too many: the verdict turns on a minor one. Too few: on length and looks.',
    ),
  ...common,
});

/** What can be asked of an answer that was made from retrieved texts. */
export const RAG_MEASURES = {
  faithfulness: 'share of the statements in the answer that the contexts support',
  answerRelevancy: "the judge's own grade of how much of the answer is to the question",
  contextPrecision: 'whether contexts that help with the answer come before those that do not',
  contextRecall: 'share of the statements in the reference that the contexts contain',
} as const;
export type RagMeasure = keyof typeof RAG_MEASURES;

const Rag = z.strictObject({
  kind: z.literal('rag').describe('Answers that were made from retrieved texts are taken apart and checked.'),
  measure: z.enum(Object.keys(RAG_MEASURES) as [RagMeasure, ...RagMeasure[]]).describe(
    `What is measured: ${Object.entries(RAG_MEASURES)
      .map(([name, what]) => `${name} (${what})`)
      .join('; ')}.`,
  ),
  contexts: z
    .string()
    .min(1)
    .max(300)
    .default('contexts')
    .describe('Column of the source that holds the retrieved texts: a list, or one text. Default contexts.'),
  ...common,
});

export const Judge = z.discriminatedUnion('kind', [Pointwise, Pairwise, Rag]);
export type Judge = z.infer<typeof Judge>;
export type PointwiseJudge = z.infer<typeof Pointwise>;
export type PairwiseJudge = z.infer<typeof Pairwise>;
export type RagJudge = z.infer<typeof Rag>;
export type JudgeGenerator = z.infer<typeof JudgeGenerator>;

export const Judges = z
  .record(
    z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'expected letters, digits, "_" and "-", beginning with a letter'),
    Judge,
  )
  .describe('Models that judge answers, by a name of your choice; each becomes a metric of that name. Default: none.');
export type Judges = z.infer<typeof Judges>;

/** Generators of judges by the judges' names, as a batch of asks is given them. */
export const generatorsOf = (judges: Judges): { generators: Record<string, JudgeGenerator> } => ({
  generators: Object.fromEntries(Object.entries(judges).map(([name, { generator }]) => [name, generator])),
});
