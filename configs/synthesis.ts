import { z } from 'zod';

/** Synthetic data as a recipe orders it: who writes it, what is asked, what is let through, and where it stops. */

const temperature = z
  .number()
  .min(0)
  .max(2)
  .default(0.9)
  .describe('Randomness of the answers, default 0.9. Too high: nonsense. Too low: the same row again and again.');
const topP = z
  .number()
  .gt(0)
  .max(1)
  .default(1)
  .describe('Sample from the likeliest tokens of this summed probability, 0 to 1, default 1.');
const maxTokens = z
  .int()
  .min(16)
  .max(65_536)
  .default(2048)
  .describe(
    'Longest answer in tokens, default 2048. Too high: a rambling answer costs. Too low: answers are cut short.',
  );

export const EndpointGenerator = z.strictObject({
  kind: z.literal('endpoint').describe('A server that speaks the OpenAI chat protocol: a vendor, vLLM, Ollama.'),
  baseUrl: z
    .string()
    .refine(isPlainUrl, 'expected an http or https URL without user, password, query and fragment')
    .describe('Address up to and with the version, e.g. http://localhost:11434/v1. Never with a key in it.'),
  model: z.string().min(1).max(300).describe('Name of the model as the server knows it.'),
  apiKey: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable, not the key itself')
    .optional()
    .describe('Name of the environment variable that holds the key. Default: no key is sent.'),
  temperature,
  topP,
  maxTokens,
  timeoutSeconds: z
    .int()
    .min(1)
    .max(3600)
    .default(120)
    .describe(
      'Seconds until a request counts as hung, default 120. Too high: a dead server holds the run up. Too low: long answers are asked, and paid, twice.',
    ),
  concurrency: z
    .int()
    .min(1)
    .max(256)
    .default(4)
    .describe(
      'Requests under way at a time, default 4; also how many may be asked again after a crash. Too high: the server refuses. Too low: slow.',
    ),
  requestsPerMinute: z
    .int()
    .min(1)
    .optional()
    .describe('Most requests a minute. Default: as many as concurrency allows. Too high: the server refuses.'),
  tokensPerMinute: z
    .int()
    .min(1)
    .optional()
    .describe('Most tokens a minute, prompt and answer together. Default: no limit. Too high: the server refuses.'),
  price: z
    .strictObject({
      inputPerMillion: z.number().min(0).describe('USD for a million tokens of prompt. 0: free.'),
      outputPerMillion: z.number().min(0).describe('USD for a million tokens of answer. 0: free.'),
    })
    .optional()
    .describe('What tokens cost, in USD. Needed for limits.usd; without it spending is counted in tokens alone.'),
});

export const MlxGenerator = z.strictObject({
  kind: z.literal('mlx').describe('A model on this machine, served by mlx-lm.'),
  model: z
    .string()
    .min(1)
    .describe(
      'A folder in Hugging Face format, a Hugging Face name such as org/name, or a registered model such as support-triage@champion.',
    ),
  temperature,
  topP,
  maxTokens,
  concurrency: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Requests under way at a time, default 1. Too high: out of memory. Too low: the machine idles.'),
});

export const GrammarGenerator = z.strictObject({
  kind: z.literal('grammar').describe('Templates in a file that are filled in at random; needs no model.'),
  file: z.string().min(1).describe('The YAML file with rows and rules; see docs/synthesis.md.'),
});

export const Generator = z.discriminatedUnion('kind', [EndpointGenerator, MlxGenerator, GrammarGenerator]);
export type Generator = z.infer<typeof Generator>;

const strategy = <const Name extends string>(name: Name, does: string) => z.literal(name).describe(does);
const generator = z.string().min(1).describe('Name of a generator of this recipe.');
const count = z
  .int()
  .min(1)
  .max(10_000_000)
  .describe('Rows asked for, before any filter. Too high: costs, and more of the same. Too low: changes nothing.');
const perAsk = (rows: number) =>
  z
    .int()
    .min(1)
    .max(50)
    .default(rows)
    .describe(
      `Rows an answer, default ${rows}. Too high: they grow alike, and one cut answer loses all. Too low: the prompt is paid for each row.`,
    );
const guidance = z
  .string()
  .max(4000)
  .optional()
  .describe('Further words to the model, e.g. who writes such messages. Default: none.');
const labels = z
  .array(z.string().min(1))
  .min(1)
  .optional()
  .describe('Only rows of these classes. Default: all classes, as often as in the training rows.');
const shots = z
  .int()
  .min(1)
  .max(32)
  .default(4)
  .describe('Real rows shown as examples, default 4. Too high: costs. Too low: the form is not caught.');
const model = { generator, count, guidance };

export const Paraphrase = z.strictObject({
  strategy: strategy('paraphrase', 'Asks in other words; the answer stays as it is.'),
  ...model,
  perAsk: perAsk(3),
  labels,
});

export const SelfInstruct = z.strictObject({
  strategy: strategy('self-instruct', 'New rows like some real ones.'),
  ...model,
  perAsk: perAsk(5),
  labels,
  shots,
});

/** Ways to evolve a row. */
export const DIRECTIONS = ['harder', 'longer', 'rarer'] as const;
export const Evolve = z.strictObject({
  strategy: strategy('evolve', 'Rows made harder, longer or rarer than a real one.'),
  ...model,
  perAsk: perAsk(2),
  labels,
  toward: z
    .array(z.enum(DIRECTIONS))
    .min(1)
    .default([...DIRECTIONS])
    .describe('In which direction, in turn; default all: harder, longer, rarer.'),
});

