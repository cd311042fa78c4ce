import type { z } from 'zod';
import { readBody } from '../endpoint/body.ts';
import { AskFailed } from '../endpoint/errors.ts';
import { networkError } from '../endpoint/failures.ts';
import { waitOf } from '../endpoint/retry-after.ts';
import { send } from '../endpoint/send.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { checked, serviceName } from './address.ts';
import { CLOUD_SCOPE, tokensFor, type Tokens } from './auth.ts';
import { shown, wordsOf } from './error-body.ts';
import { errorOf } from './failures.ts';

export { serviceBase, vertexBase } from './address.ts';

/** One request to a REST interface of Google. */
export interface GoogleRequest<Reply> {
  /** Whole address; https below googleapis.com, or http on this machine. */
  url: string;
  /** Default: POST where there is a body, else GET. */
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  body?: unknown;
  signal: AbortSignal;
  /** For the whole reply, in ms. Too short: a create becomes ambiguous. @default 60_000 */
  timeoutMs?: number;
  /** OAuth scope. @default the one for all of Google Cloud */
  scope?: string;
  /** Project whose quota and bill the request counts towards; default: that of the credentials. */
  userProject?: string | undefined;
  /** A POST that changes nothing there, so that a lost reply does no harm. @default false */
  isRead?: boolean;
  /** What the reply has to look like; default: anything in JSON. */
  reply?: z.ZodType<Reply>;
}

/** Largest reply that is read, in bytes: a page of jobs with their sample rows. */
const MAX_REPLY_BYTES = 32 * 2 ** 20;
const TIMEOUT_MS = 60_000;

/**
 * Asks a REST interface of Google once; a token that has expired is renewed and the request sent a second time.
 * Nothing else is repeated.
 *
 * @throws TerminalError for a refusal, in one sentence with what to do: `NoCredentials`, `NoPermission`,
 *   `ApiDisabled`, `NoBilling`, `NoModel`, `NotFound`, `WrongRegion`, `AlreadyThere`, `Changed`, `RequestRefused`, …
 * @throws RemoteFailure for what may pass; `ambiguous` when the request may have been carried out.
 */
export async function googleFetch<Reply = unknown>(request: GoogleRequest<Reply>, tokens?: Tokens): Promise<Reply> {
  const url = checked(request.url, 'an address of Google Cloud');
  const source = tokens ?? tokensFor(url);
  const timeout = AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS);
  const watch = { signal: AbortSignal.any([request.signal, timeout]), timeout };
  const first = await exchange(request, url, source, watch);
  if (first.status !== 401) return finish(request, url, first);
  source.forget();
  return finish(request, url, await exchange(request, url, source, watch));
}

interface Exchanged {
  status: number;
  headers: Headers;
  text: string;
  /** The token, for taking it out of what is shown. */
  secret: string | undefined;
}

const isWriteOf = ({ method, body, isRead }: Omit<GoogleRequest<unknown>, 'reply'>): boolean =>
  !isRead && (method ?? (body === undefined ? 'GET' : 'POST')) !== 'GET';

async function exchange<Reply>(
  request: GoogleRequest<Reply>,
  url: URL,
  source: Tokens,
  { signal, timeout }: { signal: AbortSignal; timeout: AbortSignal },
): Promise<Exchanged> {
  const from = serviceName(url);
  let isSent = false;
  try {
    const auth = await abortable(source.headers(url, request.scope ?? CLOUD_SCOPE), signal);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    isSent = true;
    const received = await send(url, {
      headers: {
        ...auth,
        ...(request.userProject ? { 'x-goog-user-project': request.userProject } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        accept: 'application/json',
      },
      body,
      signal,
      ...(request.method ? { method: request.method } : {}),
    }).catch((error: unknown) => {
      throw networkError(error, from);
    });
    const text = await readBody(received.body, from, MAX_REPLY_BYTES);
    return {
      status: received.status,
      headers: received.headers,
      text,
      secret: auth['authorization']?.replace(/^bearer /i, ''),
    };
  } catch (error) {
    request.signal.throwIfAborted();
    const kind = isSent && isWriteOf(request) ? 'ambiguous' : 'away';
    if (timeout.aborted) {
      const what = isSent ? `${from} gave no whole reply` : 'Google gave no token';
      throw new RemoteFailure(kind, `${what} within ${(request.timeoutMs ?? TIMEOUT_MS) / 1000} s`, { cause: error });
    }
    if (error instanceof AskFailed)
      throw new RemoteFailure(error.mayBePaid ? kind : 'away', error.message, { cause: error });
    throw error;
  }
}

function finish<Reply>(request: GoogleRequest<Reply>, url: URL, got: Exchanged): Reply {
  const { status, headers, text, secret } = got;
  const isWrite = isWriteOf(request);
  if (status < 200 || status >= 300) throw errorOf(status, wordsOf(text, [secret]), waitOf(headers), { url, isWrite });
  const malformed = (what: string): RemoteFailure =>
    new RemoteFailure(isWrite ? 'ambiguous' : 'away', `${serviceName(url)} answered with ${what}`);
  let value: unknown;
  try {
    value = status === 204 ? {} : (JSON.parse(text) as unknown);
  } catch {
    throw malformed(text.trim() === '' ? 'nothing instead of JSON' : 'something that is no whole JSON');
  }
  if (!request.reply) return value as Reply;
  const parsed = request.reply.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw malformed(
    shown(
      `JSON of another shape (${issue?.path.join('.') || 'the whole reply'}: ${issue?.message ?? 'not as expected'})`,
      [secret],
    ),
  );
}

/** Does not wait for the client library, which takes no signal. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('aborted', { cause: signal.reason }));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
