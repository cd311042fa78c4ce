import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

/** What the server does with a request. */
export type Behaviour =
  | 'normal'
  /** 429 with `retry-after: 1`. */
  | '429'
  /** 429 with a short `retry-after-ms`. */
  | '429-soon'
  | '503'
  | '500'
  | '401'
  | '404'
  | '400'
  | 'no-credit'
  | 'filtered'
  | 'redirect'
  | 'hang'
  | 'hang-after-headers'
  | 'trickle'
  | 'close'
  | 'close-in-body'
  | 'rubbish-stream'
  | 'event-stream'
  | 'html'
  | 'broken-json'
  | 'other-json'
  | 'error-in-200'
  | 'refusal'
  | 'content-filter'
  | 'tool-calls'
  | 'truncated'
  | 'missing-usage'
  | 'empty';

/** The body of a request, as far as the server looks at it. */
export interface ChatRequest {
  model: string;
  messages: { role: string; content: string }[];
  response_format?: { type: string; json_schema?: { schema: Record<string, unknown> } };
  max_tokens?: number;
  max_completion_tokens?: number;
  [parameter: string]: unknown;
}

export interface FakeOptions {
  /** 0: any free port. */
  port?: number;
  /** One for each request, in their order; after the last, `afterwards`. */
  script?: Behaviour[];
  afterwards?: Behaviour;
  /** Parameters that are refused with 400, as servers do: `response_format`, `json_schema`, `max_tokens`, `seed`, … */
  refuses?: string[];
  models?: string[];
  /** The key that has to come. */
  key?: string;
  /** Time for an answer, in ms. */
  latencyMs?: number;
  /** File that gets a line of JSON for each request that came, and another for each that was answered. */
  log?: string;
  /** The answer; by default one that fits the schema, else a sentence. The same each time for the same request. */
  answer?: (request: ChatRequest) => string;
}

export interface Seen {
  /** sha256 of the body. */
  digest: string;
  body: ChatRequest;
  behaviour: Behaviour;
  headers: IncomingMessage['headers'];
  url: string;
  at: number;
}

/** A server that speaks OpenAI's chat completions, with failures on order. */
export interface FakeEndpoint {
  /** Ends in `/v1`. */
  baseUrl: string;
  port: number;
  seen: Seen[];
  /** How often each body came and was answered as it should. */
  answered: Map<string, number>;
  /** Most requests under way at once. */
  peak(): number;
  /** What comes next. */
  play(...behaviours: Behaviour[]): void;
  close(): Promise<void>;
}

/** Counts of letters as a vector: equal texts are equal, and texts that share letters are near. */
async function embeddings(request: IncomingMessage, response: ServerResponse, behaviour?: Behaviour): Promise<void> {
  const { input } = JSON.parse(await bodyOf(request)) as { input: string[] };
  if (behaviour === '503') return json(response, 503, { error: { message: 'busy' } });
  if (behaviour === 'other-json') return json(response, 200, { data: [] });
  const vectorOf = (text: string): number[] => {
    const vector = Array.from({ length: 26 }, () => 0);
    for (const letter of text.toLowerCase()) {
      const i = letter.charCodeAt(0) - 97;
      if (i >= 0 && i < 26) vector[i] = (vector[i] ?? 0) + 1;
    }
    return vector;
  };
  const data = input.map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) }));
  json(response, 200, { object: 'list', data: data.toReversed(), model: 'fake' });
}

