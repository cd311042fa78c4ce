import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FaultRule } from './faults.ts';
import { startGcs } from './gcs.ts';
import type { StateOptions } from './state.ts';

/** A pretended Google Cloud in processes of its own: whoever uses it may be blocked or killed. */
export interface Cloud {
  /** What leads a worker and its client libraries there. */
  env: Record<string, string>;
  /** Asks the pretended Vertex AI about itself, or tells it something. */
  admin<T>(page: string, body?: unknown): Promise<T>;
  /** What goes wrong from now on, in this order. */
  faults(...rules: FaultRule[]): Promise<void>;
  stop(): Promise<void>;
}

/** The project of it. */
export const PROJECT = 'anneal-test';

/** Starts storage and Vertex AI (REST) on loopback addresses. Needs what `noGcs` says. */
export async function startCloud(
  folder: string,
  options: Omit<StateOptions, 'folder'> = {},
  buckets: readonly string[] = [PROJECT],
): Promise<Cloud> {
  const gcs = await startGcs(join(folder, 'gcs'), buckets);
  const program = fileURLToPath(new URL('./vertex-rest.ts', import.meta.url));
  const args = ['--folder', join(folder, 'vertex'), '--gcs', gcs.url, '--options', JSON.stringify(options)];
  const server = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
  const url = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`;
  const admin = async <T>(page: string, body?: unknown): Promise<T> => {
    const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return (await fetch(`${url}/_admin/${page}`, post)).json() as Promise<T>;
  };
  return {
    env: { STORAGE_EMULATOR_HOST: gcs.url, ANNEAL_VERTEX_URL: url, GOOGLE_CLOUD_PROJECT: PROJECT },
    admin,
    faults: async (...rules) => void (await admin('faults', rules)),
    stop: async () => {
      server.kill('SIGKILL');
      await gcs.stop();
    },
  };
}
