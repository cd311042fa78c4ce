import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Embeddings } from '../../configs/embeddings.ts';
import type { Embedder } from '../contracts.ts';
import { addressOf, keyFrom } from './address.ts';
import { readBody } from './body.ts';
import { AskFailed, RetryAfter } from './errors.ts';
import { errorOf, modelNames, networkError } from './failures.ts';
import { wordsOf } from './reply.ts';
import { waitOf } from './retry-after.ts';
import { send, type Received } from './send.ts';

export interface EmbedderSettings {
  /** Up to where `/embeddings` begins, e.g. `https://host/v1`. */
  baseUrl: string;
  model: string;
  /** Name of the environment variable that holds the key; absent: no key is sent. */
  apiKeyEnv?: string | undefined;
  /** For a whole reply, in ms. */
  timeoutMs: number;
}

/** A vector of 3,072 numbers is some 40 KB of JSON, and a batch has many. */
const MAX_REPLY_BYTES = 64 * 2 ** 20;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 1000;
/** Longest wait that a server can ask for, in ms. */
const LONGEST_PAUSE_MS = 60_000;

const Reply = z.object({ data: z.array(z.object({ index: z.int(), embedding: z.array(z.number()).min(1) })) });

/** Asks any server that speaks OpenAI's embeddings, a batch of texts a request; a request that failed is sent again. */
export function createEmbedder({ baseUrl, model, apiKeyEnv, timeoutMs }: EmbedderSettings): Embedder {
  const { embeddings, models, shown } = addressOf(baseUrl);
  const from = shown.replace(/\/chat\/completions$/, '/embeddings');

  const request = async (url: URL, body: string | undefined, signal: AbortSignal): Promise<Received> => {
    const key = keyFrom(apiKeyEnv, from);
    const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const headers = { accept: 'application/json', 'content-type': 'application/json', ...authorization };
    try {
      return await send(url, { headers, body, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
    } catch (error) {
      signal.throwIfAborted();
      throw networkError(error, from);
    }
  };

  const once = async (texts: readonly string[], pause: number, signal: AbortSignal): Promise<number[][]> => {
    const { status, headers, body } = await request(embeddings, JSON.stringify({ model, input: texts }), signal);
    const text = await readBody(body, from, MAX_REPLY_BYTES);
    if (status < 200 || status >= 300) {
      const known = async (): Promise<string[]> =>
        modelNames(await readBody((await request(models, undefined, signal)).body, from)).slice(0, 50);
      const asked = { from, model, apiKeyEnv, models: () => known().catch(() => []) };
      throw await errorOf(status, wordsOf(text, keyFrom(apiKeyEnv, from)), waitOf(headers) ?? pause, asked);
    }
    return vectorsIn(text, texts.length, from);
  };

  return {
    identity: async () => ({ embedder: 'endpoint', baseUrl: from, model }),
    embed: async (texts, signal) => {
      for (let attempt = 1; ; attempt += 1) {
        const pause = FIRST_PAUSE_MS * 2 ** (attempt - 1);
        try {
          return await once(texts, pause, signal);
        } catch (error) {
          signal.throwIfAborted();
          if (attempt >= ATTEMPTS || !(error instanceof RetryAfter || error instanceof AskFailed)) throw error;
          const wait = error instanceof RetryAfter ? Math.min(error.ms, LONGEST_PAUSE_MS) : pause;
          await sleep(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
        }
      }
    },
  };
}

/** An embedder as a recipe names it. */
export const endpointEmbedder = ({ baseUrl, model, apiKey, timeoutSeconds }: Embeddings): Embedder =>
  createEmbedder({ baseUrl, model, apiKeyEnv: apiKey, timeoutMs: timeoutSeconds * 1000 });

/** One vector a text, in their order, all of one length. */
function vectorsIn(text: string, count: number, from: string): number[][] {
  let reply: z.infer<typeof Reply>;
  try {
    reply = Reply.parse(JSON.parse(text));
  } catch (error) {
    throw new AskFailed(`${from} answered with something that is no list of embeddings`, true, error);
  }
  const vectors = reply.data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => embedding);
  const isWhole = vectors.length === count && vectors.every(({ length }) => length === vectors[0]?.length);
  if (!isWhole) throw new AskFailed(`${from} gave ${vectors.length} embeddings for ${count} texts`, true);
  return vectors;
}
