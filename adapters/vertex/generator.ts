import { terminal, TerminalError } from '../../configs/failure.ts';
import { answeringPrice } from '../../configs/prices.ts';
import type { RemoteModel } from '../../configs/remote-model.ts';
import type { GenerateOrder, Generator } from '../contracts.ts';
import { placeOf } from '../google/auth.ts';
import { googleFetch, vertexBase } from '../google/rest.ts';
import { createRemoteGenerator, type AnswerKind } from '../remote/generate.ts';
import type { Patience } from '../remote/persist.ts';
import { answerIn, contentRequest, GenerateContentReply } from './generate-content.ts';

/** For one answer, in ms: long ones take minutes. */
const TIMEOUT_MS = 5 * 60_000;
/** Refusals that are about the prompt and not about the model. */
const OF_THE_PROMPT = ['RequestRefused', 'TooLarge'];

/** Models at Vertex AI: those of publishers by name, tuned ones by their endpoint. */
export const createVertexGenerator = (at: { jobs: string; patience?: Patience }): Generator =>
  createRemoteGenerator(VERTEX, at);

const VERTEX: AnswerKind = {
  identity: { generator: 'vertex', request: '1' },

  open: async (remote, order) => {
    const price = answeringPrice(remote.base, order.price);
    const { name, location } = await addressOf(remote, order.google);
    const url = `${vertexBase(location)}/v1/${name}:generateContent`;
    return {
      price,
      ask: async (prompt, signal) => {
        const body = contentRequest(prompt, order.decoding, remote.base);
        try {
          const reply = await googleFetch({
            url,
            body,
            signal,
            timeoutMs: TIMEOUT_MS,
            isRead: true,
            reply: GenerateContentReply,
          });
          return answerIn(reply, body);
        } catch (error) {
          throw translated(error, name);
        }
      },
    };
  },
};

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

function translated(error: unknown, name: string): unknown {
  if (!(error instanceof TerminalError)) return error;
  if (OF_THE_PROMPT.includes(error.type)) return terminal('PromptRefused', error.message, error.details, error);
  if (error.type === 'NotFound' && /\/endpoints\/[^/]+$/.test(name))
    return terminal(
      'NoEndpoint',
      `the endpoint ${name}, at which the tuned model answers, is not there (${error.message}): deploy the model again, or tune it anew with --refresh tune`,
      error.details,
      error,
    );
  return error;
}
