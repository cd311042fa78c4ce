import { parseName } from '../../configs/names.ts';
import { priceOf } from '../../configs/prices.ts';
import type { Generator } from '../../configs/synthesis.ts';
import type { WriterKind } from '../contracts.ts';
import { createVertexWriter } from './writer.ts';

type Settings = Extract<Generator, { kind: 'vertex' }>;

/** A model at Vertex AI, as a generator of a recipe. */
export const vertexWriterKind: WriterKind<Settings> = {
  queue: 'control',
  isRemote: true,
  modelOf: ({ model }) => (parseName(model) ? model : undefined),
  priceOf: ({ model, price }) => {
    if (price) return price;
    const listed = priceOf(model);
    if (typeof listed === 'string' || listed.input === undefined || listed.output === undefined) return undefined;
    return { inputPerMillion: listed.input, outputPerMillion: listed.output };
  },
  create: ({ model, project, location, timeoutSeconds, concurrency, requestsPerMinute }, { base }) =>
    createVertexWriter({
      model: base === undefined ? model : { folder: base },
      project,
      location,
      timeoutMs: timeoutSeconds * 1000,
      limits: { concurrency, requestsPerMinute },
    }),
};
