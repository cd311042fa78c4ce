import { z } from 'zod';
import { DEFAULT_FILTERS, FilterList } from './synthesis-filters.ts';
import { Task } from './synthesis-tasks.ts';

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

export const VertexGenerator = z.strictObject({
  kind: z.literal('vertex').describe("A model at Vertex AI: a publisher's, or a tuned one."),
  model: z
    .string()
    .min(1)
    .max(300)
    .describe(
      'Name such as gemini-2.5-flash, an endpoint (projects/P/locations/L/endpoints/E), or a registered model such as support-triage@champion that was tuned there.',
    ),
  project: z.string().min(1).optional().describe('Default: google.project of the recipe, else the environment.'),
  location: z.string().min(1).optional().describe('Default: google.location of the recipe, else the environment.'),
  temperature,
  topP,
  maxTokens,
  timeoutSeconds: EndpointGenerator.shape.timeoutSeconds,
  concurrency: EndpointGenerator.shape.concurrency,
  requestsPerMinute: EndpointGenerator.shape.requestsPerMinute,
  price: EndpointGenerator.shape.price,
});

export const GrammarGenerator = z.strictObject({
  kind: z.literal('grammar').describe('Templates in a file that are filled in at random; needs no model.'),
  file: z.string().min(1).describe('The YAML file with rows and rules; see docs/synthesis.md.'),
});

export const Generator = z.discriminatedUnion('kind', [
  EndpointGenerator,
  VertexGenerator,
  MlxGenerator,
  GrammarGenerator,
]);
export type Generator = z.infer<typeof Generator>;

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
