import { z } from 'zod';

/** The rules of preparation as a recipe lists them; each is carried out by the file of its name in data/policies/. */

const remove = z
  .enum(['quarantine', 'drop'])
  .default('quarantine')
  .describe(
    'quarantine (default): the row is put aside whole, to be mended and sent back. drop: only its place and the reason are kept.',
  );

const policy = <const Name extends string>(name: Name, does: string) => z.literal(name).describe(does);

export const Normalize = z.strictObject({
  policy: policy('normalize', 'One way of writing the same text.'),
  unicode: z
    .enum(['NFC', 'NFKC', 'none'])
    .default('NFC')
    .describe('Unicode normal form, default NFC. NFKC also turns ligatures and full-width letters into plain ones.'),
  lineEnds: z.boolean().default(true).describe('CR and CRLF become LF, default true.'),
  invisible: z
    .enum(['report', 'remove', 'quarantine'])
    .default('report')
    .describe(
      'Invisible characters (zero width, direction marks, tags, other control characters), default report: counted. They can hide text from people that a model reads.',
    ),
});

export const Roles = z.strictObject({
  policy: policy(
    'roles',
    'Who speaks when: one system message and that first, a user before the first answer, no empty message, tool results that follow their calls, an answer at the end.',
  ),
  action: remove,
});

export const SpecialTokens = z.strictObject({
  policy: policy(
    'specialTokens',
    'Control tokens of chat formats, such as <|im_start|>, written out inside a text: they would end a turn and begin another.',
  ),
  action: z
    .enum(['quarantine', 'drop', 'escape', 'refuse', 'report'])
    .default('quarantine')
    .describe(
      'quarantine (default) or drop the row; escape: a zero-width joiner breaks the token up; refuse: the run stops; report: only counted.',
    ),
  tokens: z.array(z.string().min(2)).default([]).describe('Further tokens, beside those of the known chat formats.'),
});

export const Pii = z.strictObject({
  policy: policy('pii', 'Personal data: what it finds is a pattern that checks out, not a judgement.'),
  kinds: z
    .array(z.enum(['email', 'phone', 'iban', 'card', 'nationalId', 'ip']))
    .min(1)
    .default(['email', 'phone', 'iban', 'card', 'nationalId', 'ip'])
    .describe('What is looked for, default all: card numbers by Luhn, IBANs and national ids by their check digits.'),
  action: z
    .enum(['report', 'redact', 'quarantine', 'drop'])
    .default('report')
    .describe('report (default): counted. redact: replaced by [EMAIL], [PHONE] and so on.'),
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/, 'expected two capital letters, e.g. US'))
    .default(['US', 'GB', 'DE', 'FR', 'ES', 'IT', 'NL', 'PL'])
    .describe('Whose phone numbers without a country code and whose national ids are looked for.'),
});

export const Secrets = z.strictObject({
  policy: policy('secrets', 'Keys and passwords: private keys, tokens of well-known services, connection URIs.'),
  action: z
    .enum(['report', 'redact', 'quarantine', 'drop'])
    .default('report')
    .describe('report (default): counted. redact: replaced by [SECRET].'),
});

export const Length = z.strictObject({
  policy: policy('length', 'Characters of prompt and answer.'),
  minPrompt: z.int().min(0).default(1).describe('Fewest characters of the last user message, default 1.'),
  maxPrompt: z.int().min(1).optional().describe('Most characters of all that is asked. Default: no limit.'),
  minAnswer: z.int().min(0).default(1).describe('Fewest characters of the answer, default 1.'),
  maxAnswer: z.int().min(1).optional().describe('Most characters of the answer. Default: no limit.'),
  action: remove,
});

export const Repetition = z.strictObject({
  policy: policy('repetition', 'Answers that say the same again and again.'),
  maxShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.3)
    .describe(
      'Largest share of an answer, 0 to 1, made of repeated lines or repeated runs of five words, default 0.3. Answers below 20 words are let through.',
    ),
  action: remove,
});

export const Language = z.strictObject({
  policy: policy('language', 'Which language a row is in, guessed from its letters.'),
  allow: z
    .array(z.string().regex(/^[a-z]{2}$/, 'expected a two-letter code, e.g. en'))
    .min(1)
    .describe('ISO 639-1 codes that may stay.'),
  minCharacters: z
    .int()
    .min(1)
    .default(40)
    .describe('Shorter texts are let through, default 40. Too low: the guess is a coin toss.'),
  action: remove,
});

