import { terminal } from './failure.ts';
import { vendorName } from './limits.ts';

/** US dollars for a million tokens; what is not known is absent, and never zero. */
export interface Price {
  /** For each token that is trained on, counted anew in every epoch; supervised tuning. */
  training?: number;
  /** What is asked of the model, and what it answers. */
  input?: number;
  output?: number;
  /** Runs on this machine: nobody sends a bill. */
  free?: true;
  /** The vendor's page, or who gave the price. */
  source: string;
  /** Day or month in which the page said so, ISO 8601; absent for a price from a recipe. */
  checked?: string;
}

/** What a recipe may say about a price, in US dollars for a million tokens. */
export interface GivenPrice {
  training?: number | undefined;
  input?: number | undefined;
  output?: number | undefined;
}

/** The price of all that runs on this machine. */
export const FREE_HERE: Price = { free: true, training: 0, input: 0, output: 0, source: 'runs on this machine' };

const OPENAI = 'OpenAI, API pricing';
const OPENAI_TUNING = 'OpenAI, API pricing, fine-tuning';
const GOOGLE = 'Google Cloud, Vertex AI pricing';

// Training from the page of Vertex AI. What answers cost was not seen there: from copies of the page for developers.
const GOOGLE_LITE = `${GOOGLE}; answers: Gemini Developer API pricing`;

// Copies of the vendors' pages, as old as they say. A tuned model of OpenAI costs more to ask than its base.
const TABLE: readonly [RegExp, Price][] = [
  [/^gpt-4\.1(-2025-04-14)?$/, { training: 25, input: 2, output: 8, source: OPENAI_TUNING, checked: '2025-10' }],
  [
    /^gpt-4\.1-mini(-2025-04-14)?$/,
    { training: 5, input: 0.4, output: 1.6, source: OPENAI_TUNING, checked: '2025-10' },
  ],
  [
    /^gpt-4\.1-nano(-2025-04-14)?$/,
    { training: 1.5, input: 0.1, output: 0.4, source: OPENAI_TUNING, checked: '2025-10' },
  ],
  [/^gpt-4o(-2024-08-06)?$/, { input: 2.5, output: 10, source: OPENAI, checked: '2026-03' }],
  [/^gpt-4o-mini(-2024-07-18)?$/, { input: 0.15, output: 0.6, source: OPENAI, checked: '2026-03' }],
  [/^gpt-5\.4$/, { input: 2.5, output: 15, source: OPENAI, checked: '2026-05-04' }],
  [/^gpt-5\.4-mini$/, { input: 0.75, output: 4.5, source: OPENAI, checked: '2026-05-04' }],
  [/^gpt-5\.4-nano$/, { input: 0.2, output: 1.25, source: OPENAI, checked: '2026-05-04' }],
  [/^gpt-5\.5$/, { input: 5, output: 30, source: OPENAI, checked: '2026-05-04' }],
  // Asking it costs more above 200,000 tokens of prompt, which one number cannot say: absent.
  [/^gemini-2\.5-pro(-\d{3})?$/, { training: 25, source: GOOGLE, checked: '2026-03-09' }],
  [/^gemini-2\.5-flash(-\d{3})?$/, { training: 5, input: 0.3, output: 2.5, source: GOOGLE, checked: '2026-03-09' }],
  [
    /^gemini-2\.5-flash-lite(-\d{3})?$/,
    { training: 1.5, input: 0.1, output: 0.4, source: GOOGLE_LITE, checked: '2026-03-09' },
  ],
  [/^ft:gpt-4\.1(-2025-04-14)?$/, { input: 3, output: 12, source: OPENAI_TUNING, checked: '2025-10' }],
  [/^ft:gpt-4\.1-mini(-2025-04-14)?$/, { input: 0.8, output: 3.2, source: OPENAI_TUNING, checked: '2025-10' }],
  [/^ft:gpt-4\.1-nano(-2025-04-14)?$/, { input: 0.2, output: 0.8, source: OPENAI_TUNING, checked: '2025-10' }],
];

/**
 * The price of a model: what the recipe gives goes before the table. A text says that nothing is known of it and how
 * to give a price.
 */
export function priceOf(model: string, given: GivenPrice = {}): Price | string {
  const base = vendorName(model);
  const name = model.startsWith('ft:') ? `ft:${base}` : base;
  const listed = TABLE.find(([pattern]) => pattern.test(name))?.[1];
  const stated = Object.fromEntries(
    (['training', 'input', 'output'] as const).flatMap((what) =>
      given[what] === undefined ? [] : [[what, given[what]]],
    ),
  );
  for (const [what, value] of Object.entries(stated))
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
      throw terminal(
        'BadRecipe',
        `price.${what} of ${model}: expected US dollars for a million tokens, found ${value}`,
        {
          model,
          what,
        },
      );
  if (Object.keys(stated).length > 0) {
    return { ...listed, ...stated, source: listed ? `the recipe; otherwise ${listed.source}` : 'the recipe' };
  }
  return listed ?? unknown(model, 'price: { training: …, input: …, output: … }');
}

/** What a price is needed for, and the part of the recipe that can give it. */
export interface PriceUse {
  model: string;
  /** Default: nothing is given. */
  given?: GivenPrice | undefined;
  /** True for what runs on this machine; it alone is free. */
  here?: boolean;
}

/** Dollars for a million trained tokens. @throws UnknownPrice with the way to give one. */
export function trainingPrice({ model, given, here = false }: PriceUse): Price & { training: number } {
  if (here) return { ...FREE_HERE, training: 0 };
  const price = priceOf(model, given);
  if (typeof price !== 'string' && price.training !== undefined) return { ...price, training: price.training };
  throw terminal('UnknownPrice', unknown(model, 'tune.price: { training: … }'), { model, field: 'tune.price' });
}

/**
 * Dollars for a million tokens asked and answered. @throws UnknownPrice with the way to give them.
 *
 * @param field The part of the recipe that can give them.
 */
export function generationPrice(
  field: string,
  { model, given, here = false }: PriceUse,
): Price & { input: number; output: number } {
  if (here) return { ...FREE_HERE, input: 0, output: 0 };
  const price = priceOf(model, given);
  if (typeof price !== 'string' && price.input !== undefined && price.output !== undefined)
    return { ...price, input: price.input, output: price.output };
  throw terminal('UnknownPrice', unknown(model, `${field}: { input: …, output: … }`), { model, field });
}

/** Whether a generator as written has to say its price where money is bounded. */
export function lacksPrice({ kind, model, price }: Record<string, unknown>): boolean {
  if (price !== undefined) return false;
  if (kind !== 'vertex' || typeof model !== 'string') return kind === 'endpoint';
  const listed = priceOf(model);
  return typeof listed === 'string' || listed.input === undefined || listed.output === undefined;
}

/** Dollars for a million tokens asked and answered in an evaluation. @throws UnknownPrice with the way to give them. */
export function answeringPrice(
  model: string,
  given: { inputPerMillion: number; outputPerMillion: number } | undefined,
): { inputPerMillion: number; outputPerMillion: number } {
  if (given) return given;
  const price = priceOf(model);
  if (typeof price !== 'string' && price.input !== undefined && price.output !== undefined)
    return { inputPerMillion: price.input, outputPerMillion: price.output };
  const field = 'evaluate.price';
  throw terminal('UnknownPrice', unknown(model, `${field}: { inputPerMillion: …, outputPerMillion: … }`), {
    model,
    field,
  });
}

const unknown = (model: string, field: string): string =>
  `no price is known for ${model}: give ${field} in the recipe, in US dollars for a million tokens`;
