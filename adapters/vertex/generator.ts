import { terminal, TerminalError } from '../../configs/failure.ts';
import { limitsOf } from '../../configs/limits.ts';
import { answeringPrice } from '../../configs/prices.ts';
import type { RemoteModel } from '../../configs/remote-model.ts';
import type { GenerateOrder, Generator } from '../contracts.ts';
import { placeOf } from '../google/auth.ts';
import { googleFetch, vertexBase } from '../google/rest.ts';
import type { RemoteAsker } from '../remote/asker.ts';
import { createRemoteGenerator, type AnswerKind } from '../remote/generate.ts';
import type { Patience } from '../remote/persist.ts';
import { batchAsking, type BatchPlace } from './batch.ts';
import { answerIn, contentRequest, GenerateContentReply } from './generate-content.ts';

/** For one answer, in ms: long ones take minutes. */
const TIMEOUT_MS = 5 * 60_000;
/** Refusals that are about the prompt and not about the model. */
const OF_THE_PROMPT = ['RequestRefused', 'TooLarge'];

/**
 * Models at Vertex AI: those of publishers by name, tuned ones by their endpoint; many prompts by one batch prediction
 * job where there is a ledger that it can be noted in.
 */
export const createVertexGenerator = ({ batches, ...at }: VertexGeneratorOptions): Generator =>
  createRemoteGenerator(vertexAnswers(batches), at);

export interface VertexGeneratorOptions {
  jobs: string;
  patience?: Patience;
  /** Left out: every prompt is asked by itself. */
  batches?: BatchPlace;
}

const vertexAnswers = (batches: BatchPlace | undefined): AnswerKind => ({
  identity: { generator: 'vertex', request: '1' },

  open: async (remote, order) => {
    const price = answeringPrice(remote.base, order.price);
    const at = await addressOf(remote, order.google);
    const model = batchModel(remote, at.name);
    return {
      price,
      thinks: limitsOf(remote.base)?.thinkingBudget,
      batch: batches && model ? batchAsking(batches, { ...at, model, base: remote.base }, order, price) : undefined,
      ask: asking({ ...at, base: remote.base }, order.decoding),
    };
  },
});

/** Asks a model at an address of {@link addressOf} single prompts. @param base The publisher's model behind it. */
export function asking(
  { name, location, base }: { name: string; location: string; base: string },
  decoding: GenerateOrder['decoding'],
): RemoteAsker['ask'] {
  const url = `${vertexBase(location)}/v1/${name}:generateContent`;
  return async (prompt, signal) => {
    const body = contentRequest(prompt, decoding, base);
    try {
      const request = { url, body, signal, timeoutMs: TIMEOUT_MS, isRead: true, reply: GenerateContentReply };
      return answerIn(await googleFetch(request), body);
    } catch (error) {
      throw explained(error, name);
    }
  };
}

/** What a batch is asked of: a registered model, since it takes no endpoints. */
function batchModel({ registered }: RemoteModel, name: string): string | undefined {
  if (registered !== undefined) return registered;
  return /\/publishers\/[^/]+\/models\/[^/]+$/.test(name)
    ? name.replace(/^projects\/.*\/(?=publishers\/)/, '')
    : undefined;
}

/**
 * The resource that is asked, and the location it is asked in. A publisher's model is asked where the recipe or the
 * environment says, an endpoint where it is.
 */
export async function addressOf(
  { model, project, location }: RemoteModel,
  google: GenerateOrder['google'],
): Promise<{ name: string; project: string; location: string }> {
  const whole = /^projects\/([^/]+)\/locations\/([^/]+)\//.exec(model);
  if (whole) return { name: model, project: whole[1] as string, location: whole[2] as string };
  const place = await placeOf({ project: project ?? google?.project, location: location ?? google?.location });
  const below = model.startsWith('publishers/') ? model : `publishers/google/models/${model}`;
  return {
    name: `projects/${place.project}/locations/${place.location}/${below}`,
    project: place.project,
    location: place.location,
  };
}

/** A refusal in words for who asked: `PromptRefused` where it is about the prompt, `NoEndpoint` where nobody answers. */
export function explained(error: unknown, name: string): unknown {
  if (!(error instanceof TerminalError)) return error;
  if (OF_THE_PROMPT.includes(error.type)) return terminal('PromptRefused', error.message, error.details, error);
  if (error.type === 'NotFound' && /\/endpoints\/[^/]+$/.test(name))
    return terminal(
      'NoEndpoint',
      `the endpoint ${name}, at which the tuned model answered, is gone or has no model (${error.message}): deploy the model again, or tune it anew with --refresh tune`,
      { ...error.details, gone: `the endpoint ${name}` },
      error,
    );
  return error;
}
