import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';

/** A reply whose body has not been read. */
export interface Received {
  status: number;
  headers: Headers;
  /** Ends with an error when the connection does before the body; `destroy` lets go of it unread. */
  body: IncomingMessage;
}

/**
 * Sends one HTTP request. Not with `fetch`, which gives up after five minutes without headers: a slow machine may
 * take longer for a long answer. Redirects are not followed, so that a key goes nowhere else.
 */
export function send(
  url: URL,
  {
    headers,
    body,
    signal,
    method = body === undefined ? 'GET' : 'POST',
  }: { headers: Record<string, string>; body?: string | undefined; signal: AbortSignal; method?: string },
): Promise<Received> {
  const request = url.protocol === 'https:' ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request(url, { method, headers: { ...headers, ...length }, signal }, (received) => {
      const pairs = Object.entries(received.headersDistinct).map(([name, values = []]): [string, string] => [
        name,
        values.join(', '),
      ]);
      resolve({ status: received.statusCode ?? 0, headers: new Headers(pairs), body: received });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
