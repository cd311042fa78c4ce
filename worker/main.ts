import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { msToTs } from '@temporalio/common/lib/time.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import type { Deps } from '../activities/step/deps.ts';
import { endpointEmbedder } from '../adapters/endpoint/embedder.ts';
import { endpointKind } from '../adapters/endpoint/kind.ts';
import { mlxKind } from '../adapters/mlx/writer-kind.ts';
import { createModels } from '../adapters/mlx/models.ts';
import { createMlxGenerator } from '../adapters/mlx/generator.ts';
import { createOpenAiGenerator } from '../adapters/openai/generator.ts';
import { createVertexGenerator } from '../adapters/vertex/generator.ts';
import { vertexWriterKind } from '../adapters/vertex/writer-kind.ts';
import { notifierKinds } from '../adapters/notify/kinds.ts';
import { processOf } from '../adapters/local/processes.ts';
import { openLedger } from '../artifacts/ledger/open.ts';
import { QUEUES } from '../configs/presets.ts';
import { SEARCH_ATTRIBUTES } from '../configs/search-attributes.ts';
import { workflowBundle } from './bundle.ts';
import { workerCodeVersion } from './code-version.ts';
import { connectionOptions, findAddress, type Address } from './connect.ts';
import { farFiles, settingsIn } from './far.ts';
import { WORKER_ENVIRONMENT } from './flags.ts';
import { findHome, type Home } from './home.ts';
import { googleMirroring } from './mirroring.ts';
import { openShelfStore } from './shelf-store.ts';
import { writePart } from './state.ts';
import { tunersOf } from './tuners.ts';

/** Kinds of generator for synthesis. Each is only ever given the settings of its own kind. */
const writerKinds = (at: { jobs: string }): Deps['writers'] => ({
  endpoint: endpointKind,
  vertex: vertexWriterKind,
  mlx: mlxKind(at),
});

/** What a worker on this machine works with. */
export async function localDeps(home: Home): Promise<Deps> {
  const at = { jobs: home.jobs };
  const ledger = await openLedger(home.ledger);
  return {
    store: openShelfStore(home, ledger),
    ledger,
    scratch: home.scratch,
    worker: `${hostname()}:${process.pid}`,
    tuners: tunersOf({ ledger, jobs: home.jobs }),
    generator: createMlxGenerator(at),
    generators: { vertex: createVertexGenerator({ ...at, batches: { ledger } }), openai: createOpenAiGenerator(at) },
    models: createModels(at),
    far: (recipe) => farFiles(home, settingsIn(recipe)),
    writers: writerKinds(at),
    embedder: endpointEmbedder,
    notifiers: notifierKinds(ledger) as Deps['notifiers'] & object,
    mirroring: googleMirroring(home),
  };
}

/**
 * Workers for both queues: one for workflows and short steps, one for what takes the whole machine, in which one
 * step runs at a time.
 */
export async function createWorkers(
  connection: NativeConnection,
  namespace: string,
  deps: Deps,
): Promise<{ control: Worker; train: Worker }> {
  const activities = createActivities(deps);
  const common = {
    connection,
    namespace,
    // Jobs go on without their worker and are found again, so there is little to wait for.
    shutdownGraceTime: '2s',
    shutdownForceTime: '20s',
    maxHeartbeatThrottleInterval: '1s',
  } as const;
  const control = await Worker.create({
    ...common,
    taskQueue: QUEUES.control,
    workflowBundle: { codePath: await workflowBundle() },
    activities: activities.control,
    // Most of them wait for a disk or a generator; slow generators of a few runs must not hold up the others.
    maxConcurrentActivityTaskExecutions: 32,
  });
  const train = await Worker.create({
    ...common,
    taskQueue: QUEUES.train,
    activities: activities.train,
    maxConcurrentActivityTaskExecutions: 1,
  });
  return { control, train };
}

/** A worker process. Ends on SIGTERM after two seconds of grace. */
export async function runWorker(home: Home, at: Address): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const [connection, deps] = await Promise.all([
    NativeConnection.connect(await connectionOptions(at)),
    localDeps(home),
  ]);
  if (at.isLocal) await keepFinishedRuns(connection, at.namespace);
  else await addSearchAttributes(connection, at.namespace);
  const { control, train } = await createWorkers(connection, at.namespace, deps);
  const self = processOf(process.pid);
  if (self) {
    const queues = Object.values(QUEUES);
    await writePart(home, 'worker', { ...self, queues, code: workerCodeVersion(), address: at.address });
  }
  try {
    await Promise.all([control.run(), train.run()]);
  } finally {
    await connection.close();
    await deps.ledger.destroy();
  }
}

/** How long the local server shows finished workflows, in days. Its default of one would end the links of last week's runs. */
const RETENTION_DAYS = 90;

async function keepFinishedRuns(connection: NativeConnection, namespace: string): Promise<void> {
  const workflowExecutionRetentionTtl = msToTs(RETENTION_DAYS * 86_400_000);
  await connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
}

/** The local server is started with them; another one may have them already, or not let us add them. */
async function addSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const KEYWORD = 2;
  const searchAttributes = Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map(({ name }) => [name, KEYWORD]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes }).catch((error: unknown) => {
    if (!/already exist/i.test(String(error))) {
      console.error(
        `search attributes ${Object.keys(searchAttributes).join(', ')} could not be added (${String(error)}): add them as keywords by hand if workflows fail for want of them`,
      );
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, value] of Object.entries(WORKER_ENVIRONMENT))
    if (process.env[name] === value) delete process.env[name];
  const home = findHome();
  const at = await findAddress(home);
  if (!at) throw new Error('no Temporal server: run `anneal up`, or set TEMPORAL_ADDRESS');
  await runWorker(home, at);
}
