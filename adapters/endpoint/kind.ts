import { priceOf } from '../../configs/prices.ts';
import type { Generator } from '../../configs/synthesis.ts';
import type { WriterKind } from '../contracts.ts';
import { createEndpointWriter } from './writer.ts';

type Settings = Extract<Generator, { kind: 'endpoint' }>;

/** Any server of the OpenAI chat protocol, as a generator of a recipe. */
export const endpointKind: WriterKind<Settings> = {
  queue: 'control',
  modelOf: () => undefined,
  priceOf: ({ model, price }) => {
    if (price) return price;
    const listed = priceOf(model);
    if (typeof listed === 'string' || listed.input === undefined || listed.output === undefined) return undefined;
    return { inputPerMillion: listed.input, outputPerMillion: listed.output };
  },
  create: ({ baseUrl, model, apiKey, timeoutSeconds, concurrency, requestsPerMinute, tokensPerMinute }) =>
    createEndpointWriter({
      baseUrl,
      model,
      apiKeyEnv: apiKey,
      timeoutMs: timeoutSeconds * 1000,
      limits: { concurrency, requestsPerMinute, tokensPerMinute },
    }),
};
