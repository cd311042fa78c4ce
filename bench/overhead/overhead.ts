import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { z } from 'zod';
import { defineStep, type Step } from '../../activities/step/define.ts';
import type { Deps } from '../../activities/step/deps.ts';
import { QUEUES } from '../../configs/presets.ts';
import { findTemporal, root } from '../../scripts/toolchain.js';
import { homeAt } from '../../worker/home.ts';
import { localDeps } from '../../worker/main.ts';
import { serverArguments } from '../../worker/server.ts';
import type { Aim } from '../main.ts';
import { freePort } from '../../test/support/free-port.ts';

const STEPS = 100;
const ROUNDS = 9;

const Params = z.strictObject({ number: z.int() });

/** An activity and a step that do nothing. */
export function createBenchActivities(deps: Deps): {
  nothing(number: number): Promise<number>;
  noop: Step<z.infer<typeof Params>>;
} {
  return {
    nothing: async (number) => number,
    noop: defineStep(deps, { name: 'noop', version: '1', params: Params, run: async () => ({ outputs: {} }) }),
  };
}

/** What a step costs beside a raw activity, what a run costs in which nothing changed, and how long the CLI takes. */
export async function overhead(): Promise<Aim[]> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'));
  try {
    const { ratio, steps } = await chains(folder);
    const help = await seconds('--help');
    const check = await seconds('check', 'examples/support-triage/recipe.yaml');
    const again = await secondRun(folder);
    return [
      aim('a step beside a raw activity, times', ratio, 1.2),
      aim('a step, ms', steps, 12),
      aim('the same recipe again, s', again, 2),
      aim('anneal --help, s', help, 0.15),
      aim('anneal check on the example, s', check, 1),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const aim = (name: string, value: number, atMost: number): Aim => ({
  name,
  value: +value.toFixed(3),
  aim: atMost,
  ok: value <= atMost,
});

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/**
 * Milliseconds of a step, and how many times that of a raw activity, measured in turns on one server with one
 * worker. Medians over the rounds; each round compares with its neighbour, so that a machine that gets slower or
 * faster meanwhile does both alike.
 */
async function chains(folder: string): Promise<{ ratio: number; steps: number }> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const port = await freePort();
  const temporal = findTemporal();
  if (!temporal) throw new Error('the Temporal CLI is missing: run `npm run setup`');
  const server = spawn(temporal.path, serverArguments(join(folder, 'temporal.db'), port, await freePort()), {
    stdio: 'ignore',
  });
  try {
    const address = `127.0.0.1:${port}`;
    const connection = await retry(() => NativeConnection.connect({ address }));
    const client = new Client({ connection: await Connection.connect({ address }) });
    const workflowsPath = fileURLToPath(new URL('./workflows.ts', import.meta.url));
    const deps = await localDeps(homeAt(join(folder, 'chains')));
    const worker = await Worker.create({
      connection,
      taskQueue: QUEUES.control,
      workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }),
      activities: createBenchActivities(deps),
    });
    return await worker.runUntil(async () => {
      let round = 0;
      const once = async (type: 'rawChain' | 'stepChain'): Promise<number> => {
        round += 1;
        const id = `${type}-${round}`;
        const run = { id, options: { refresh: [], noCache: true } };
        const started = performance.now();
        await client.workflow.execute(type, {
          taskQueue: QUEUES.control,
          workflowId: id,
          args: type === 'rawChain' ? [STEPS] : [run, STEPS],
        });
        return (performance.now() - started) / STEPS;
      };
      await once('rawChain');
      await once('stepChain');
      const raw: number[] = [];
      const steps: number[] = [];
      for (let i = 0; i < ROUNDS; i += 1) {
        raw.push(await once('rawChain'));
        steps.push(await once('stepChain'));
        process.stderr.write(
          `round ${i + 1} of ${ROUNDS}: raw ${raw.at(-1)?.toFixed(2)} ms, step ${steps.at(-1)?.toFixed(2)} ms\n`,
        );
      }
      await deps.ledger.destroy();
      return { ratio: median(steps.map((ms, i) => ms / (raw[i] as number))), steps: median(steps) };
    });
  } finally {
    server.kill('SIGTERM');
  }
}

/** Seconds of a whole command of the CLI, the median of five. */
async function seconds(...args: string[]): Promise<number> {
  const times = Array.from({ length: ROUNDS }, () => timed({}, ...args));
  return median(times);
}

function timed(env: Record<string, string>, ...args: string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(join(root, 'bin', 'anneal'), args, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`anneal ${args.join(' ')} ended with ${status}: ${stderr}`);
  return (performance.now() - started) / 1000;
}

/** Seconds of `anneal run` on the example when nothing changed, with server and worker up. */
async function secondRun(folder: string): Promise<number> {
  const env = { ANNEAL_HOME: join(folder, 'home'), ANNEAL_TEMPORAL_PORT: String(await freePort()) };
  const recipe = 'examples/support-triage/recipe.yaml';
  try {
    process.stderr.write('the first run of the example, which trains\n');
    timed(env, 'run', recipe, '--json');
    return median(Array.from({ length: ROUNDS }, () => timed(env, 'run', recipe, '--json')));
  } finally {
    timed(env, 'down');
  }
}

async function retry<T>(work: () => Promise<T>, tries = 100): Promise<T> {
  for (let left = tries; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (left === 0) throw error;
      await sleep(100);
    }
  }
}
