import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomic } from '../../artifacts/files.ts';
import { freeBytes } from '../../artifacts/store.ts';
import type { RecordedError } from '../../artifacts/ledger/runs.ts';
import { failpoint } from '../../configs/failpoint.ts';
import { terminal } from '../../configs/failure.ts';
import type { JobProgress } from '../../configs/progress.ts';
import type { JobState } from '../contracts.ts';
import { readLog, readProgress, readText, type ProgressLine } from './job-output.ts';
import { endGroup, isAlive, processOf, type ProcessRef } from './processes.ts';

/**
 * A job is a folder and at most one detached process that works in it, the leader of its own group, which
 * outlives the worker that started it. The folder tells all:
 *
 * - `job.json`       what to start, and for which run
 * - `spec.json`      the order, read by the program
 * - `lock`           held by the program while it runs (flock); holds its process number and birth
 * - `starts.jsonl`   one line for each time the program was started
 * - `progress.jsonl` one line an event, written by the program
 * - `log.txt`        its output
 * - `output/`, then `result.json`, written last: the job is done
 * - `cancelled`      the job is not to be started again
 */
export interface JobProgram {
  command: string;
  /** Arguments before `--job FOLDER`. */
  args: string[];
  env: Record<string, string>;
}

const JobFile = z.object({ run: z.string(), command: z.string(), args: z.array(z.string()) });

/** Crashes in a row, without getting any further between them, after which a job counts as failed. */
const MAX_CRASHES = 5;
/** Free bytes below which a program is not started. */
const ROOM_BYTES = 4 * 2 ** 20;
/** Errors of a program that starting it again cannot mend. */
const FINAL_ERRORS = [
  'BadSpec',
  'BadModel',
  'BadData',
  'StartMismatch',
  'OutOfMemory',
  'DiskFull',
  'NotAvailable',
  'NoPermission',
  'NoResult',
];
/** Most characters of what a program says about its failure. */
const MESSAGE_CHARACTERS = 2000;
/** How long a program may take to write a checkpoint after SIGTERM, in ms. */
export const CANCEL_GRACE_MS = 3000;

/**
 * Writes the order down. The first `pollJob` starts the program, so that orders can wait for a free machine;
 * an order that was written before stays as it is.
 */
export async function submitJob(folder: string, run: string, spec: unknown, program: JobProgram): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (!(await has(folder, 'spec.json'))) await writeAtomic(join(folder, 'spec.json'), JSON.stringify(spec));
  failpoint('job.spec');
  if (!(await has(folder, 'job.json'))) {
    await writeAtomic(join(folder, 'job.json'), JSON.stringify({ run, command: program.command, args: program.args }));
  }
  failpoint('job.ordered');
}

/**
 * State of the job. A program that does not run is started: the first time, and again after it was killed, when
 * it goes on from its last checkpoint. One that keeps dying without getting any further has failed.
 *
 * @throws TerminalError `NoSuchJob` when nothing was ordered there.
 */
export async function pollJob(folder: string, program: JobProgram): Promise<JobState> {
  if (await has(folder, 'result.json')) return { state: 'succeeded' };
  if (await has(folder, 'cancelled')) return { state: 'cancelled' };
  const running = await runningProcess(folder);
  // Read after the look at the process: what one that has ended wrote last is then among them.
  const events = await readProgress(folder);
  if (running) return { state: 'running', progress: progressOf(events) };
  // It may have finished between the two looks.
  if (await has(folder, 'result.json')) return { state: 'succeeded' };
  const last = events.at(-1);
  if (last?.event === 'error' && FINAL_ERRORS.includes(last.type ?? '')) {
    return { state: 'failed', error: { type: last.type as string, message: shortened(last.message) } };
  }
  if (!(await has(folder, 'job.json')))
    throw terminal('NoSuchJob', `there is no job in ${folder}: its folder was removed, start the run again`);
  // Without room it could write neither its work nor why it failed. Not final: asked again until there is room.
  if ((await freeBytes(folder)) < ROOM_BYTES) {
    throw new Error(
      `no space left for the job ${folder}: free some (\`anneal gc\` shows what can go), then it goes on`,
    );
  }
  if ((await startsWithoutProgress(folder, events)) >= MAX_CRASHES)
    return { state: 'failed', error: await crashError(folder, last) };
  start(folder, program);
  failpoint('job.started');
  // Cancelled since the look above: `cancelJob` has found nothing to end.
  if (await has(folder, 'cancelled')) {
    await cancelJob(folder);
    return { state: 'cancelled' };
  }
  return { state: 'running', progress: progressOf(events) };
}

/** Stops the program with everything it started, and sees to it that it stays stopped. */
export async function cancelJob(folder: string): Promise<void> {
  if (!(await has(folder, 'job.json'))) return;
  if (!(await has(folder, 'result.json'))) await writeAtomic(join(folder, 'cancelled'), new Date().toISOString());
  const running = await runningProcess(folder);
  if (running) await endGroup(running, CANCEL_GRACE_MS);
}

