import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { resumableSessions, type Incoming, type Sessions } from './resumable.ts';

/** What goes wrong between a client and Cloud Storage, at which request. */
export interface ProxyFault {
  method?: string;
  /** Of path and query. */
  path?: RegExp;
  /** The first, second, … request that fits, from 1. Left out: each of them. */
  nth?: number;
  /**
   * - a number: that status, and nothing has happened.
   * - `slow`: nothing moves for `ms`.
   * - `reset-request`: the connection ends while the body is sent, after `bytes`.
   * - `hold-request`: of the body nothing more is taken, after `bytes`.
   * - `reset-response`: the connection ends while the answer comes, after `bytes` of its body.
   * - `lost`: done above, and no answer.
   * - `lost-503`: done above, and the answer is 503.
   * - `garble`: one byte of the answer is another.
   */
  what: number | 'slow' | 'reset-request' | 'hold-request' | 'reset-response' | 'lost' | 'lost-503' | 'garble';
  bytes?: number;
  ms?: number;
  /** Body of an answer that is a status. */
  body?: unknown;
}

/** What a request was, for tests that count. */
export interface Seen {
  method: string;
  path: string;
  /** Of the body, as far as it came. */
  bytes: number;
  status?: number;
  fault?: ProxyFault['what'];
}

/** Stands before a server of the Cloud Storage protocol. Keeps resumable sessions itself: see {@link resumableSessions}. */
export async function startProxy(upstream: { port: number }, folder: string) {
  const faults: { fault: ProxyFault; seen: number }[] = [];
  const seen: Seen[] = [];
  const pick = (method: string, path: string): ProxyFault | undefined => {
    for (const entry of faults) {
      const { fault } = entry;
      if ((fault.method ?? method) !== method || !(fault.path ?? /./).test(path)) continue;
      entry.seen += 1;
      if (fault.nth === undefined || entry.seen === fault.nth) return fault;
    }
    return undefined;
  };
  const sessions: Sessions = resumableSessions(upstream.port, folder);
  const server = createServer((incoming, outgoing) => {
    const note: Seen = { method: incoming.method ?? '', path: decodeURIComponent(incoming.url ?? ''), bytes: 0 };
    const fault = pick(note.method, note.path);
    if (fault) note.fault = fault.what;
    seen.push(note);
    const body = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        note.bytes += chunk.length;
        if (fault?.what === 'reset-request' && note.bytes >= (fault.bytes ?? 0)) incoming.destroy();
        if (fault?.what === 'hold-request' && note.bytes >= (fault.bytes ?? 0)) body.push(chunk);
        else done(null, chunk);
      },
    });
    pipeline(incoming, body, () => undefined);
    outgoing.on('close', () => void (note.status = outgoing.statusCode));
    handle({ incoming, body }, outgoing, fault, upstream.port, sessions).catch(() => outgoing.destroy());
  });
  server.on('clientError', (_error, socket) => void socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  sessions.at(`http://127.0.0.1:${port}`);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    /** Replaces all rules, and forgets what was seen. */
    inject: (...rules: ProxyFault[]): void => {
      faults.splice(0, faults.length, ...rules.map((fault) => ({ fault, seen: 0 })));
      seen.length = 0;
    },
    stop: async (): Promise<void> => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function handle(
  { incoming, body: sent }: Incoming,
  outgoing: ServerResponse,
  fault: ProxyFault | undefined,
  port: number,
  sessions: Sessions,
): Promise<void> {
  const { what, bytes = 0, ms = 1000 } = fault ?? {};
  if (typeof what === 'number') {
    sent.resume();
    const body = JSON.stringify(fault?.body ?? { error: { code: what, message: `status ${what}` } });
    outgoing.writeHead(what, { 'content-type': 'application/json' }).end(body);
    return;
  }
  if (what === 'slow') await sleep(ms);
  const isLost = what === 'lost' || what === 'lost-503';
  if (await sessions.answer({ incoming, body: sent }, isLost ? undefined : outgoing)) {
    if (isLost) cut(outgoing, what);
    return;
  }
  const above = request({
    host: '127.0.0.1',
    port,
    method: incoming.method,
    path: incoming.url,
    headers: { ...incoming.headers, host: `127.0.0.1:${port}` },
    agent: false,
  });
  above.on('error', () => outgoing.destroy());
  pipeline(sent, above, () => undefined);
  const [reply] = (await once(above, 'response')) as [IncomingMessage];
  if (isLost) {
    reply.resume();
    await once(reply, 'end');
    cut(outgoing, what);
    return;
  }
  outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
  let passed = 0;
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    if (what === 'garble' && passed === 0) chunk[0] = (chunk[0] ?? 0) ^ 1;
    passed += chunk.length;
    if (what === 'reset-response' && passed > bytes) {
      const short = chunk.subarray(0, Math.max(0, chunk.length - (passed - bytes)));
      outgoing.write(short, () => outgoing.destroy());
      return;
    }
    if (!outgoing.write(chunk)) await once(outgoing, 'drain');
  }
  outgoing.end();
}

function cut(outgoing: ServerResponse, what: 'lost' | 'lost-503'): void {
  if (what === 'lost') outgoing.destroy();
  else outgoing.writeHead(503, { 'content-type': 'application/json' }).end('{"error":{"code":503,"message":"busy"}}');
}
