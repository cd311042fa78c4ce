import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FaultRule } from '../../test/support/google/faults.ts';
import { startGcs } from '../../test/support/google/gcs.ts';
import { BUCKET } from './training.ts';

/** What goes wrong at the vendor, by the share of calls. An answer can be lost before and after the effect. */
export const FAULTS: FaultRule[] = [
  { on: 'tuningJobs.create', lostAnswer: true, probability: 0.06 },
  { on: 'tuningJobs.create', errorAfter: 'UNAVAILABLE', probability: 0.06 },
  { on: 'tuningJobs.create', malformed: true, probability: 0.03 },
  { on: 'tuningJobs.create', error: 'UNAVAILABLE', probability: 0.06 },
  { on: 'tuningJobs.create', reset: true, probability: 0.06 },
  { on: 'tuningJobs.create', error: 'RESOURCE_EXHAUSTED', probability: 0.06 },
  { on: 'tuningJobs.create', latencyMs: 150, probability: 0.3 },
  { on: 'tuningJobs.*', error: 'UNAVAILABLE', probability: 0.03 },
  { on: 'tuningJobs.*', reset: true, probability: 0.03 },
  { on: 'tuningJobs.*', malformed: true, probability: 0.02 },
  { on: 'tuningJobs.*', latencyMs: 50, probability: 0.2 },
];

/** A folder with servers of both protocols as processes of their own. */
export interface Place {
  folder: string;
  env: Record<string, string>;
  /** What the vendor knows: `creates`, `money`, `jobs`. */
  admin<T>(page: string): Promise<T>;
  close(): Promise<void>;
}

export async function openPlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-exactly-once-'));
  const gcs = await startGcs(join(folder, 'gcs'), [BUCKET]);
  const program = fileURLToPath(new URL('../../test/support/google/vertex-rest.ts', import.meta.url));
  const options = JSON.stringify({ runningMs: 200, faults: FAULTS });
  const server: ChildProcess = spawn(
    process.execPath,
    [program, '--folder', join(folder, 'vertex'), '--gcs', gcs.url, '--options', options],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: server.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  const url = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`;
  return {
    folder,
    env: {
      STORAGE_EMULATOR_HOST: gcs.url,
      ANNEAL_VERTEX_URL: url,
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
    },
    admin: async <T>(page: string) => (await (await fetch(`${url}/_admin/${page}`)).json()) as T,
    close: async () => {
      server.kill('SIGKILL');
      await gcs.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