/** Starts the server on the loopback address. */
export async function startFakeEndpoint(options: FakeOptions = {}): Promise<FakeEndpoint> {
  const script = [...(options.script ?? [])];
  const seen: Seen[] = [];
  const answered = new Map<string, number>();
  let active = 0;
  let peak = 0;
  const note = (line: object): void => {
    if (options.log) appendFileSync(options.log, `${JSON.stringify({ at: Date.now(), pid: process.pid, ...line })}\n`);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (options.key && request.headers.authorization !== `Bearer ${options.key}`) {
      const said = request.headers.authorization?.replace('Bearer ', '') ?? 'none';
      return json(response, 401, {
        error: { message: `Incorrect API key provided: ${said}`, code: 'invalid_api_key' },
      });
    }
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'GET' && pathname === '/v1/models')
      return json(response, 200, {
        object: 'list',
        data: (options.models ?? ['fake']).map((id) => ({ id, object: 'model' })),
      });
    if (request.method === 'POST' && pathname === '/v1/embeddings')
      return embeddings(request, response, script.shift());
    if (request.method !== 'POST' || pathname !== '/v1/chat/completions')
      return json(response, 404, { detail: 'Not Found' });
    const text = await bodyOf(request);
    const body = JSON.parse(text) as ChatRequest;
    const digest = createHash('sha256').update(text).digest('hex');
    const behaviour = script.shift() ?? options.afterwards ?? 'normal';
    seen.push({ digest, body, behaviour, headers: request.headers, url: request.url ?? '', at: Date.now() });
    note({ event: 'asked', digest, behaviour });
    if (options.latencyMs) await sleep(options.latencyMs);
    const refused = options.refuses?.find((name) =>
      name === 'json_schema' ? body.response_format?.type === name : name in body,
    );
    if (refused) return json(response, 400, { error: refusalOf(refused) });
    if (options.models && !options.models.includes(body.model))
      return json(response, 404, {
        error: { message: `The model \`${body.model}\` does not exist`, code: 'model_not_found' },
      });
    const isWhole = await behave(behaviour, body, response, options.answer ?? answerTo);
    if (!isWhole) return;
    answered.set(digest, (answered.get(digest) ?? 0) + 1);
    note({ event: 'answered', digest });
  };

  const server = createServer((request, response) => {
    active += 1;
    peak = Math.max(peak, active);
    response.on('close', () => (active -= 1));
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) json(response, 500, { error: { message: String(error) } });
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    port,
    seen,
    answered,
    peak: () => peak,
    play: (...behaviours) => script.push(...behaviours),
    close: () => closed(server),
  };
}

