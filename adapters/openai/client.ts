import { env } from 'node:process';
import type OpenAI from 'openai';
import { failureOf, type Doing } from './failures.ts';
import { keyOf, type Server } from './server.ts';
import { transport } from './transport.ts';

/** For a reply to a short request, in ms. */
const TIMEOUT_MS = 60_000;

/** Makes calls through the client library; what goes wrong comes out as a TerminalError or a RemoteFailure. */
export type Caller = <T>(
  doing: Doing,
  signal: AbortSignal,
  work: (client: OpenAI, options: { signal: AbortSignal }) => PromiseLike<T>,
) => Promise<T>;

/**
 * Calls to a server. The library is loaded with the first of them; it never repeats a call, sends OpenAI's
 * organization and headers to nobody else, and writes no log.
 */
export function callerOf(server: Server): Caller {
  let made: { client: OpenAI; key: string } | undefined;
  return async (doing, signal, work) => {
    const key = keyOf(server);
    signal.throwIfAborted();
    if (made?.key !== key) {
      const { OpenAI: Client } = await import('openai');
      const client = new Client({
        apiKey: key,
        adminAPIKey: null,
        baseURL: server.baseUrl,
        maxRetries: 0,
        timeout: TIMEOUT_MS,
        fetch: transport,
        logLevel: 'off',
        ...(server.isOpenAi ? {} : { organization: null, project: null, defaultHeaders: withoutOwn() }),
      });
      made = { client, key };
    }
    try {
      return await work(made.client, { signal });
    } catch (error) {
      throw failureOf(error, { server, key, doing, signal });
    }
  };
}

/** The library sends what stands in OPENAI_CUSTOM_HEADERS to every server; null takes a header out. */
const withoutOwn = (): Record<string, null> =>
  Object.fromEntries(
    (env['OPENAI_CUSTOM_HEADERS'] ?? '').split('\n').flatMap((line) => {
      const name = line.split(':')[0]?.trim();
      return name ? [[name, null]] : [];
    }),
  );
