import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { root } from '../../../scripts/toolchain.js';
import { Refusal } from './errors.ts';
import { FaultPlan, type FaultRule } from './faults.ts';
import { endpointService } from './grpc/endpoints.ts';
import { metadataService } from './grpc/metadata.ts';
import { modelService, type ModelRow } from './grpc/models.ts';
import { Operations } from './grpc/operations.ts';
import { takeOver } from './grpc/shared.ts';
import type { Message } from './grpc/rules.ts';
import { tuningService } from './grpc/tuning.ts';
import { Journal } from './journal.ts';
import { canonical } from './state.ts';

/** Where the state lies, where to listen, and what goes wrong. */
export interface VertexGrpcOptions {
  /** Folder of the state, which outlives the server; others may share it. Default: a new one. */
  folder?: string;
  /** 0 or left out: any free port. */
  port?: number;
  faults?: readonly FaultRule[];
  /** How long an operation takes, in ms. @default 20 */
  operationMs?: number;
}

/** A server that speaks the gRPC protocol of Vertex AI. */
export interface VertexGrpc {
  port: number;
  /** For ANNEAL_VERTEX_GRPC. */
  address: string;
  faults: FaultPlan;
  operations: Operations;
  journal: Journal;
  /** How often a call did its work, over all lives of the folder, e.g. `CreateArtifact`. */
  count(call: string): number;
  /** How often a call came in this life of the server, also one that only reads. */
  asked(call: string): number;
  /** How often anything was made or changed. */
  writes(): number;
  /** Puts a tuned model there as a tuning job leaves it: version 1, without a container. Gives `…/models/ID@1`. */
  putTuned(parent: string, id: string, labels?: Record<string, string>): string;
  stop(): Promise<void>;
}

const PROTOS = ['@google-cloud/aiplatform', 'google-gax'].map((name) =>
  join(root, 'node_modules', name, 'build', 'protos'),
);
const FILES = ['model_service', 'endpoint_service', 'metadata_service', 'genai_tuning_service'].map(
  (name) => `google/cloud/aiplatform/v1/${name}.proto`,
);

/** The services of Vertex AI as Google's own files declare them. */
const protocol = () =>
  loadSync([...FILES, 'google/longrunning/operations.proto'], {
    includeDirs: PROTOS,
    keepCase: false,
    longs: String,
    enums: String,
    defaults: false,
    oneofs: true,
  });

/** Asks the server by a plain client, which takes a tenth of the time that the library's takes to load. */
export async function askVertex<Answer>(
  { address }: Pick<VertexGrpc, 'address'>,
  service: string,
  method: string,
  request: Message,
): Promise<Answer> {
  const Client = grpc.makeGenericClientConstructor(
    protocol()[`google.cloud.aiplatform.v1.${service}`] as grpc.ServiceDefinition,
    service,
  );
  const client = new Client(address, grpc.credentials.createInsecure());
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const call = client[method] as (request: Message, done: (error: Error | null, answer: Answer) => void) => void;
      call.call(client, request, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  } finally {
    client.close();
  }
}

