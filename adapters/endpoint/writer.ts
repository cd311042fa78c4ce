import { digestOf } from '../../artifacts/canonical.ts';
import type { Writer, WriterReply, WriterRequest } from '../contracts.ts';
import { addressOf, keyFrom } from './address.ts';
import { readBody } from './body.ts';
import { bodyOf, FULL, promptTokensOf, simpler, tokensIn, type Dialect } from './dialect.ts';
import { AskFailed, RetryAfter } from './errors.ts';
import { errorOf, modelNames, networkError, type Asked } from './failures.ts';
import { limiterOf, type Limiter, type Limits } from './limiter.ts';
import { readCompletion, wordsOf, type Completed, type Words } from './reply.ts';
import { waitOf } from './retry-after.ts';
import { send, type Received } from './send.ts';

export interface EndpointSettings {
  /** Up to where `/chat/completions` begins, e.g. `https://host/v1`. */
  baseUrl: string;
  model: string;
  /** Name of the environment variable that holds the key; absent: no key is sent. */
  apiKeyEnv?: string | undefined;
  /** Header that takes the bare key instead of `Authorization: Bearer`, e.g. `api-key`. */
  keyHeader?: string | undefined;
  /** Further headers; no secrets. */
  headers?: Record<string, string> | undefined;
  /** For a whole reply, its body included, in ms. */
  timeoutMs: number;
  limits: Limits;
  /** What the server is known not to take, so that it is not tried; some leave a parameter out without a word. */
  dialect?: Partial<Dialect> | undefined;
}

/** First wait after "too many requests" when the server names none, in ms; doubled each time in a row. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A server that says "again at once" is not taken at its word, in ms. */
const SHORTEST_PAUSE_MS = 50;
/** For the list of models, which only makes an error more helpful, in ms. */
const MODELS_TIMEOUT_MS = 5000;
/** Codes of a prompt that was filtered before any model saw it. */
const FILTERED = ['content_filter', 'content_policy_violation'];

/**
 * Asks any server that speaks OpenAI's chat completions, one request a question. Parameters that the server turns
 * down are left out from then on, as long as the process lives, and the reply says so.
 *
 * @throws TerminalError `BadEndpoint` for a base URL that is none.
 */
export function createEndpointWriter(settings: EndpointSettings, limiter?: Limiter): Writer {
  const { model, apiKeyEnv, keyHeader, timeoutMs } = settings;
  const address = addressOf(settings.baseUrl);
  const from = address.shown;
  const turns = limiter ?? limiterOf(from, settings.limits);
  const full: Dialect = { ...FULL, ...settings.dialect };
  const name = `${from} ${model} ${JSON.stringify(full)}`;
  let busyInARow = 0;
  let busyUntil = 0;

  const request = async (
    url: URL,
    body: string | undefined,
    key: string | undefined,
    signal: AbortSignal,
  ): Promise<Received> => {
    const authorization =
      key === undefined ? {} : { [keyHeader ?? 'authorization']: keyHeader ? key : `Bearer ${key}` };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { ...settings.headers, ...authorization, ...type, accept: 'application/json' };
    try {
      return await send(url, { headers, body, signal });
    } catch (error) {
      throw networkError(error, from);
    }
  };

  const models = async (key: string | undefined): Promise<string[]> => {
    try {
      const signal = AbortSignal.timeout(MODELS_TIMEOUT_MS);
      const { body } = await request(address.models, undefined, key, signal);
      return modelNames(await readBody(body, from));
    } catch {
      return []; // only adds to the message of an error that is thrown anyway
    }
  };

  /** One request and its reply; words when the server turned it down. */
  const exchange = async (
    question: WriterRequest,
    used: Dialect,
    key: string | undefined,
    signal: AbortSignal,
  ): Promise<Completed | (Words & { status: number; wait: number | undefined; digest: string })> => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const text = JSON.stringify(bodyOf(model, question, used));
      const { status, headers, body } = await request(address.chat, text, key, AbortSignal.any([signal, timeout]));
      const contentType = headers.get('content-type') ?? '';
      const isOk = status >= 200 && status < 300;
      if (isOk && contentType.includes('event-stream')) {
        body.destroy();
        throw new AskFailed(`${from} answered with a stream of events instead of one JSON reply`, true);
      }
      const reply = await readBody(body, from);
      const found = isOk ? readCompletion(reply, contentType, from, key) : wordsOf(reply, key);
      if ('finish' in found) return found;
      return {
        ...found,
        status: isOk ? (found.status ?? 500) : status,
        wait: waitOf(headers),
        digest: digestOf(reply),
      };
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted) throw new AskFailed(`${from} gave no whole reply within ${timeoutMs / 1000} s`, true, error);
      throw error;
    }
  };

  const ask = async (
    request: WriterRequest,
    { signal, sending }: Parameters<Writer['ask']>[1],
    correct: (tokens: number | undefined) => void,
  ): Promise<WriterReply> => {
    const key = keyFrom(apiKeyEnv, from);
    try {
      await sending?.();
    } catch (error) {
      correct(undefined);
      throw error;
    }
    const began = performance.now();
    for (;;) {
      const used = learned.get(name) ?? full;
      const found = await exchange(request, used, key, signal);
      const seconds = Math.round(performance.now() - began) / 1000;
      if ('finish' in found) {
        busyInARow = 0;
        const reply = replyOf(request, found, used, seconds);
        correct(reply.promptTokens + reply.completionTokens);
        return reply;
      }
      correct(0);
      if (found.kinds.some((kind) => FILTERED.includes(kind))) {
        const refusal = found.text || 'the server filtered the question';
        return replyOf(
          request,
          { text: '', finish: 'refused', refusal, digest: found.digest, usage: NOTHING },
          used,
          seconds,
        );
      }
      const next = [400, 422, 501].includes(found.status)
        ? simpler(used, found.text, found.param, request.schema !== undefined)
        : undefined;
      if (next) {
        // Another request may have learned more meanwhile.
        if ((learned.get(name) ?? full) === used) learned.set(name, next);
        continue;
      }
      const due = found.wait ?? Math.min(FIRST_PAUSE_MS * 2 ** busyInARow, LONGEST_PAUSE_MS);
      const asked: Asked = { from, model, apiKeyEnv, models: () => models(key) };
      const error = await errorOf(found.status, found, Math.max(due, SHORTEST_PAUSE_MS), asked);
      if (error instanceof RetryAfter) {
        // Of several that were under way, only the first says something new.
        if (performance.now() >= busyUntil) busyInARow += 1;
        busyUntil = performance.now() + error.ms;
        turns.pause(error.ms);
      }
      throw error;
    }
  };

  return {
    identity: async () => ({ writer: 'endpoint', endpoint: from, model }),
    ask: (request, watch) =>
      turns.run(promptTokensOf(request) + request.maxTokens, watch.signal, (correct) => ask(request, watch, correct)),
  };
}

/** What servers were found to take, by address and model; all steps of a process share it. */
const learned = new Map<string, Dialect>();

const NOTHING = { prompt_tokens: 0, completion_tokens: 0 };

function replyOf(request: WriterRequest, found: Completed, used: Dialect, seconds: number): WriterReply {
  const { usage, ...rest } = found;
  return {
    ...rest,
    promptTokens: usage?.prompt_tokens ?? promptTokensOf(request),
    completionTokens: usage?.completion_tokens ?? tokensIn(found.text),
    tokensAreReported: usage !== undefined,
    structure: request.schema ? used.structure : 'free',
    omitted: [...used.omitted],
    seconds,
  };
}
