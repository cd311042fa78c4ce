import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** The service keeps whole pieces of so many bytes of what it received. */
const PIECE = 256 << 10;

interface Session {
  path: string;
  metadata: Record<string, unknown>;
  /** The answer that ended it. */
  done?: { status: number; body: string };
}

/** A request, and its body as far as it came. */
export interface Incoming {
  incoming: IncomingMessage;
  body: Readable;
}

/** Resumable sessions of a proxy. */
export interface Sessions {
  /** Address that clients reach them at. */
  at(url: string): void;
  /** Answers a request that belongs to a session; false: it does not. Without `outgoing` the answer is lost. */
  answer(request: Incoming, outgoing: ServerResponse | undefined): Promise<boolean>;
}

/**
 * Resumable sessions as Cloud Storage keeps them: a question for the status changes nothing, bytes that came twice
 * count once, whole pieces of a request that broke off stay, and all of it outlives the server. fake-gcs-server
 * takes a question for the end of the upload and adds what it is sent twice; it is given the whole object at the end.
 */
export function resumableSessions(port: number, folder: string): Sessions {
  let own = '';
  mkdirSync(folder, { recursive: true });
  const load = (id: string): Session | undefined =>
    existsSync(join(folder, `${id}.json`))
      ? (JSON.parse(readFileSync(join(folder, `${id}.json`), 'utf8')) as Session)
      : undefined;
  const save = (id: string, session: Session): void =>
    writeFileSync(join(folder, `${id}.json`), JSON.stringify(session));
  const partOf = (id: string): string => join(folder, `${id}.part`);
  const sizeOf = (id: string): number => (existsSync(partOf(id)) ? statSync(partOf(id)).size : 0);

  const begin = async (url: URL, { body }: Incoming): Promise<Reply> => {
    const metadata = JSON.parse((await whole(body)).toString() || '{}') as Record<string, unknown>;
    const name = url.searchParams.get('name') ?? '';
    const bucket = /\/b\/([^/]+)\//.exec(url.pathname)?.[1] ?? '';
    const there = await fetch(`http://127.0.0.1:${port}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`);
    if (there.ok && url.searchParams.get('ifGenerationMatch') === '0') return precondition();
    const bucketThere = await fetch(`http://127.0.0.1:${port}/storage/v1/b/${bucket}`);
    if (!bucketThere.ok)
      return { status: 404, body: '{"error":{"code":404,"message":"The specified bucket does not exist."}}' };
    const id = randomUUID();
    const query = new URLSearchParams(url.searchParams);
    query.set('uploadType', 'multipart');
    save(id, { path: `${url.pathname}?${query.toString()}`, metadata });
    return { status: 200, body: '{}', headers: { location: `${own}${url.pathname}?upload_id=${id}` } };
  };

  const put = async (id: string, { incoming, body }: Incoming): Promise<Reply> => {
    const session = load(id);
    if (!session) {
      body.resume();
      return { status: 404, body: '{"error":{"code":404,"message":"No such session"}}' };
    }
    const range = /^bytes (?:(\d+)-(?:\d+|\*)|\*)\/(\d+|\*)$/.exec(incoming.headers['content-range'] ?? '');
    if (session.done) {
      body.resume();
      return session.done;
    }
    if (!range) return { status: 400, body: '{"error":{"code":400,"message":"bad Content-Range"}}' };
    const total = range[2] === '*' ? undefined : Number(range[2]);
    if (range[1] !== undefined) {
      const start = Number(range[1]);
      if (start > sizeOf(id)) return { status: 400, body: '{"error":{"code":400,"message":"a gap"}}' };
      await take(partOf(id), start, { incoming, body }, total);
    } else body.resume();
    const size = sizeOf(id);
    // A file of no bytes has nothing to send but the question.
    if (total === undefined || size < total) {
      return { status: 308, body: '', ...(size > 0 ? { headers: { range: `bytes=0-${size - 1}` } } : {}) };
    }
    session.done = await finish(port, session, existsSync(partOf(id)) ? readFileSync(partOf(id)) : Buffer.alloc(0));
    save(id, session);
    return session.done;
  };

  return {
    at: (url) => void (own = url),
    answer: async (request, outgoing) => {
      const { incoming } = request;
      const url = new URL(incoming.url ?? '', 'http://proxy');
      const id = url.searchParams.get('upload_id');
      const isBegin = incoming.method === 'POST' && url.searchParams.get('uploadType') === 'resumable';
      if (!isBegin && id === null) return false;
      const { status, body, headers = {} } = id === null ? await begin(url, request) : await put(id, request);
      outgoing?.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
      return true;
    },
  };
}

interface Reply {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

const precondition = (): Reply => ({
  status: 412,
  body: JSON.stringify({
    error: {
      code: 412,
      message: 'At least one of the pre-conditions you specified did not hold.',
      errors: [{ reason: 'conditionNotMet' }],
    },
  }),
});

async function whole(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Keeps what is new; of a request that breaks off, whole pieces. */
async function take(
  part: string,
  start: number,
  { incoming, body }: Incoming,
  total: number | undefined,
): Promise<void> {
  let at = start;
  let rest = Buffer.alloc(0);
  const kept = existsSync(part) ? statSync(part).size : 0;
  const keep = (bytes: Buffer): void => {
    const skip = Math.max(0, kept - at);
    if (skip < bytes.length) appendFileSync(part, bytes.subarray(skip));
    at += bytes.length;
  };
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      rest = Buffer.concat([rest, chunk]);
      const usable = rest.length - ((at + rest.length) % PIECE);
      if (usable > 0) {
        keep(rest.subarray(0, usable));
        rest = rest.subarray(usable);
      }
    }
  } catch {
    return; // broken off
  }
  if (incoming.complete && (total === undefined || at + rest.length <= total)) keep(rest);
}

async function finish(port: number, { path, metadata }: Session, content: Buffer): Promise<Reply> {
  const mark = randomUUID();
  const head = `--${mark}\r\ncontent-type: application/json\r\n\r\n${JSON.stringify(metadata)}\r\n--${mark}\r\ncontent-type: application/octet-stream\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${mark}--\r\n`)]);
  const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': `multipart/related; boundary=${mark}` },
    body: new Uint8Array(body),
  });
  return { status: reply.status, body: await reply.text() };
}
