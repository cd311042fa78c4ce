import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../scripts/toolchain.js';
import { freePort } from '../../test/support/free-port.ts';
import { PROJECT, startCloud } from '../../test/support/google/cloud.ts';
import type { Aim } from '../main.ts';

const RECIPE = join(root, 'examples/support-triage/recipe.yaml');
const FAR = ['--set', 'tune.provider=vertex', '--set', `store=gs://${PROJECT}/artifacts`];
/** Runs after the first, all of them done anew: what they leave behind would show. */
const MORE_RUNS = 4;
/** What a worker does most of the time: it waits, here for so many ms. */
const WAIT_MS = 20_000;
/** MiB that a worker may take while it works with Vertex AI. */
const MOST = 250;

/** Memory that a worker's process keeps (resident, MiB): idle, and after runs at a pretended Vertex AI. Linux only. */
export async function memory(): Promise<Aim[]> {
  if (!existsSync('/proc/self/status')) throw new Error('memory is read from /proc, which this machine does not have');
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-memory-'));
  const cloud = await startCloud(folder);
  const home = join(folder, 'home');
  const env = { ...process.env, ...cloud.env, ANNEAL_HOME: home, ANNEAL_POLL_MS: '200' };
  const port = String(await freePort());
  const anneal = async (...args: string[]): Promise<string> => {
    const child = spawn(process.execPath, [join(root, 'bin', 'anneal'), ...args], {
      env: { ...env, ANNEAL_TEMPORAL_PORT: port },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number]>]);
    if (code !== 0) throw new Error(`anneal ${args.join(' ')} ended with ${code}`);
    return said;
  };
  try {
    await anneal('up');
    const status = JSON.parse(await anneal('status', '--json')) as { workers: { pid: number }[] };
    const pid = status.workers[0]?.pid as number;
    const idle = resident(pid);
    await anneal('run', RECIPE, ...FAR);
    const used = resident(pid);
    for (let more = 0; more < MORE_RUNS; more += 1) await anneal('run', RECIPE, ...FAR, '--no-cache');
    const later = resident(pid);
    await sleep(WAIT_MS);
    const waiting = resident(pid);
    const aim = (name: string, value: number): Aim => ({ name, value, aim: MOST, ok: value <= MOST });
    return [
      aim('worker that has done nothing yet, MiB', idle),
      aim('after a run at Vertex AI, MiB', used),
      aim(`after ${MORE_RUNS} more, MiB`, later),
      aim(`${WAIT_MS / 1000} s after these, as while a job at the vendor goes on, MiB`, waiting),
    ];
  } finally {
    await anneal('down').catch(() => undefined);
    await cloud.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function resident(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib) / 1024);
}