/** @returns whether a reply was sent that costs something. */
async function behave(
  behaviour: Behaviour,
  body: ChatRequest,
  response: ServerResponse,
  answer: (request: ChatRequest) => string,
): Promise<boolean> {
  const failed = (status: number, message: string, headers = {}, error = {}): false => {
    json(response, status, { error: { message, ...error } }, headers);
    return false;
  };
  const completion = (message: object, reason = 'stop', more: object = { usage: USAGE }): true => {
    const choices = [{ index: 0, finish_reason: reason, message: { role: 'assistant', ...message } }];
    json(response, 200, {
      id: `chatcmpl-${short(body)}`,
      object: 'chat.completion',
      model: body.model,
      choices,
      ...more,
    });
    return true;
  };
  switch (behaviour) {
    case 'normal': {
      const words = answer(body).split(' ');
      const max = body.max_tokens ?? body.max_completion_tokens ?? Infinity;
      return words.length > max
        ? completion({ content: words.slice(0, max).join(' ') }, 'length')
        : completion({ content: words.join(' ') });
    }
    case '429':
      return failed(429, 'Rate limit reached', { 'retry-after': '1' });
    case '429-soon':
      return failed(429, 'Rate limit reached', { 'retry-after-ms': '120' });
    case '503':
      return failed(503, 'overloaded', { 'retry-after-ms': '60' });
    case '500':
      return failed(500, 'internal\u001b[31m error');
    case '401':
      return failed(401, 'Incorrect API key provided: sk-abc****xyz');
    case '404':
      return failed(404, 'model not found');
    case '400':
      return failed(400, `context length exceeded\n\u0007${'x'.repeat(2000)}`);
    case 'no-credit':
      return failed(429, 'You exceeded your current quota', {}, { code: 'insufficient_quota' });
    case 'filtered':
      return failed(400, 'the prompt was filtered', {}, { code: 'content_filter' });
    case 'redirect':
      return failed(307, 'moved', { location: 'http://127.0.0.1:9/secret' });
    case 'hang':
      return false;
    case 'hang-after-headers':
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      return false;
    case 'trickle': {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"choices":[');
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
      return false;
    }
    case 'close':
      response.destroy();
      return false;
    case 'close-in-body':
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
        .write('{"choices":[{"me');
      await sleep(20);
      response.destroy();
      return false;
    case 'rubbish-stream': {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(1 << 18, 'rubbish ');
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
      return false;
    }
    case 'event-stream':
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .write('data: {"choices":[{"delta":{"content":"x"}}]}\n\n');
      return false;
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title><p>Welcome');
      return false;
    case 'broken-json':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[{"message":{"content":"hal');
      return false;
    case 'other-json':
      json(response, 200, { account: 4711, owner: 'somebody else', items: [{ id: 1 }] });
      return false;
    case 'error-in-200':
      json(response, 200, { error: { message: 'upstream is busy', code: 429 } }, { 'retry-after-ms': '60' });
      return false;
    case 'refusal':
      return completion({ content: null, refusal: 'I cannot help with that.' });
    case 'content-filter':
      return completion({ content: '' }, 'content_filter');
    case 'tool-calls':
      return completion(
        { content: null, tool_calls: [{ id: 'a', type: 'function', function: { name: 'rm', arguments: '{}' } }] },
        'tool_calls',
      );
    case 'truncated':
      return completion({ content: answer(body).slice(0, 5) }, 'length');
    case 'missing-usage':
      return completion({ content: answer(body) }, 'stop', {});
    default:
      return completion({ content: null });
  }
}

const USAGE = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 };

/** How servers refuse a parameter. */
function refusalOf(name: string): object {
  if (name === 'max_tokens') {
    return {
      message: `Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.`,
      param: name,
      code: 'unsupported_parameter',
    };
  }
  if (name === 'json_schema') return { message: "response_format type 'json_schema' is not supported" };
  return { message: `Extra inputs are not permitted: '${name}'` };
}

/** An answer that is the same each time: JSON that fits the schema, where there is one. */
export function answerTo(request: ChatRequest): string {
  const schema = request.response_format?.json_schema?.schema ?? schemaInWords(request);
  return schema ? JSON.stringify(instanceOf(schema, short(request))) : `Answer ${short(request)}.`;
}

function schemaInWords({ messages }: ChatRequest): Record<string, unknown> | undefined {
  const text = messages.map(({ content }) => content).join('\n');
  const start = text.indexOf('JSON Schema, and with nothing else: {');
  if (start < 0) return undefined;
  const line = text.slice(text.indexOf('{', start)).split('\n')[0] ?? '';
  return JSON.parse(line) as Record<string, unknown>;
}

/** A value that fits a simple JSON Schema, varied by a text. */
export function instanceOf(schema: Record<string, unknown>, vary: string): unknown {
  const {
    type,
    properties = {},
    items = {},
    minItems = 1,
    minimum = 0,
  } = schema as {
    type?: string;
    properties?: Record<string, Record<string, unknown>>;
    items?: Record<string, unknown>;
    minItems?: number;
    minimum?: number;
  };
  const choices = (schema['enum'] ?? schema['anyOf'] ?? schema['oneOf']) as unknown[] | undefined;
  if ('const' in schema) return schema['const'];
  if (choices) {
    const chosen = choices[parseInt(hash(vary).slice(0, 8), 16) % choices.length];
    return schema['enum'] ? chosen : instanceOf(chosen as Record<string, unknown>, vary);
  }
  if (type === 'object')
    return Object.fromEntries(
      Object.entries(properties).map(([name, inner]) => [name, instanceOf(inner, `${vary}.${name}`)]),
    );
  if (type === 'array') return Array.from({ length: minItems }, (_, i) => instanceOf(items, `${vary}.${i}`));
  if (type === 'integer' || type === 'number') return minimum;
  if (type === 'boolean') return true;
  return `${WORDS[parseInt(hash(vary).slice(0, 8), 16) % WORDS.length]} ${hash(vary).slice(0, 8)} text`;
}

const WORDS = ['refund', 'parcel', 'invoice', 'password', 'delivery', 'card'];
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const short = (body: object): string => hash(JSON.stringify(body)).slice(0, 12);

function json(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function closed(server: Server): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await ended;
}

// `node test/support/fake-endpoint.ts --port 0 --log FILE`: a process of its own that prints its port.
if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      log: { type: 'string' },
      /** Behaviours, separated by commas. */
      script: { type: 'string', default: '' },
      /** After them. */
      afterwards: { type: 'string', default: 'normal' },
      latency: { type: 'string', default: '0' },
      refuses: { type: 'string', default: '' },
    },
  });
  const listOf = (text: string): string[] => text.split(',').filter((name) => name !== '');
  const { port } = await startFakeEndpoint({
    port: Number(values.port),
    script: listOf(values.script) as Behaviour[],
    afterwards: values.afterwards as Behaviour,
    refuses: listOf(values.refuses),
    latencyMs: Number(values.latency),
    ...(values.log ? { log: values.log } : {}),
  });
  console.log(`port ${port}`);
}
