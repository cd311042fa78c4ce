import { z } from 'zod';
import { EndpointGenerator } from './synthesis.ts';

const { baseUrl, model, apiKey, timeoutSeconds } = EndpointGenerator.shape;

/** A model that turns texts into vectors, for `embeddingSimilarity`. */
export const Embeddings = z
  .strictObject({
    baseUrl,
    model,
    apiKey,
    timeoutSeconds,
    batchSize: z
      .int()
      .min(1)
      .max(2048)
      .default(64)
      .describe('Texts a request, default 64. Too high: the server refuses. Too low: slow.'),
  })
  .describe(
    'A server of the OpenAI embeddings protocol; makes the metric embeddingSimilarity, the cosine of answer and reference (the best of several). Default: not measured.',
  );
export type Embeddings = z.infer<typeof Embeddings>;