export const Dedupe = z.strictObject({
  policy: policy('dedupe', 'Rows that say the same after folding white space and Unicode; the first stays.'),
  by: z
    .enum(['row', 'prompt'])
    .default('row')
    .describe('row (default): prompt and answer. prompt: the prompt alone, so that no prompt has two answers.'),
});

export const NearDuplicates = z.strictObject({
  policy: policy(
    'nearDuplicates',
    'Rows that nearly say the same: MinHash over runs of words finds the pairs, their true Jaccard similarity decides. The first stays.',
  ),
  threshold: z
    .number()
    .gt(0)
    .max(1)
    .default(0.8)
    .describe('Jaccard similarity, 0 to 1, from which two rows are one, default 0.8. Too low: variety goes.'),
  shingle: z
    .int()
    .min(1)
    .max(20)
    .optional()
    .describe(
      'Words a run. Default: single words below 40 words, since one changed word spoils most runs of a short text, and runs of 3 above.',
    ),
  of: z
    .enum(['row', 'prompt'])
    .default('prompt')
    .describe('What is compared: the prompt (default), or all of the row.'),
  action: z
    .enum(['report', 'drop', 'quarantine'])
    .default('report')
    .describe('report (default): counted, with the pairs.'),
});

export const Decontaminate = z.strictObject({
  policy: policy(
    'decontaminate',
    'Training rows that repeat a test row: the same prompt, or a large part of its words in a row, whatever the line breaks, case and punctuation.',
  ),
  against: z
    .enum(['registered', 'own'])
    .default('registered')
    .describe('registered (default): every test and evaluation set in the ledger. own: only the test set of this run.'),
  gram: z
    .int()
    .min(4)
    .max(50)
    .default(13)
    .describe(
      'Words in a row that count as a repeat, default 13. Too low: phrases everybody uses are hits. Test rows shorter than that count when a message says nothing else.',
    ),
  minShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe('Share of a test row, 0 to 1, that has to be repeated, default 0.5.'),
  action: z.enum(['drop', 'quarantine', 'report']).default('drop').describe('Default drop.'),
});

export const Balance = z.strictObject({
  policy: policy('balance', 'How often each class is seen.'),
  method: z
    .enum(['downsample', 'weight'])
    .default('downsample')
    .describe(
      'downsample (default): rows of frequent classes go, chosen by their hash. weight: every row stays, rows of rare classes count more.',
    ),
  maxRatio: z
    .number()
    .min(1)
    .default(3)
    .describe('Largest class as a multiple of the smallest (for weight: of the mean), default 3.'),
});

export const Tokens = z.strictObject({
  policy: policy(
    'tokens',
    "Longer rows than the tuner takes, counted with the base model's own tokenizer and template.",
  ),
  max: z.int().min(1).optional().describe('Most tokens of a row. Default: tune.maxTokens.'),
  action: remove,
});

export const FewShot = z.strictObject({
  policy: policy('fewShot', 'Picks examples for a prompt out of the training rows; they stay in training, too.'),
  count: z.int().min(1).max(1000).default(8).describe('How many, default 8, spread over the classes.'),
});

export const POLICIES = {
  normalize: Normalize,
  roles: Roles,
  specialTokens: SpecialTokens,
  pii: Pii,
  secrets: Secrets,
  length: Length,
  repetition: Repetition,
  language: Language,
  dedupe: Dedupe,
  nearDuplicates: NearDuplicates,
  decontaminate: Decontaminate,
  balance: Balance,
  tokens: Tokens,
  fewShot: FewShot,
} as const;
export type PolicyName = keyof typeof POLICIES;
export type PolicySettings<Name extends PolicyName> = z.infer<(typeof POLICIES)[Name]>;

export const PolicyList = z.array(
  z.discriminatedUnion('policy', [
    Normalize,
    Roles,
    SpecialTokens,
    Pii,
    Secrets,
    Length,
    Repetition,
    Language,
    Dedupe,
    NearDuplicates,
    Decontaminate,
    Balance,
    Tokens,
    FewShot,
  ]),
);
export type AnyPolicy = z.infer<typeof PolicyList>[number];

/** What is done when a recipe lists nothing; spelled out, so that `anneal check --json` shows it. */
export const DEFAULT_POLICIES: readonly { policy: PolicyName }[] = [
  { policy: 'normalize' },
  { policy: 'roles' },
  { policy: 'specialTokens' },
  { policy: 'secrets' },
  { policy: 'pii' },
  { policy: 'dedupe' },
  { policy: 'decontaminate' },
  { policy: 'nearDuplicates' },
  { policy: 'tokens' },
];
