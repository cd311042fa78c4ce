import { randomUUID } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll } from 'vitest';
import type { Deps } from '../../activities/step/deps.ts';
import { openLedger, type Ledger } from '../../artifacts/ledger/open.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { endpointKind } from '../../adapters/endpoint/kind.ts';
import { QUEUES } from '../../configs/presets.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { RunOptions } from '../../configs/refs.ts';
import { SEARCH_ATTRIBUTES } from '../../configs/search-attributes.ts';
import { runDocument, type RunDocument } from '../../cli/run-document.ts';
import { findRun } from '../../artifacts/ledger/runs.ts';
import { findTemporal } from '../../scripts/toolchain.js';
import { createWorkers } from '../../worker/main.ts';
import type { tune, TuneOutput } from '../../workflows/tune.ts';
import { calmWorld, fakeOutside, type World } from './fakes.ts';

export type History = temporal.api.history.v1.IHistory;

/** One local Temporal server and workers whose outside world is faked, for the tests of a file. */
export interface Bench {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly world: World;
  readonly env: TestWorkflowEnvironment;
  start(recipe: Recipe, options?: Partial<RunOptions>): Promise<{ id: string; handle: WorkflowHandle<typeof tune> }>;
  run(recipe: Recipe, options?: Partial<RunOptions>): Promise<{ output: TuneOutput; run: RunDocument }>;
  document(id: string): Promise<RunDocument>;
  /** Stops the workers and starts new ones, which know nothing but what is written down. */
  restart(): Promise<void>;
}

/**
 * Starts it before the first test and stops it after the last.
 *
 * @param changed What activities are given in place of the usual.
 * @param serverArgs Further arguments of the server.
 */
export function makeBench(
  changed: Partial<Deps> | ((ledger: Ledger, folder: string) => Partial<Deps>) = {},
  serverArgs: readonly string[] = [],
): Bench {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'anneal-workflow-')));
  const world = calmWorld();
  const outside = fakeOutside(world, folder);
  let env: TestWorkflowEnvironment;
  let ledger: Ledger;
  let stop: () => Promise<void>;

  const startWorkers = async (): Promise<void> => {
    const { tuner, generator, models } = outside;
    const { control, train } = await createWorkers(env.nativeConnection, 'default', {
      store: createFileStore(join(folder, 'store')),
      ledger,
      scratch: join(folder, 'scratch'),
      worker: 'test:1',
      tuners: { mlx: tuner },
      generator,
      models,
      writers: { endpoint: endpointKind },
      ...(typeof changed === 'function' ? changed(ledger, folder) : changed),
    });
    const running = Promise.all([control.run(), train.run()]);
    stop = async () => {
      control.shutdown();
      train.shutdown();
      await running;
    };
  };

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const path = findTemporal()?.path;
    if (!path) throw new Error('the Temporal CLI is missing: run `npm run setup`');
    const extraArgs = Object.values(SEARCH_ATTRIBUTES).flatMap(({ name }) => ['--search-attribute', `${name}=Keyword`]);
    env = await TestWorkflowEnvironment.createLocal({
      server: { executable: { type: 'existing-path', path }, extraArgs: [...extraArgs, ...serverArgs] },
    });
    ledger = await openLedger(join(folder, 'ledger.db'));
    await startWorkers();
  });
  afterAll(async () => {
    await stop();
    await env.teardown();
    await ledger.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  const bench: Bench = {
    folder,
    world,
    get env() {
      return env;
    },
    get ledger() {
      return ledger;
    },
    start: async (recipe, options = {}) => {
      const id = `${recipe.name}-${randomUUID().slice(0, 8)}`;
      const run = { id, options: RunOptions.parse(options) };
      const handle = await env.client.workflow.start<typeof tune>('tune', {
        taskQueue: QUEUES.control,
        workflowId: id,
        args: [{ run, recipe, startedBy: 'tester' }],
      });
      return { id, handle };
    },
    run: async (recipe, options) => {
      const { id, handle } = await bench.start(recipe, options);
      const output = await handle.result();
      return { output, run: await bench.document(id) };
    },
    restart: async () => {
      await stop();
      await startWorkers();
    },
    document: async (id) => {
      const row = await findRun(ledger, id);
      if (!row) throw new Error(`no run ${id}`);
      return runDocument(ledger, row, undefined);
    },
  };
  return bench;
}
