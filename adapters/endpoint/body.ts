import type { Readable } from 'node:stream';
import { AskFailed } from './errors.ts';

/** Largest reply that is read, in bytes; an honest one is far below. */
export const MAX_REPLY_BYTES = 8 * 2 ** 20;

/**
 * A reply's text, read no further than a bound.
 *
 * @throws AskFailed when it is longer, or when the connection ends before it does.
 */
export async function readBody(body: Readable, from: string, limit = MAX_REPLY_BYTES): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > limit) throw new AskFailed(`${from} sent more than ${limit / 2 ** 20} MiB in one reply`, true);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof AskFailed) throw error;
    throw new AskFailed(`${from} closed the connection in the middle of its reply`, true, error);
  }
  return Buffer.concat(chunks).toString('utf8');
}
