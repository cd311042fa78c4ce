import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { terminal } from '../../configs/failure.ts';
import { LOOK_EVERY_MS } from './await.ts';
import { pauseJob, pollJob, submitJob, type JobProgram } from './job.ts';
import { isAlive, processOf } from './processes.ts';

/**
 * A server as a local job (`job.ts`): a later worker finds it by its folder, and starts it again when it has died.
 * Two files more than other jobs have:
 *
 * - `server.json` port and process, written by the program once it answers
 * - `touched`     its time says when a worker last wanted the server; the program ends when that is long ago
 */
const ServerFile = z.object({ pid: z.int(), born: z.string(), port: z.int().min(1).max(65_535) });

/**
 * Starts the server, or finds the one that runs, and waits until it answers.
 *
 * @returns its port on the loopback address.
 * @throws TerminalError with the program's own words when it cannot be started, `Cancelled` when it may not be.
 */
export async function ensureServer(
  folder: string,
  run: string,
  spec: unknown,
  program: JobProgram,
  signal: AbortSignal,
): Promise<number> {
  await submitJob(folder, run, spec, program);
  await touchServer(folder);
  for (;;) {
    signal.throwIfAborted();
    const found = await pollJob(folder, program);
    if (found.state === 'failed') throw terminal(found.error.type, found.error.message);
    if (found.state !== 'running') throw terminal('Cancelled', 'the server was cancelled with its run');
    const port = await portOf(folder);
    if (port !== undefined) return port;
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Says that the server is still wanted. */
export async function touchServer(folder: string): Promise<void> {
  const now = new Date();
  const path = join(folder, 'touched');
  await utimes(path, now, now).catch(() => writeFile(path, ''));
}

/** Ends the server; the next one who wants it starts it again. */
export async function endServer(folder: string): Promise<void> {
  await pauseJob(folder);
}

/** The port that the running server wrote down; one of a server that has died may be somebody else's by now. */
async function portOf(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, 'server.json'), 'utf8').catch(() => '');
  if (text === '') return undefined;
  const { pid, born, port } = ServerFile.parse(JSON.parse(text));
  // Elsewhere than on Linux the program cannot cheaply tell when it was born and writes "-".
  const lives = born === '-' ? processOf(pid) !== undefined : isAlive({ pid, born });
  return lives ? port : undefined;
}