/** Starts it; resolves when it listens. Calls are the names of the methods, such as `UploadModel`, also for faults. */
export async function startVertexGrpc(options: VertexGrpcOptions = {}): Promise<VertexGrpc> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'vertex-grpc-'));
  const journal = new Journal(folder, 'grpc.jsonl');
  const shared = new Journal(folder);
  const faults = new FaultPlan(options.faults);
  const operations = new Operations(journal, options.operationMs ?? 20);
  const definition = protocol();
  const asked = new Map<string, number>();
  const services: Record<string, Record<string, (request: Message) => Message>> = {
    'google.cloud.aiplatform.v1.ModelService': modelService(journal, operations),
    'google.cloud.aiplatform.v1.EndpointService': endpointService(journal, operations),
    'google.cloud.aiplatform.v1.MetadataService': metadataService(journal, operations),
    'google.cloud.aiplatform.v1.GenAiTuningService': tuningService(journal, shared),
    'google.longrunning.Operations': operations.handlers,
  };
  const server = new grpc.Server();
  for (const [service, handlers] of Object.entries(services)) {
    const methods = definition[service] as grpc.ServiceDefinition;
    server.addService(
      methods,
      Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name, serve(name, handler)])),
    );
  }

  /** One call: what goes wrong, then the work, then what goes wrong with the answer. */
  function serve(name: string, handler: (request: Message) => Message): grpc.handleUnaryCall<Message, Message> {
    const answer = async (request: Message): Promise<Message | 'never'> => {
      asked.set(name, (asked.get(name) ?? 0) + 1);
      const fault = faults.next(name);
      if (fault.latencyMs) await sleep(fault.latencyMs);
      if (fault.error) throw new Refusal(fault.error, fault.message ?? `the server says ${fault.error}`);
      takeOver(journal, shared);
      operations.settle();
      const made = handler(numbered(request) as Message);
      if (!name.startsWith('Get') && !name.startsWith('List') && !name.startsWith('Query'))
        journal.put('count', name, (journal.get<number>('count', name) ?? 0) + 1);
      if (fault.hang) return 'never';
      if (fault.lostAnswer) throw new Refusal('UNAVAILABLE', 'the connection ended without an answer');
      if (fault.errorAfter) throw new Refusal(fault.errorAfter, fault.message ?? `the server says ${fault.errorAfter}`);
      return made;
    };
    return (call, callback) => {
      answer(call.request).then(
        (made) => void (made === 'never' || callback(null, made)),
        (error: unknown) => callback(statusOf(error)),
      );
    };
  }

  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${options.port ?? 0}`, grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    address: `127.0.0.1:${port}`,
    faults,
    operations,
    journal,
    count: (call) => journal.get<number>('count', call) ?? 0,
    asked: (call) => asked.get(call) ?? 0,
    writes: () => journal.all<number>('count').reduce((sum, [, times]) => sum + times, 0),
    putTuned: (parent, id, labels = {}) => {
      const now = new Date().toISOString();
      const name = canonical(`${parent}/models/${id}`);
      journal.put('model', name, tunedModel(name, id, labels, now));
      return `${name}@1`;
    },
    stop: async () => server.forceShutdown(),
  };
}

/** The service knows projects by their numbers: names that are sent with an id come back with the number. */
function numbered(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('projects/') ? canonical(value) : value;
  if (Array.isArray(value)) return value.map(numbered);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, numbered(inner)]));
}

function tunedModel(name: string, displayName: string, labels: Record<string, string>, createdAt: string): ModelRow {
  const version = {
    versionId: '1',
    versionAliases: ['default'],
    versionDescription: '',
    labels: {},
    createdAt,
    updatedAt: createdAt,
    rest: { baseModelSource: { genieSource: { baseModelUri: 'publishers/google/models/gemini-2.5-flash-lite' } } },
  };
  return { name, displayName, description: '', labels, etag: 'AAAA', createdAt, versions: [version] };
}

function statusOf(error: unknown): Partial<grpc.StatusObject> {
  if (!(error instanceof Refusal)) return { code: grpc.status.INTERNAL, details: String(error) };
  const metadata = new grpc.Metadata();
  if (error.retryAfter !== undefined) metadata.set('retry-after', String(error.retryAfter));
  return { code: grpc.status[error.code], details: error.message, metadata };
}

// `node test/support/google/vertex-grpc.ts --folder F --port 0`: a process of its own that prints its port.
if (import.meta.main) {
  const { values } = parseArgs({
    options: { folder: { type: 'string' }, port: { type: 'string' }, faults: { type: 'string' } },
  });
  const { port } = await startVertexGrpc({
    ...(values.folder === undefined ? {} : { folder: values.folder }),
    port: Number(values.port ?? 0),
    ...(values.faults === undefined ? {} : { faults: JSON.parse(readFileSync(values.faults, 'utf8')) as FaultRule[] }),
  });
  console.log(JSON.stringify({ port }));
}
