import { z } from 'zod';

/** What a recipe can ask generators for; each is carried out by the file of its name in data/synthesis/strategies/. */

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
