import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Bucket } from '@google-cloud/storage';
import { statusOf } from './errors.ts';

/** An answer whose body has not been read. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Readable;
}

/** A request whose body, or whose answer, is large. */
export interface Transfer {
  method: 'GET' | 'PUT';
  url: string;
  headers: Record<string, string>;
  body?: Readable | undefined;
  /** Longest time without a byte, in ms. */
  stallMs: number;
}

/** Options of the library below the client's: an object that lies there packed comes packed, and in large portions. */
const AS_IT_LIES: object = { compress: false, highWaterMark: 1 << 20 };

/**
 * Makes one request with the credentials of the client, and ends it when nothing moves any more. Not through the
 * library's streams: one that is given up before its answer comes ends the process with an unhandled rejection.
 *
 * @throws an error with a code, and without the address: that of an upload lets others write.
 */
export async function transfer<T>(bucket: Bucket, order: Transfer, take: (answer: Answer) => Promise<T>): Promise<T> {
  const { method, url, headers, body, stallMs } = order;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), stallMs);
  const onData = (): void => void timer.refresh();
  body?.on('data', onData).pause();
  let answer: Answer | undefined;
  try {
    const reply = await bucket.storage.authClient.request<Readable>({
      method,
      url,
      // Of an object that lies there packed, the packed bytes are wanted.
      headers: { 'accept-encoding': method === 'GET' ? 'gzip' : 'identity', ...headers },
      ...(body ? { body, duplex: 'half' as const } : {}),
      ...AS_IT_LIES,
      retry: false,
      responseType: 'stream',
      signal: stop.signal,
      // The client renews a token that was turned down and asks again; a body is gone by then.
      validateStatus: (status) => status !== 401 || body !== undefined,
    });
    answer = { status: reply.status, headers: reply.headers, body: reply.data };
    answer.body.on('data', onData).pause();
    return await take(answer);
  } catch (error) {
    if (stop.signal.aborted) throw coded('nothing moved any more: timed out', 'ETIMEDOUT');
    if (!body && statusOf(error) === 401) throw coded('status 401', 401);
    // The library's words quote the address.
    if (!(error instanceof Error && error.message.includes(new URL(url).host))) throw error;
    const { code } = error as { code?: unknown };
    throw coded('the connection ended', typeof code === 'string' && /^E[A-Z_]+$/.test(code) ? code : 'ECONNRESET');
  } finally {
    clearTimeout(timer);
    body?.destroy();
    answer?.body.on('error', () => undefined).destroy();
  }
}

/** The body of an answer that is no larger than a page. */
export async function textOf({ body }: Answer): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The error for an answer that says no. */
export async function refusal(answer: Answer): Promise<Error> {
  const packed = answer.headers.get('content-encoding') === 'gzip';
  const body = packed ? answer.body.pipe(createGunzip()) : answer.body;
  const text = await textOf({ ...answer, body }).catch(() => '');
  let message = text.slice(0, 1000);
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    if (typeof error?.message === 'string') ({ message } = error as { message: string });
  } catch {
    // Not JSON: the words are all there is.
  }
  return coded(message === '' ? `status ${answer.status}` : message, answer.status);
}

/** An error as the client library makes them. */
export const coded = (message: string, code: string | number): Error => Object.assign(new Error(message), { code });
