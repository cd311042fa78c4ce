import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeStream } from 'node:stream/web';

/** Largest reply that is read, in bytes: a page of jobs or the result file of a job. */
export const MAX_REPLY_BYTES = 32 * 2 ** 20;

/**
 * `fetch` for the client library, with two differences: no reply is read past a bound, and a body that is a stream
 * goes out as fast as the server takes it. The built-in fetch reads such a body into memory, all 512 MB of it.
 */
export const transport: typeof fetch = async (input, init) => {
  const body = init?.body;
  const response =
    body instanceof ReadableStream
      ? await stream(new URL(String(input)), { ...init, body })
      : await fetch(input, { ...init, redirect: 'manual' });
  return bounded(response);
};

function bounded(response: Response): Response {
  if (!response.body) return response;
  let bytes = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > MAX_REPLY_BYTES)
          controller.error(new Error(`the reply has more than ${MAX_REPLY_BYTES / 2 ** 20} MiB`));
        else controller.enqueue(chunk);
      },
    }),
  );
  const { status, statusText, headers } = response;
  return new Response(counted, { status, statusText, headers });
}

async function stream(
  url: URL,
  { method = 'POST', headers, body, signal }: RequestInit & { body: ReadableStream<Uint8Array> },
): Promise<Response> {
  const request = url.protocol === 'https:' ? secureRequest : plainRequest;
  const sent = request(url, {
    method,
    headers: Object.fromEntries(new Headers(headers)),
    ...(signal ? { signal } : {}),
  });
  const answered = new Promise<Response>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (received) => {
      const status = received.statusCode ?? 0;
      const pairs = Object.entries(received.headersDistinct).map(([name, values = []]): [string, string] => [
        name,
        values.join(', '),
      ]);
      const hasBody = ![101, 204, 205, 304].includes(status);
      const web = Readable.toWeb(received) as unknown as ReadableStream<Uint8Array>;
      resolve(new Response(hasBody ? web : null, { status, headers: new Headers(pairs) }));
    });
  });
  // A server that refuses answers before it has read everything: then its answer counts, not the broken pipe.
  const written = pipeline(Readable.fromWeb(body as unknown as NodeStream), sent);
  written.catch(() => undefined);
  return Promise.race([answered, written.then(() => answered)]);
}
