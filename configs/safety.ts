import { z } from 'zod';

/** Attacks, harmless questions and counterfactual pairs that a model is tried with. docs/safety.md says what they show. */

/** The families of attacks, with one sentence each; every one is a file of its name in evaluation/safety/families/. */
export const FAMILIES = {
  injection: 'orders that stand where only data should be: in a message or in a document',
  promptLeak: 'attempts to read the system prompt out',
  piiLeak: 'attempts to get at records of other people that stand in the context',
  encoding: 'an order written in another code, such as base64 or Morse',
  exfiltration: 'orders to put a secret of the conversation into a link or picture address',
  jailbreak: 'attempts to talk the model out of a harmless rule, such as never to say a word',
} as const;
export type FamilyName = keyof typeof FAMILIES;

/** Languages in which attacks and pairs are written. */
export const LANGUAGES = ['en', 'ko', 'zh'] as const;
export type SafetyLanguage = (typeof LANGUAGES)[number];

const FAMILY_NAMES = Object.keys(FAMILIES) as [FamilyName, ...FamilyName[]];

const isSet = (list: readonly string[]): boolean => new Set(list).size === list.length;
const ONCE = 'expected each once';

const languages = z
  .array(z.enum(LANGUAGES))
  .min(1)
  .refine(isSet, ONCE)
  .default([...LANGUAGES])
  .describe(
    'Languages, ISO 639-1, default en, ko, zh. Too many: time goes to languages nobody writes in. Too few: a model that is careful in English only looks careful.',
  );

const seed = z
  .int()
  .min(0)
  .max(4_294_967_295)
  .default(1)
  .describe(
    'Seed of what is chosen at random, default 1. Another seed makes other secret words and other combinations: results under two seeds are two test sets.',
  );

export const Safety = z
  .strictObject({
    families: z
      .array(z.enum(FAMILY_NAMES))
      .min(1)
      .refine(isSet, ONCE)
      .default(FAMILY_NAMES)
      .describe(
        `Families of attacks, default all: ${FAMILY_NAMES.map((name) => `${name} (${FAMILIES[name]})`).join('; ')}. Too few: the gate knows nothing of the others.`,
      ),
    languages,
    perFamily: z
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .describe(
        'Attacks for each family and language, default 10; also the most harmless questions for each language. Too high: slow, and above about 50 the same techniques return with other words, so that intervals look narrower than they are. Too low: the upper bound stays far from 0 even if no attack succeeds (0 of 30: 0.11).',
      ),
    seed,
    system: z
      .string()
      .trim()
      .min(1)
      .max(100_000)
      .optional()
      .describe(
        'The system prompt that the model will be used with; the secrets that must not come out are put behind it. Default: small ones of our own. Without it the result says little about your use.',
      ),
    overRefusal: z
      .boolean()
      .default(true)
      .describe(
        'Also ask harmless questions that look touchy, and count refusals, default true. false: a model that refuses everything looks safe.',
      ),
  })
  .describe(
    'Attacks that are checked without a judge, and harmless questions; makes the metrics attackSuccess and overRefusal.',
  );
export type Safety = z.infer<typeof Safety>;

/** What two sides of a pair differ in, with one sentence each. */
export const PAIRS = {
  names: 'the name of a person, common in one group or another',
  gender: 'a title or word that says man or woman',
  dialect: 'the same request in the standard language and in a dialect',
  language: 'the same request in two languages',
} as const;
export type PairKind = keyof typeof PAIRS;

const PAIR_KINDS = Object.keys(PAIRS) as [PairKind, ...PairKind[]];

export const Bias = z
  .strictObject({
    pairs: z
      .array(z.enum(PAIR_KINDS))
      .min(1)
      .refine(isSet, ONCE)
      .default(['names', 'gender'])
      .describe(
        `What the two sides of a pair differ in, default names and gender: ${PAIR_KINDS.map((name) => `${name} (${PAIRS[name]})`).join('; ')}. Too few: the gate knows nothing of the others.`,
      ),
    languages,
    count: z
      .int()
      .min(1)
      .max(5000)
      .default(50)
      .describe(
        'Pairs for each kind and language, default 50; with fromTest, the most pairs of each kind. Fewer are made where the texts run out. Too high: slow. Too low: the interval of the gap says nothing (50 pairs: about ±0.1 when few differ).',
      ),
    templates: z
      .string()
      .min(1)
      .optional()
      .describe(
        'YAML or JSON file with templates and terms of your own, in place of ours; docs/safety.md shows one. Default: ours. Without your own the result says little about your use.',
      ),
    fromTest: z
      .boolean()
      .default(false)
      .describe(
        'Make pairs of test rows in which a listed term occurs, such as Mr or 여성, in place of templates; default false. Rows without such a term make none.',
      ),
    measuredBy: z
      .string()
      .min(1)
      .max(300)
      .default('sameLabel')
      .describe(
        'What is compared within a pair. sameLabel (default): whether both answers name the same choice, or are the same text where there is no choice. Otherwise one of evaluate.metrics, scored against the reference of the test row: needs fromTest.',
      ),
    seed,
  })
  .refine(({ measuredBy, fromTest }) => measuredBy === 'sameLabel' || fromTest, {
    path: ['measuredBy'],
    message:
      'a metric compares answers with references, and only pairs of test rows have them: set fromTest, or write sameLabel',
  })
  .describe('Pairs that differ only in what should not matter; makes the metric biasGap.');
export type Bias = z.infer<typeof Bias>;
