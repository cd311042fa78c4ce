import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { Deps } from '../../activities/step/deps.ts';
import { openLedger, type Ledger } from '../../artifacts/ledger/open.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { simulatedOutside, type Learner } from '../../test/support/simulated.ts';
import { homeAt } from '../../worker/home.ts';
import { createWorkers } from '../../worker/main.ts';
import { requireTemporal, serverArguments } from '../../worker/server.ts';
import { freePort } from '../../test/support/free-port.ts';

/** A real server with real workers, ledger and store; only trainer and generator are simulated. */
export interface Place {
  folder: string;
  ledger: Ledger;
  store: Deps['store'];
  client: Client;
  /** Id of the server's process. */
  serverPid: number;
  close(): Promise<void>;
}

/** Starts everything in a folder of its own, which is removed in the end. */
export async function openPlace(learner: Learner): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'));
  const home = homeAt(folder);
  const port = await freePort();
  const server = spawn(requireTemporal().path, serverArguments(join(folder, 'temporal.db'), port, await freePort()), {
    stdio: 'ignore',
  });
  // Also where this process is stopped in the middle.
  process.once('exit', () => server.kill('SIGKILL'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
    const address = `127.0.0.1:${port}`;
    const native = await answering(server, () => NativeConnection.connect({ address }));
    const connection = await Connection.connect({ address });
    const ledger = await openLedger(home.ledger);
    const store = createFileStore(home.store);
    const { tuner, generator, models } = simulatedOutside(folder, { learner });
    const deps: Deps = {
      store,
      ledger,
      scratch: home.scratch,
      worker: `bench:${process.pid}`,
      tuners: { mlx: tuner },
      generator,
      models,
      writers: {},
    };
    const { control, train } = await createWorkers(native, 'default', deps);
    const running = Promise.all([control.run(), train.run()]);
    return {
      folder,
      ledger,
      store,
      client: new Client({ connection }),
      serverPid: server.pid as number,
      close: async () => {
        control.shutdown();
        train.shutdown();
        await running;
        await connection.close();
        await native.close();
        await ledger.destroy();
        await end(server, folder);
      },
    };
  } catch (error) {
    await end(server, folder);
    throw error;
  }
}

async function end(server: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  if (server.exitCode === null && server.kill('SIGTERM')) await ended;
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function answering<T>(server: ChildProcess, connect: () => Promise<T>, tries = 300): Promise<T> {
  for (let left = tries; ; left -= 1) {
    try {
      return await connect();
    } catch (error) {
      if (left === 0 || server.exitCode !== null) throw error;
      await sleep(100);
    }
  }
}
