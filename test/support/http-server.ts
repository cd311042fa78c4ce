import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultPlan, FaultRule } from './google/faults.ts';

/** A request as the pretended services see it. */
export interface Call {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** What is answered. */
export interface Reply {
  status: number;
  /** Sent as JSON; a Buffer as it is. */
  body: unknown;
  headers?: Record<string, string>;
}

/** A pretended service without its transport. */
export interface Service {
  port?: number | undefined;
  plan: FaultPlan;
  /** What rules of faults call it, such as `tuningJobs.create`. */
  nameOf(call: Call): string;
  /** Does the work. What it throws goes to `failure`. */
  handle(call: Call, fault: Fault): Promise<Reply>;
  /** An error as the service writes it. */
  failure(error: unknown): Reply;
  /** The reply that a fault asks for. */
  faulty(fault: Fault & { error: NonNullable<Fault['error']> }): Reply;
  /** What `/_admin/NAME` tells or does; undefined: no such page. */
  admin(call: Call, page: string): unknown;
}

/** A service that listens on the loopback address. */
export interface Running {
  url: string;
  port: number;
  /** Calls that came, in their order. */
  calls: { name: string; at: number; path: string }[];
  plan: FaultPlan;
  close(): Promise<void>;
}

/** Starts a service; every call goes through its plan of faults, save those to `/_admin/`. */
export async function serve(service: Service): Promise<Running> {
  const { plan } = service;
  const calls: Running['calls'] = [];

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const path = decodeURIComponent(pathname);
    const call = {
      method: request.method ?? 'GET',
      path,
      query: searchParams,
      headers: request.headers,
      body: await bodyOf(request),
    };
    if (path.startsWith('/_admin/')) return send(response, administer(service, call, calls));
    const name = service.nameOf(call);
    calls.push({ name, at: Date.now(), path });
    const fault = plan.next(name);
    if (fault.latencyMs) await sleep(fault.latencyMs);
    if (fault.reset) return void response.destroy();
    const error = fault.expiredToken ? 'UNAUTHENTICATED' : fault.error;
    if (error) return send(response, service.faulty({ ...fault, error }));
    const reply = await service.handle(call, fault).catch((error: unknown) => service.failure(error));
    if (fault.lostAnswer) return void response.destroy();
    if (fault.hang) return;
    if (fault.errorAfter) return send(response, service.faulty({ ...fault, error: fault.errorAfter }));
    if (fault.malformed) {
      const text = JSON.stringify(reply.body) ?? '';
      response.writeHead(200, { 'content-type': 'application/json' }).end(text.slice(0, Math.ceil(text.length / 2)));
      return;
    }
    send(response, reply);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, { status: 500, body: { error: { message: String(error) } } });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(service.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    plan,
    close: async () => {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await ended;
    },
  };
}

/** Pages that every service has: `POST` and `DELETE /_admin/faults`, `GET /_admin/faults`, `GET /_admin/calls`. */
function administer(service: Service, call: Call, calls: Running['calls']): Reply {
  const page = call.path.slice('/_admin/'.length);
  const { plan } = service;
  if (page === 'faults') {
    if (call.method === 'DELETE') plan.clear();
    if (call.method === 'POST') plan.add(...[JSON.parse(call.body.toString()) as FaultRule | FaultRule[]].flat());
    return { status: 200, body: plan.happened };
  }
  if (page === 'calls') return { status: 200, body: calls };
  const body = service.admin(call, page);
  return body === undefined ? { status: 404, body: { error: `no page ${page}` } } : { status: 200, body };
}

function send(response: ServerResponse, { status, body, headers = {} }: Reply): void {
  const isBytes = Buffer.isBuffer(body);
  const type = isBytes ? 'application/octet-stream' : 'application/json; charset=UTF-8';
  response.writeHead(status, { 'content-type': type, ...headers }).end(isBytes ? body : JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
