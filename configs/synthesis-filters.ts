import { z } from 'zod';

/** What a synthetic row has to pass; each is carried out by the file of its name in data/synthesis/filters/. */

const generator = z.string().min(1).describe('Name of a generator of this recipe.');
const filter = <const Name extends string>(name: Name, does: string) => z.literal(name).describe(does);
const pattern = z.string().min(1).max(1000).refine(isRegExp, 'expected a regular expression');

export const Rules = z.strictObject({
  filter: filter('rules', 'What a row must and must not say.'),
  of: z
    .enum(['prompt', 'answer', 'row'])
    .default('row')
    .describe('What is looked at: the last user message, the answer, or all of the row (default).'),
  must: z.array(pattern).max(100).default([]).describe('Regular expressions (Unicode) that all have to match.'),
  mustNot: z.array(pattern).max(100).default([]).describe('Regular expressions (Unicode) of which none may match.'),
  words: z.array(z.string().min(1)).default([]).describe('Texts that all have to occur, whatever their case.'),
  forbidden: z.array(z.string().min(1)).default([]).describe('Texts of which none may occur, whatever their case.'),
  knownLabel: z
    .boolean()
    .default(true)
    .describe(
      'The class has to be one that the training rows have or the last evaluation missed, default true; no class at all is let through.',
    ),
});

export const DedupeFilter = z.strictObject({
  filter: filter('dedupe', 'Rows that say what a real row or an earlier synthetic one says.'),
  by: z.enum(['row', 'prompt']).default('row').describe('row (default): prompt and answer. prompt: the prompt alone.'),
  near: z
    .enum(['models', 'all', 'none'])
    .default('models')
    .describe(
      'Which rows may not even nearly say the same: models (default): those that a model wrote, since rows of a grammar are alike by design. all: those of a grammar as well. none: only exact repeats go.',
    ),
  threshold: z
    .number()
    .gt(0)
    .max(1)
    .default(0.8)
    .describe('Jaccard similarity, 0 to 1, from which two rows are one, default 0.8. Too low: variety goes.'),
  shingle: z.int().min(1).max(20).default(3).describe('Words a run, default 3; shorter texts are one run.'),
  of: z.enum(['row', 'prompt']).default('prompt').describe('What near compares: the prompt (default), or all of it.'),
});

export const DecontaminateFilter = z.strictObject({
  filter: filter('decontaminate', 'Rows that repeat a test row.'),
  against: z
    .enum(['registered', 'own'])
    .default('registered')
    .describe('registered (default): every test and evaluation set in the ledger. own: only the test set of this run.'),
  gram: z
    .int()
    .min(4)
    .max(50)
    .default(13)
    .describe('Words in a row that count as a repeat, default 13. Too low: phrases everybody uses are hits.'),
  minShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe('Share of a test row, 0 to 1, that has to be repeated, default 0.5.'),
});

export const Match = z.strictObject({
  filter: filter('match', 'Rows unlike the real rows of their class in language or length.'),
  language: z
    .boolean()
    .default(true)
    .describe('The language has to be one of the real rows, default true. Texts below 40 characters are let through.'),
  central: z
    .number()
    .gt(0)
    .max(1)
    .default(0.98)
    .describe(
      'Share of the real rows of a class, 0 to 1, whose lengths are the range, default 0.98. Too high: one runaway row makes all lengths right. Too low: variety goes.',
    ),
  slack: z
    .number()
    .min(1)
    .max(100)
    .default(1.5)
    .describe('Factor by which the range is widened on both ends, default 1.5. 1: not at all.'),
  minRows: z
    .int()
    .min(1)
    .default(20)
    .describe('Real rows that a class needs for a range of its own, default 20; below it the range of all rows holds.'),
});

export const Agreement = z.strictObject({
  filter: filter('agreement', 'Rows whose answer the model does not give again when asked afresh.'),
  generator,
  samples: z
    .int()
    .min(1)
    .max(32)
    .default(3)
    .describe('Answers asked for each row, default 3. Too high: costs. Too low: chance decides.'),
  minShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.6)
    .describe('Share of the samples, 0 to 1, that has to agree, default 0.6. Too high: only easy rows stay.'),
  similarity: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe(
      'F1 of the shared words, 0 to 1, from which two answers agree, default 1: the same words. Lower it for free text.',
    ),
});

export const Judge = z.strictObject({
  filter: filter('judge', 'Rows that a model scores below the threshold. It gives its reason before its score.'),
  generator,
  criteria: z
    .string()
    .min(1)
    .max(4000)
    .default('The request is realistic and clear. The answer is right, complete and in the form of the examples.')
    .describe('What makes a good row.'),
  threshold: z
    .int()
    .min(1)
    .max(5)
    .default(4)
    .describe('Lowest score that is let through, 1 to 5, default 4. Too high: little is left. Too low: anything goes.'),
});

export const FILTERS = {
  rules: Rules,
  dedupe: DedupeFilter,
  decontaminate: DecontaminateFilter,
  match: Match,
  agreement: Agreement,
  judge: Judge,
} as const;
export type FilterName = keyof typeof FILTERS;
export type FilterSettings<Name extends FilterName> = z.infer<(typeof FILTERS)[Name]>;

export const FilterList = z.array(
  z.discriminatedUnion('filter', [Rules, DedupeFilter, DecontaminateFilter, Match, Agreement, Judge]),
);
export type AnyFilter = z.infer<typeof FilterList>[number];

/** What is done when a recipe lists nothing: everything that needs no model. */
export const DEFAULT_FILTERS: readonly { filter: FilterName }[] = [
  { filter: 'rules' },
  { filter: 'dedupe' },
  { filter: 'decontaminate' },
  { filter: 'match' },
];

function isRegExp(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