/** Ends the program but leaves the job to be taken up again from its last checkpoint. */
export async function pauseJob(folder: string): Promise<void> {
  const running = await runningProcess(folder);
  if (running) await endGroup(running, CANCEL_GRACE_MS);
}

/** Jobs whose program is running now, below a folder of job folders. */
export async function runningJobs(jobs: string): Promise<{ pid: number; run: string; folder: string }[]> {
  const names = await readdir(jobs).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const folder = join(jobs, name);
      const running = await runningProcess(folder);
      const job = running && JobFile.safeParse(JSON.parse((await readText(join(folder, 'job.json'))) || 'null'));
      return running && job?.success ? [{ pid: running.pid, run: job.data.run, folder }] : [];
    }),
  );
  return found.flat();
}

function start(folder: string, { command, args, env }: JobProgram): void {
  const log = openSync(join(folder, 'log.txt'), 'a');
  const child = spawn(command, [...args, '--job', folder], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: folder,
    env: { ...process.env, ...env },
  });
  // A command that cannot be started shows as a crash in the next poll, with the reason in the log.
  child.on('error', (error) => appendFileSync(join(folder, 'log.txt'), `cannot start ${command}: ${error.message}\n`));
  const ref = child.pid === undefined ? { pid: 0, born: '-' } : (processOf(child.pid) ?? { pid: child.pid, born: '-' });
  appendFileSync(join(folder, 'starts.jsonl'), `\n${JSON.stringify({ ...ref, at: new Date().toISOString() })}`);
  child.unref();
  closeSync(log);
}

/**
 * The process that works in the folder: the one that holds its lock, or one just started that has not taken
 * it yet. A second program finds the lock held and ends at once, so at worst it is started in vain.
 */
async function runningProcess(folder: string): Promise<ProcessRef | undefined> {
  const [pid, born] = (await readText(join(folder, 'lock'))).trim().split(/\s+/);
  const holder = pid !== undefined && /^\d+$/.test(pid) ? processOf(Number(pid)) : undefined;
  // Elsewhere than on Linux the program cannot cheaply tell when it was born and writes "-".
  if (holder && (born === '-' || holder.born === born)) return holder;
  // Not only the latest: of two that were started at once, the second has ended in vain and the first works.
  return (await readStarts(folder)).findLast(isAlive);
}

const Start = z.object({ pid: z.int(), born: z.string(), at: z.string() });

async function readStarts(folder: string): Promise<z.infer<typeof Start>[]> {
  return (await readText(join(folder, 'starts.jsonl'))).split('\n').flatMap((line) => {
    try {
      return [Start.parse(JSON.parse(line))];
    } catch {
      return []; // torn by a crash
    }
  });
}

function progressOf(events: ProgressLine[]): JobProgress | undefined {
  const last = events.findLast(({ event, step }) => (event === 'step' || event === 'start') && step !== undefined);
  if (!last) return undefined;
  return {
    step: last.step ?? 0,
    steps: last.steps ?? 0,
    ...(last.loss == null ? {} : { loss: last.loss }),
    ...(last.tokensPerSecond == null ? {} : { tokensPerSecond: last.tokensPerSecond }),
    ...(last.etaSeconds == null ? {} : { etaSeconds: last.etaSeconds }),
  };
}

/** Starts since the program last kept something: a checkpoint, or a beginning further on than all before. */
async function startsWithoutProgress(folder: string, events: ProgressLine[]): Promise<number> {
  let furthest = 0;
  let kept = 0;
  for (const { event, step = 0, at = '' } of events) {
    if (event === 'checkpoint' || (event === 'start' && step > furthest)) kept = Date.parse(at) || kept;
    if (event === 'start') furthest = Math.max(furthest, step);
  }
  return (await readStarts(folder)).filter(({ at }) => Date.parse(at) > kept).length;
}

const shortened = (message = 'no message'): string =>
  message.length > MESSAGE_CHARACTERS ? `${message.slice(0, MESSAGE_CHARACTERS)}…` : message;

async function crashError(folder: string, last: ProgressLine | undefined): Promise<RecordedError> {
  const tail = await readLog(folder, 5);
  const said = last?.event === 'error' ? `${shortened(last.message)} ` : '';
  return {
    type: last?.type ?? 'Crashed',
    message: `${said}The program ended ${MAX_CRASHES} times without getting further; its log ${join(folder, 'log.txt')} ends: ${tail || '(nothing)'}`,
  };
}

async function has(folder: string, name: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [] as string[])).includes(name);
}

/** Removes a job's folder, or only what an ended job no longer needs. */
export async function clearJob(folder: string, what: 'checkpoints' | 'all'): Promise<void> {
  await rm(what === 'all' ? folder : join(folder, 'checkpoints'), { recursive: true, force: true });
}
