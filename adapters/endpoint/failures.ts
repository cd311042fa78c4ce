import { z } from 'zod';
import { messageOf, systemCode, terminal } from '../../configs/failure.ts';
import { nearest } from '../../configs/nearest.ts';
import { plain } from '../../configs/plain.ts';
import { AskFailed, RetryAfter } from './errors.ts';
import type { Words } from './reply.ts';

/** Where an error came from, for its message. */
export interface Asked {
  /** Address, as shown. */
  from: string;
  model: string;
  apiKeyEnv?: string | undefined;
  /** Names of the models the server has; asked for only when needed, and empty when it does not say. */
  models(): Promise<string[]>;
}

/** Statuses that say that nothing was worked on, and that may be otherwise soon. */
const TRANSIENT = [408, 409, 425];
const BUSY = [429, 503, 529];

/**
 * The error for a reply that is none.
 *
 * @param wait What the server asked for, in ms, or what is due without its word.
 */
export async function errorOf(status: number, words: Words, wait: number, asked: Asked): Promise<Error> {
  const { from, apiKeyEnv } = asked;
  const said = words.text === '' ? '' : `: ${words.text}`;
  if (status === 402 || words.kinds.some((kind) => /insufficient_quota|billing/.test(kind))) {
    return terminal(
      'NoCredit',
      `${from} says that the account has nothing left to spend (${status}${said}): add credit`,
      {
        status,
      },
    );
  }
  if (status === 401 || status === 403) {
    const remedy = apiKeyEnv
      ? `the key comes from the environment variable ${apiKeyEnv} of the worker; put a valid one there`
      : 'name the environment variable that holds the key (apiKey)';
    return terminal('KeyRefused', `${from} refused access (${status}${said}): ${remedy}`, { status, apiKeyEnv });
  }
  if (status === 404) return modelMissing(said, asked);
  if (BUSY.includes(status)) return new RetryAfter(`${from} is busy (${status}${said})`, wait);
  if (status >= 500) return new AskFailed(`${from} failed (${status}${said})`, true);
  if (TRANSIENT.includes(status)) return new AskFailed(`${from} did not take the request (${status}${said})`, false);
  if (status >= 300 && status < 400) {
    return terminal('BadEndpoint', `${from} sends one elsewhere (${status}): give the final address as the base URL`, {
      status,
    });
  }
  return terminal('AskRefused', `${from} refuses the request (${status}${said})`, { status });
}

async function modelMissing(said: string, { from, model, models }: Asked): Promise<Error> {
  const known = await models();
  const near = nearest(model, known);
  const remedy =
    known.length === 0
      ? 'check the base URL (it often ends in /v1) and the name of the model'
      : `${near ? `do you mean ${near}? ` : ''}it has ${known.slice(0, 10).join(', ')}${known.length > 10 ? ', …' : ''}`;
  return terminal('NoModel', `${from} does not know the model ${model} (404${said}): ${remedy}`, {
    model,
    models: known.slice(0, 50),
  });
}

/** The error for a request that got no reply at all. */
export function networkError(error: unknown, from: string): AskFailed {
  // Of a name with several addresses, each has its own error.
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  const code = systemCode(first) ?? '';
  const { syscall } = first as { syscall?: string };
  if (code === 'ECONNREFUSED')
    return new AskFailed(`nothing listens at ${from}: start the server, or check the base URL`, false, error);
  // No byte has left: nobody can have worked on the request.
  if (syscall === 'connect' || syscall === 'getaddrinfo')
    return new AskFailed(`${from} cannot be reached (${code})`, false, error);
  if (/CERT|ERR_TLS|UNABLE_TO_/.test(code))
    return new AskFailed(`${from} shows a certificate that is not trusted (${code})`, false, error);
  if (code.startsWith('HPE_')) return new AskFailed(`${from} does not speak HTTP (${code})`, true, error);
  const reason = code || plain(messageOf(error)).slice(0, 200);
  return new AskFailed(`${from} closed the connection without a reply (${reason})`, true, error);
}

const ModelList = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Names out of the body of `/models`; none when it is something else. */
export function modelNames(body: string): string[] {
  try {
    return ModelList.parse(JSON.parse(body)).data.map(({ id }) => plain(id).slice(0, 100));
  } catch {
    return [];
  }
}