export const Persona = z.strictObject({
  strategy: strategy('persona', 'The same request as other people would write it; the answer stays as it is.'),
  ...model,
  perAsk: perAsk(2),
  labels,
  personas: z
    .array(z.string().min(1).max(300))
    .min(1)
    .optional()
    .describe('Who writes, e.g. "a retired teacher in a hurry". Default: a built-in list of two dozen.'),
  styles: z
    .array(z.string().min(1).max(300))
    .min(1)
    .optional()
    .describe('How it is written, e.g. "in one short line". Default: a built-in list of a dozen.'),
});

export const FillGaps = z.strictObject({
  strategy: strategy('fill-gaps', 'Rows of the classes that are thin or that the last evaluation got wrong.'),
  ...model,
  perAsk: perAsk(5),
  shots,
  failureShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe(
      'Share of the count, 0 to 1, that goes to classes by their failures, default 0.5; the rest lifts the thinnest classes. 0: thin classes alone. 1: failures alone.',
    ),
});

export const Contrastive = z.strictObject({
  strategy: strategy('contrastive', 'Preference pairs: the real answer beside a plausible wrong one.'),
  ...model,
  perAsk: perAsk(1),
  labels,
});

/** Ways to try to break a model. */
export const ATTACKS = ['typos', 'injection', 'negation', 'distractors'] as const;
export const Adversarial = z.strictObject({
  strategy: strategy(
    'adversarial',
    'Variants of real rows that try to break the model, for a set of kind adversarial.',
  ),
  ...model,
  perAsk: perAsk(2),
  labels,
  attacks: z
    .array(z.enum(ATTACKS))
    .min(1)
    .default([...ATTACKS])
    .describe('How, in turn; default all: typos, injection, negation, distractors.'),
});

export const GroundTruth = z.strictObject({
  strategy: strategy(
    'ground-truth',
    'Questions and answers for evaluation, out of grounding documents or real rows. They judge nothing until a person has confirmed them.',
  ),
  ...model,
  perAsk: perAsk(1),
  maxCharacters: z
    .int()
    .min(200)
    .max(200_000)
    .default(6000)
    .describe(
      'Longest piece of a document that is shown, in characters, default 6000. Too high: costs. Too low: answers lack their context.',
    ),
});

export const FromGrammar = z.strictObject({
  strategy: strategy('grammar', 'Rows out of a template grammar.'),
  generator,
  count,
  labels: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Only rows of these classes. Default: all rows of the file, by their weights.'),
});

export const TASKS = {
  paraphrase: Paraphrase,
  'self-instruct': SelfInstruct,
  evolve: Evolve,
  persona: Persona,
  'fill-gaps': FillGaps,
  contrastive: Contrastive,
  adversarial: Adversarial,
  'ground-truth': GroundTruth,
  grammar: FromGrammar,
} as const;
export type StrategyName = keyof typeof TASKS;
export type TaskSettings<Name extends StrategyName> = z.infer<(typeof TASKS)[Name]>;

export const Task = z.discriminatedUnion('strategy', [
  Paraphrase,
  SelfInstruct,
  Evolve,
  Persona,
  FillGaps,
  Contrastive,
  Adversarial,
  GroundTruth,
  FromGrammar,
]);
export type Task = z.infer<typeof Task>;

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
    .describe('The class has to be one that the training rows have, default true; no class at all is let through.'),
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

export const Limits = z
  .strictObject({
    maxShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe(
        'Largest share of synthetic rows among all training rows, 0 to 1, default 0.5; 1: no limit. Too high: the model learns the voice of the generator. Too low: rows that were paid for are left out.',
      ),
    rows: z.int().min(1).optional().describe('Most synthetic rows that are kept. Default: no limit.'),
    tokens: z
      .int()
      .min(1)
      .optional()
      .describe('Most tokens, prompts and answers together. The run pauses there. Default: no limit.'),
    usd: z
      .number()
      .gt(0)
      .optional()
      .describe('Most money in USD. The run pauses there; every endpoint then needs a price. Default: no limit.'),
  })
  .prefault({});

const name = /^[a-z0-9][a-z0-9._-]{0,62}$/;

export const Synthesize = z.strictObject({
  seed: z
    .int()
    .min(0)
    .max(4_294_967_295)
    .default(1)
    .describe('Seed of everything random in synthesis, default 1. The same seed asks the same questions.'),
  generators: z
    .record(
      z.string().regex(name, 'expected lower-case letters, digits, ".", "_" and "-", at most 63 characters'),
      Generator,
    )
    .refine((generators) => Object.keys(generators).length > 0, 'expected at least one generator')
    .describe('Who writes rows, by a name of your choice.'),
  tasks: z.array(Task).min(1).max(100).describe('What is asked for, in order.'),
  filters: FilterList.default(() => FilterList.parse(DEFAULT_FILTERS)).describe(
    'What a row has to pass, in order: cheap ones first. Default: rules, dedupe, decontaminate, match.',
  ),
  limits: Limits,
});
export type Synthesize = z.infer<typeof Synthesize>;

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username + password + search + hash === '';
}

function isRegExp(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
