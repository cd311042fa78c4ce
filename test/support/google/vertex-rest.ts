import { parseArgs } from 'node:util';
import { serve, type Call, type Reply, type Running } from '../http-server.ts';
import { dataLineage } from './data-lineage.ts';
import { CODES, Refusal } from './errors.ts';
import { FaultPlan, type Fault, type FaultRule } from './faults.ts';
import { around } from './project-rest.ts';
import { routeOf, type Route } from './route.ts';
import { GoogleState, type StateOptions } from './state.ts';
import { allJobs } from './tuning.ts';
import { vertexCall } from './vertex-calls.ts';

/** How the server is started. */
export interface VertexRestOptions extends StateOptions {
  /** 0: any free port. */
  port?: number;
  faults?: readonly FaultRule[];
  /** Decides which calls faults with a probability hit. @default 1 */
  seed?: number;
  /** Only this token is taken; left out, anyone may call. */
  token?: string;
}

/** A pretended Vertex AI that speaks REST, with the services that `anneal doctor --cloud` asks. */
export interface VertexRest extends Running {
  state: GoogleState;
}

/** Starts the server on the loopback address. It takes a state that another server already has open. */
export async function startVertexRest(
  options: VertexRestOptions,
  state = new GoogleState(options),
): Promise<VertexRest> {
  const plan = new FaultPlan(options.faults, options.seed);
  const running = await serve({
    port: options.port,
    plan,
    nameOf: (call) => callName(routeOf(call)),
    handle: async (call, fault) => {
      if (options.token && call.headers.authorization !== `Bearer ${options.token}`) throw unauthenticated();
      checkRates(state.options, callName(routeOf(call)), running.calls);
      return answer(state, call, fault);
    },
    failure: (error) => {
      if (error instanceof Refusal) return refusal(error);
      return refusal(new Refusal('INTERNAL', error instanceof Error ? error.message : String(error)));
    },
    faulty: ({ error, message, retryAfter }) =>
      refusal(
        error === 'UNAUTHENTICATED'
          ? unauthenticated()
          : new Refusal(error, message ?? SAID[error] ?? error, { retryAfter }),
      ),
    admin: (call, page) => administer(state, call, page),
  });
  return { ...running, state };
}

const SAID: Partial<Record<keyof typeof CODES, string>> = {
  RESOURCE_EXHAUSTED:
    'Quota exceeded for quota metric "Requests" and limit "Requests per minute" of service "aiplatform.googleapis.com".',
  UNAVAILABLE: 'The service is currently unavailable.',
  INTERNAL: 'Internal error encountered.',
};

/** What rules of faults call a request. */
function callName(route: Route | undefined): string {
  return route ? `${route.collection}.${route.verb}` : 'other';
}

/** Throws RESOURCE_EXHAUSTED for a call that is one too many for a minute. */
function checkRates(options: StateOptions, call: string, calls: Running['calls']): void {
  const { submitsPerMinute = Infinity, callsPerMinute = Infinity } = options;
  if (submitsPerMinute === Infinity && callsPerMinute === Infinity) return;
  const lately = calls.filter(({ at }) => at > Date.now() - 60_000);
  const submits = isSubmit(call) ? lately.filter(({ name }) => isSubmit(name)).length : 0;
  if (lately.length > callsPerMinute || submits > submitsPerMinute)
    throw new Refusal('RESOURCE_EXHAUSTED', SAID.RESOURCE_EXHAUSTED ?? '');
}

const isSubmit = (call: string): boolean => call.endsWith('Jobs.create');

async function answer(state: GoogleState, call: Call, fault: Fault): Promise<Reply> {
  const lineage = dataLineage(state.journal, call);
  if (lineage) return lineage;
  const route = routeOf(call);
  if (!route) return around(state, call);
  const { denied = [], disabledServices = [] } = state.options;
  if (disabledServices.includes('aiplatform.googleapis.com')) throw disabled(route.project);
  const permission = `aiplatform.${route.collection}.${route.verb === 'generateContent' ? 'predict' : route.verb}`;
  if (denied.includes(permission)) throw forbidden(permission, `//aiplatform.googleapis.com/${route.parent}`);
  return { status: 200, body: await vertexCall(state, route, call, fault) };
}

const refusal = (error: Refusal): Reply => ({
  status: CODES[error.code].http,
  body: error.body(),
  ...(error.retryAfter === undefined ? {} : { headers: { 'retry-after': String(error.retryAfter) } }),
});

const info = (reason: string, metadata: Record<string, string> = {}): { details: object[] } => ({
  details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com', metadata }],
});

const unauthenticated = (): Refusal =>
  new Refusal(
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
    info('ACCESS_TOKEN_EXPIRED', { service: 'aiplatform.googleapis.com' }),
  );

const forbidden = (permission: string, resource: string): Refusal =>
  new Refusal(
    'PERMISSION_DENIED',
    `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`,
    info('IAM_PERMISSION_DENIED', { permission, resource }),
  );

const disabled = (project: string): Refusal =>
  new Refusal(
    'PERMISSION_DENIED',
    `Vertex AI API has not been used in project ${project} before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/aiplatform.googleapis.com/overview?project=${project} then retry.`,
    info('SERVICE_DISABLED', { service: 'aiplatform.googleapis.com', consumer: `projects/${project}` }),
  );

/** `GET creates`, `money`, `jobs`; `POST options` changes how the project behaves; `DELETE objects?kind=K&name=N`. */
function administer(state: GoogleState, call: Call, page: string): unknown {
  if (page === 'creates') return state.creates();
  if (page === 'money') return state.money();
  if (page === 'jobs') return allJobs(state).map(({ resource }) => resource);
  if (page === 'options') return Object.assign(state.options, JSON.parse(call.body.toString() || '{}'));
  if (page === 'objects' && call.method === 'DELETE') {
    state.journal.remove(call.query.get('kind') ?? '', call.query.get('name') ?? '');
    return {};
  }
  return undefined;
}

// `node test/support/google/vertex-rest.ts --folder F --port 0`: a process of its own that prints its port.
if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      port: { type: 'string', default: '0' },
      gcs: { type: 'string' },
      /** Options as JSON: those of `VertexRestOptions`. */
      options: { type: 'string', default: '{}' },
    },
  });
  if (!values.folder) throw new Error('--folder is missing');
  const { port } = await startVertexRest({
    folder: values.folder,
    port: Number(values.port),
    ...(values.gcs ? { gcs: values.gcs } : {}),
    ...(JSON.parse(values.options) as object),
  });
  console.log(JSON.stringify({ port }));
}
