import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { TuneSettings } from '../../../../adapters/contracts.ts';
import { RecipeSchema } from '../../../../configs/recipe.ts';

/** Status and body, in JSON unless it is a text. */
export interface Plain {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
}
/** What a pretended server answers, or does itself. */
export type Answer = Plain | ((response: ServerResponse) => void);

/** A request that came. */
export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A server that answers by route, such as `GET /v1/fine_tuning/jobs`; 404 for others. Closed when the test ends. */
export async function pretend(
  routes: (route: string, seen: Seen) => Answer | undefined,
): Promise<{ baseUrl: string; host: string; seen: Seen[]; close(): Promise<void> }> {
  const seen: Seen[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    const one = { method, url: decodeURIComponent(url), headers, body: Buffer.concat(chunks).toString('latin1') };
    seen.push(one);
    const answer = routes(`${method} ${url.split('?')[0]}`, one) ?? { status: 404, body: { detail: 'Not Found' } };
    if (typeof answer === 'function') return answer(response);
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  onTestFinished(close);
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { baseUrl: `http://${host}/v1`, host, seen, close };
}

/** Settings of a recipe whose tuner is a server of this protocol. */
export const settingsAt = (baseUrl: string | undefined, openai: object = {}, tune: object = {}): TuneSettings =>
  RecipeSchema.shape.tune.parse({
    provider: 'openai',
    openai: { ...(baseUrl === undefined ? {} : { baseUrl }), ...openai },
    ...tune,
  });
