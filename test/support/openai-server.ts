import { parseArgs } from 'node:util';
import { CODES } from './google/errors.ts';
import { FaultPlan, type Fault, type FaultRule } from './google/faults.ts';
import { serve, type Call, type Reply, type Running } from './http-server.ts';
import { chat, deleteModel, describeModel, listModels } from './openai/chat.ts';
import { contentOfFile, deleteFile, getFile, listFiles, putFile } from './openai/files.ts';
import { allJobs, cancelJob, checkpointsOf, createJob, eventsOf, getJob, listJobs } from './openai/jobs.ts';
import { ApiError, OpenAiState, type OpenAiOptions } from './openai/state.ts';

/** How the server is started. */
export interface OpenAiServerOptions extends OpenAiOptions {
  /** 0: any free port. */
  port?: number;
  faults?: readonly FaultRule[];
  /** Decides which calls faults with a probability hit. @default 1 */
  seed?: number;
  /** The key that has to come; left out, any. */
  key?: string;
}

/** A pretended service of OpenAI's protocol: files, fine-tuning jobs, models, chat. */
export interface OpenAiServer extends Running {
  /** Ends in `/v1`. */
  baseUrl: string;
  state: OpenAiState;
}

/** Starts the server on the loopback address. */
export async function startOpenAiServer(options: OpenAiServerOptions): Promise<OpenAiServer> {
  const state = new OpenAiState(options);
  const running = await serve({
    port: options.port,
    plan: new FaultPlan(options.faults, options.seed),
    nameOf: (call) => routeOf(call).name,
    handle: async (call, fault) => {
      if (options.key && call.headers.authorization !== `Bearer ${options.key}`) throw wrongKey();
      const body = await routeOf(call).answer(state, call, fault);
      return { status: 200, body };
    },
    failure: (error) => {
      if (error instanceof ApiError) return refusal(error);
      return refusal(new ApiError(500, error instanceof Error ? error.message : String(error)));
    },
    faulty,
    admin: (call, page) => {
      if (page === 'creates') return state.creates();
      if (page === 'money') return state.money();
      if (page === 'jobs') return allJobs(state);
      if (page === 'options') return Object.assign(state.options, JSON.parse(call.body.toString() || '{}'));
      if (page !== 'objects' || call.method !== 'DELETE') return undefined;
      state.journal.remove(call.query.get('kind') ?? '', call.query.get('name') ?? '');
      return {};
    },
  });
  return { ...running, baseUrl: `${running.url}/v1`, state };
}

const refusal = (error: ApiError): Reply => ({ status: error.status, body: error.body() });

const wrongKey = (): ApiError => new ApiError(401, 'Incorrect API key provided.', { code: 'invalid_api_key' });

function faulty({ error, message, retryAfter }: Fault & { error: NonNullable<Fault['error']> }): Reply {
  const { http } = CODES[error];
  const code = error === 'RESOURCE_EXHAUSTED' ? 'rate_limit_exceeded' : null;
  const isSpent = message?.includes('current quota') ?? false;
  const said =
    http === 401
      ? wrongKey()
      : new ApiError(http, message ?? 'The server had an error.', { code: isSpent ? 'insufficient_quota' : code });
  return { ...refusal(said), headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) } };
}

type Answer = (state: OpenAiState, call: Call, fault: Fault) => unknown;

/** Method, pattern of the path, name for rules of faults, and what is done with the id. */
const ROUTES: [string, RegExp, string, (id: string) => Answer][] = [
  ['POST', /^\/files$/, 'files.create', () => putFile],
  [
    'GET',
    /^\/files$/,
    'files.list',
    () =>
      (state, { query }) =>
        listFiles(state, query),
  ],
  ['GET', /^\/files\/([^/]+)$/, 'files.get', (id) => (state) => getFile(state, id)],
  ['GET', /^\/files\/([^/]+)\/content$/, 'files.content', (id) => (state) => contentOfFile(state, id)],
  ['DELETE', /^\/files\/([^/]+)$/, 'files.delete', (id) => (state) => deleteFile(state, id)],
  ['POST', /^\/fine_tuning\/jobs$/, 'jobs.create', () => (state, call, fault) => createJob(state, jsonOf(call), fault)],
  [
    'GET',
    /^\/fine_tuning\/jobs$/,
    'jobs.list',
    () =>
      (state, { query }) =>
        listJobs(state, query),
  ],
  ['GET', /^\/fine_tuning\/jobs\/([^/]+)$/, 'jobs.get', (id) => (state) => getJob(state, id)],
  ['POST', /^\/fine_tuning\/jobs\/([^/]+)\/cancel$/, 'jobs.cancel', (id) => (state) => cancelJob(state, id)],
  [
    'GET',
    /^\/fine_tuning\/jobs\/([^/]+)\/events$/,
    'jobs.events',
    (id) =>
      (state, { query }) =>
        eventsOf(state, id, query),
  ],
  [
    'GET',
    /^\/fine_tuning\/jobs\/([^/]+)\/checkpoints$/,
    'jobs.checkpoints',
    (id) =>
      (state, { query }) =>
        checkpointsOf(state, id, query),
  ],
  ['GET', /^\/models$/, 'models.list', () => listModels],
  ['GET', /^\/models\/(.+)$/, 'models.get', (id) => (state) => describeModel(state, id)],
  ['DELETE', /^\/models\/(.+)$/, 'models.delete', (id) => (state) => deleteModel(state, id)],
  ['POST', /^\/chat\/completions$/, 'chat', () => (state, call) => chat(state, jsonOf(call) as object)],
];

function routeOf({ method, path }: Call): { name: string; answer: Answer } {
  for (const [verb, pattern, name, of] of ROUTES) {
    const found = pattern.exec(path.replace(/^\/v1/, ''));
    if (found && verb === method) return { name, answer: of(found[1] ?? '') };
  }
  const nowhere: Answer = () => {
    throw new ApiError(404, `Invalid URL (${method} ${path})`);
  };
  return { name: 'other', answer: nowhere };
}

function jsonOf({ body }: Call): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ApiError(400, 'We could not parse the JSON body of your request.');
  }
}

// `node test/support/openai-server.ts --folder F --port 0`: a process of its own that prints its port.
if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      port: { type: 'string', default: '0' },
      /** Options as JSON: those of `OpenAiServerOptions`. */
      options: { type: 'string', default: '{}' },
    },
  });
  if (!values.folder) throw new Error('--folder is missing');
  const { port } = await startOpenAiServer({
    folder: values.folder,
    port: Number(values.port),
    ...(JSON.parse(values.options) as object),
  });
  console.log(JSON.stringify({ port }));
}
