import { digestOf } from '../../artifacts/canonical.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { terminal, TerminalError } from '../../configs/failure.ts';
import { limitsOf } from '../../configs/limits.ts';
import type { RemoteModel } from '../../configs/remote-model.ts';
import type { Writer, WriterReply, WriterRequest } from '../contracts.ts';
import { promptTokensOf } from '../endpoint/dialect.ts';
import { AskFailed, RetryAfter } from '../endpoint/errors.ts';
import { limiterOf, type Limits } from '../endpoint/limiter.ts';
import { googleFetch, vertexBase } from '../google/rest.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { remoteModelAt } from '../remote/model-file.ts';
import { answerIn, contentRequest, GenerateContentReply } from './generate-content.ts';
import { addressOf, explained } from './generator.ts';

export interface VertexWriterSettings {
  /** Name of a model or an endpoint; of a stored one the folder that names it. */
  model: string | { folder: string };
  project?: string | undefined;
  location?: string | undefined;
  /** For a whole reply, in ms. */
  timeoutMs: number;
  limits: Limits;
}

/** Wait when the service does not say how long, in ms. */
const PAUSE_MS = 1000;

/** Asks a model at Vertex AI single questions. */
export function createVertexWriter({ model, project, location, timeoutMs, limits }: VertexWriterSettings): Writer {
  const google = { project, location };
  let opened: Promise<RemoteModel> | undefined;
  const remote = (): Promise<RemoteModel> => {
    opened ??=
      typeof model === 'string'
        ? Promise.resolve({ provider: 'vertex', model, base: model })
        : remoteModelAt(model.folder);
    return opened;
  };
  const turns = limiterOf(`vertex ${typeof model === 'string' ? model : model.folder}`, limits);

  const ask = async (
    request: WriterRequest,
    { signal, sending }: Parameters<Writer['ask']>[1],
    correct: (tokens: number | undefined) => void,
  ): Promise<WriterReply> => {
    const at = await remote();
    const { name, location: where } = await addressOf(at, google);
    const body = bodyOf(request, at.base);
    try {
      await sending?.(limitsOf(at.base)?.thinkingBudget);
    } catch (error) {
      correct(undefined);
      throw error;
    }
    signal.throwIfAborted();
    const began = performance.now();
    const url = `${vertexBase(where)}/v1/${name}:generateContent`;
    let value: unknown;
    try {
      value = await googleFetch({ url, body, signal, timeoutMs });
    } catch (error) {
      signal.throwIfAborted();
      correct(0);
      throw translated(error, name, (ms) => turns.pause(ms));
    }
    const reply = GenerateContentReply.safeParse(value);
    if (!reply.success) throw new AskFailed('Vertex AI answered with JSON that is no reply of a model', true);
    const { text, why, promptTokens, completionTokens } = answerIn(reply.data, body);
    correct(promptTokens + completionTokens);
    const isCut = reply.data.candidates?.[0]?.finishReason === 'MAX_TOKENS';
    return {
      text: text ?? '',
      finish: isCut ? 'length' : text === null ? 'refused' : 'stop',
      ...(text === null && !isCut ? { refusal: why ?? 'no answer came' } : {}),
      promptTokens,
      completionTokens,
      tokensAreReported: reply.data.usageMetadata !== undefined,
      structure: request.schema ? 'json_schema' : 'free',
      omitted: [],
      model: reply.data.modelVersion,
      id: reply.data.responseId,
      digest: digestOf(canonicalJson(value)),
      seconds: Math.round(performance.now() - began) / 1000,
    };
  };

  return {
    identity: async () => {
      const { model: asked } = await remote();
      return { writer: 'vertex', model: asked };
    },
    ask: (request, watch) =>
      turns.run(promptTokensOf(request) + request.maxTokens, watch.signal, (correct) =>
        ask(request, watch, correct).catch((error: unknown) => Promise.reject(refused(error))),
      ),
  };
}

function bodyOf(request: WriterRequest, base: string): ReturnType<typeof contentRequest> {
  const { schema, seed, temperature, topP, maxTokens } = request;
  const messages = request.messages.map(({ role, content }) => ({
    role,
    content: typeof content === 'string' ? content : content === null ? null : content.map(asPart),
  }));
  const body = contentRequest({ id: '', messages }, { seed, temperature, topP, maxTokens, stop: [] }, base);
  if (!schema) return body;
  const format = { responseMimeType: 'application/json', responseJsonSchema: schema };
  return { ...body, generationConfig: { ...body.generationConfig, ...format } };
}

/** What is no part of a message is refused by `contentRequest`. */
const asPart = (part: unknown): { type: string } & Record<string, unknown> =>
  typeof part === 'object' && part !== null && 'type' in part && typeof part.type === 'string'
    ? { ...part, type: part.type }
    : { type: 'unknown' };

/** One ask that is not taken leaves the others as they are. */
function refused(error: unknown): unknown {
  if (!(error instanceof TerminalError) || error.type !== 'PromptRefused') return error;
  return terminal('AskRefused', error.message, error.details, error);
}

/** A failure as askers know it. @param pause Holds back everybody who asks the same model. */
function translated(error: unknown, name: string, pause: (ms: number) => void): unknown {
  if (!(error instanceof RemoteFailure)) return explained(error, name);
  if (error.kind !== 'quota') return new AskFailed(error.message, error.kind === 'ambiguous', error);
  const ms = Math.max(error.retryAfterMs ?? PAUSE_MS, 50);
  pause(ms);
  return new RetryAfter(error.message, ms);
}
