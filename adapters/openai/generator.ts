import { terminal, TerminalError } from '../../configs/failure.ts';
import { answeringPrice } from '../../configs/prices.ts';
import type { Generator, WriterMessage } from '../contracts.ts';
import { AskFailed, RetryAfter } from '../endpoint/errors.ts';
import { createEndpointWriter } from '../endpoint/writer.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { createRemoteGenerator, MOST_AT_ONCE, type AnswerKind } from '../remote/generate.ts';
import type { Patience } from '../remote/persist.ts';

const BASE_URL = 'https://api.openai.com/v1';
/** For one answer, in ms. */
const TIMEOUT_MS = 5 * 60_000;

/** Models behind any server of the OpenAI chat protocol. */
export const createOpenAiGenerator = (at: { jobs: string; patience?: Patience }): Generator =>
  createRemoteGenerator(OPENAI, at);

const OPENAI: AnswerKind = {
  identity: { generator: 'openai', request: '1' },

  open: async ({ model, base, baseUrl = BASE_URL, apiKeyEnv }, order) => {
    // Servers name tuned models as they like; what they cost hangs on their base.
    const price = answeringPrice(model === base ? base : tunedName(base), order.price);
    const { maxTokens, temperature, topP, seed, stop } = order.decoding;
    const writer = createEndpointWriter({
      baseUrl,
      model,
      apiKeyEnv,
      timeoutMs: TIMEOUT_MS,
      limits: { concurrency: Math.min(order.batchSize, MOST_AT_ONCE) },
    });
    return {
      price,
      ask: async (prompt, signal) => {
        const messages = prompt.messages.map(({ role, content }): WriterMessage => ({
          role,
          content: content ?? null,
        }));
        try {
          const reply = await writer.ask({ messages, seed, temperature, topP, maxTokens }, { signal });
          const { promptTokens, completionTokens, finish } = reply;
          const tokens = { promptTokens, completionTokens };
          if (finish === 'refused')
            return { text: null, why: `the server refused (${reply.refusal ?? 'no reason given'})`, ...tokens };
          return { text: cutAt(reply.text, stop), ...tokens };
        } catch (error) {
          throw translated(error);
        }
      },
      ...(writer.close ? { close: writer.close } : {}),
    };
  },
};

/** A tuned model of a base as OpenAI names it, by which its price is listed. */
export const tunedName = (base: string): string => (base.startsWith('ft:') ? base : `ft:${base}:tuned`);

/** Not every server takes stop sequences: what follows one is left out here. */
function cutAt(text: string, stop: readonly string[]): string {
  const ends = stop.map((word) => text.indexOf(word)).filter((at) => at >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}

function translated(error: unknown): unknown {
  if (error instanceof RetryAfter)
    return new RemoteFailure('quota', error.message, { retryAfterMs: error.ms, cause: error });
  if (error instanceof AskFailed) return new RemoteFailure('away', error.message, { cause: error });
  if (error instanceof TerminalError && error.type === 'AskRefused')
    return terminal('PromptRefused', error.message, error.details, error);
  return error;
}
