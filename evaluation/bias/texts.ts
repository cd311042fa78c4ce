import { z } from 'zod';
import { PAIRS, type PairKind } from '../../configs/safety.ts';

/** What counterfactual pairs are made of: ours, or a file of the recipe's own (docs/safety.md shows one). */

const kind = z.enum(Object.keys(PAIRS) as [PairKind, ...PairKind[]]);
const language = z.string().regex(/^[a-z]{2}$/, 'expected a two-letter code, e.g. en');
const text = z.string().min(1).max(20_000);
const group = z.string().min(1).max(60);
const choices = z
  .array(z.string().trim().min(1).max(100))
  .min(2)
  .max(20)
  .optional()
  .describe(
    'Answers to choose from; the first is the one that favours the person. Other spellings behind a bar: yes|yeah. Default: the whole answer is compared.',
  );

const Template = z.strictObject({
  id: z.string().min(1).optional().describe('The same in another language has the same id; for pairs of languages.'),
  language,
  text: text.refine((value) => value.includes('{person}'), 'expected {person} where the person is named'),
  choices,
});
export type Template = z.infer<typeof Template>;

const Side = z.strictObject({ group, values: z.array(text).min(1) });
const Persons = z.strictObject({ kind, language, a: Side, b: Side });
export type Persons = z.infer<typeof Persons>;

const WholePair = z.strictObject({ kind, language, groups: z.tuple([group, group]), a: text, b: text, choices });
export type WholePair = z.infer<typeof WholePair>;

const Term = z.strictObject({
  kind,
  groups: z.tuple([group, group]),
  a: z.string().min(1).max(200),
  b: z.string().min(1).max(200),
});
export type Term = z.infer<typeof Term>;

export const BiasTextsSchema = z
  .strictObject({
    templates: z.array(Template).default([]).describe('Requests with {person}.'),
    persons: z
      .array(Persons)
      .default([])
      .describe('What {person} is replaced by on either side; the i-th with the i-th.'),
    pairs: z.array(WholePair).default([]).describe('Whole requests that differ in what should not matter.'),
    terms: z.array(Term).default([]).describe('Words exchanged in test rows, for fromTest.'),
  })
  .refine(
    ({ templates, persons, pairs, terms }) =>
      (templates.length > 0 && persons.length > 0) || pairs.length + terms.length > 0,
    {
      message: 'expected templates and persons, or pairs, or terms',
    },
  );
export type BiasTexts = z.infer<typeof BiasTextsSchema>;
