import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endGroup, isAlive, signalGroup } from '../adapters/local/processes.ts';
import { runningJobs } from '../adapters/local/job.ts';
import { withLock } from '../artifacts/lock.ts';
import { terminal } from '../configs/failure.ts';
import { startInBackground } from './background.ts';
import { workerCodeVersion } from './code-version.ts';
import { findAddress, isRemote, type Address } from './connect.ts';
import type { Home } from './home.ts';
import { lastPart, runningPart } from './state.ts';

/** How long everything may take to come up, in ms; the first worker after a change of code bundles the workflows. */
const UP_TIMEOUT = 90_000;
const DOWN_TIMEOUT = 40_000;

export interface Status {
  temporal: { pid: number | null; address: string; uiUrl: string | null } | null;
  workers: { pid: number; queues: string[] }[];
  trainer: { pid: number; run: string }[];
}

/** Brings up whatever is not running: supervisor, Temporal server, worker with today's code. Safe to call at any time. */
export async function ensureUp(home: Home, tell: (message: string) => void): Promise<Address> {
  const code = workerCodeVersion();
  const ready = await readyAddress(home, code);
  if (ready && runningPart(home, 'supervisor')?.code === code) return ready;
  return withLock(
    join(home.server, 'up.lock'),
    UP_TIMEOUT,
    async () => {
      const supervisor = runningPart(home, 'supervisor');
      if (supervisor && supervisor.code !== code) {
        tell('the code has changed: replacing the worker');
        process.kill(supervisor.pid, 'SIGUSR2');
        while (isAlive(supervisor)) await sleep(20);
      }
      const log = join(home.logs, 'supervisor.log');
      const current = runningPart(home, 'supervisor') ?? startSupervisor(home, log);
      tell(isRemote() ? 'starting a worker' : 'starting the local Temporal server and a worker');
      for (const deadline = Date.now() + UP_TIMEOUT; Date.now() < deadline; await sleep(50)) {
        const at = await readyAddress(home, code);
        if (at) return at;
        if (!isAlive(current))
          throw terminal('NotUp', `the background process ended: ${await lastLine(log)} (log: ${log})`);
      }
      throw terminal(
        'NotUp',
        `the Temporal server and worker are not up after ${UP_TIMEOUT / 1000} s: ${await lastLine(log)} (logs: ${home.logs})`,
      );
    },
    () => tell('another process is starting them; waiting'),
  );
}

/** Ends worker, trainers (after a checkpoint) and local server; runs go on when they are up again. */
export async function bringDown(home: Home): Promise<{ stopped: boolean }> {
  return withLock(join(home.server, 'up.lock'), UP_TIMEOUT, async () => {
    const supervisor = runningPart(home, 'supervisor');
    if (supervisor) {
      process.kill(supervisor.pid, 'SIGTERM');
      for (const deadline = Date.now() + DOWN_TIMEOUT; isAlive(supervisor) && Date.now() < deadline;) await sleep(50);
      if (isAlive(supervisor)) signalGroup(supervisor.pid, 'SIGKILL');
    }
    // What a killed supervisor left behind.
    let stopped = Boolean(supervisor);
    for (const part of ['worker', 'server'] as const) {
      const left = runningPart(home, part);
      if (!left) continue;
      await endGroup(left, 5000);
      stopped = true;
    }
    return { stopped };
  });
}

/** Whether the supervisor was killed, rather than told to stop: then nobody starts server and worker again. */
export function hasCrashed(home: Home): boolean {
  return lastPart(home, 'supervisor') !== undefined && !runningPart(home, 'supervisor');
}

/** What runs now. */
export async function readStatus(home: Home): Promise<Status> {
  const server = runningPart(home, 'server');
  const worker = runningPart(home, 'worker');
  const at = isRemote() ? await findAddress(home) : undefined;
  return {
    temporal: at
      ? { pid: null, address: at.address, uiUrl: at.uiUrl ?? null }
      : server
        ? { pid: server.pid, address: server.address, uiUrl: server.uiUrl }
        : null,
    workers: worker ? [{ pid: worker.pid, queues: worker.queues }] : [],
    trainer: (await runningJobs(home.jobs)).map(({ pid, run }) => ({ pid, run })),
  };
}

/** The server's address when server and worker are up and the worker runs today's code. */
async function readyAddress(home: Home, code: string): Promise<Address | undefined> {
  if (!isRemote() && !runningPart(home, 'server')) return undefined;
  const at = await findAddress(home);
  const worker = runningPart(home, 'worker');
  return at && worker?.code === code && worker.address === at.address ? at : undefined;
}

function startSupervisor(home: Home, log: string): { pid: number; born: string } {
  const main = fileURLToPath(new URL('./supervisor.ts', import.meta.url));
  return startInBackground(process.execPath, [main], log, { ...process.env, ANNEAL_HOME: home.root });
}

async function lastLine(log: string): Promise<string> {
  return (await readFile(log, 'utf8').catch(() => '')).trimEnd().split('\n').at(-1) || 'no reason was logged';
}
