import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { clearJob, pollJob, runningJobs, submitJob, type JobProgram } from '../../../adapters/local/job.ts';
import { readProgress } from '../../../adapters/local/job-output.ts';
import { endGroup, processOf } from '../../../adapters/local/processes.ts';
import type { JobState } from '../../../adapters/contracts.ts';
import { emptyFolder, folderWith } from './folder.ts';
import { until } from './program.ts';

/** What the fake program is told in `spec.json`. */
export interface FakeSpec {
  steps: number;
  stepMs?: number;
  checkpointEvery?: number;
  /** Kills itself at this step after its beginning, the first so many times. */
  dieAfter?: number;
  dieTimes?: number;
  /** Goes on from the last step done, but never reports a checkpoint. */
  silent?: boolean;
  error?: { type: string; message: string };
  /** Starts a child that ignores SIGTERM. */
  child?: boolean;
  ignoreTerm?: boolean;
  /** Holds its lock but does not write into it who it is. */
  anonymous?: boolean;
}

/** A program that keeps to the folder protocol of `adapters/local/job.ts`, as the Python programs do. */
const SCRIPT = `
const fs = require('node:fs');
const { join } = require('node:path');
const { spawn } = require('node:child_process');
const folder = process.argv[process.argv.indexOf('--job') + 1];
const at = (name) => join(folder, name);
const read = (name) => { try { return fs.readFileSync(at(name), 'utf8'); } catch { return ''; } };
const bornOf = (pid) => {
  try {
    const text = fs.readFileSync('/proc/' + pid + '/stat', 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'gone' : fields[19]; // one that has ended holds no lock any more
  } catch { return process.platform === 'linux' ? 'gone' : '-'; }
};
const event = (name, fields) => fs.appendFileSync(at('progress.jsonl'),
  JSON.stringify({ event: name, at: new Date().toISOString(), ...fields }) + '\\n');
// The folder's exclusion (flock in the Python programs): a hard link that only one can make.
const own = at('held.' + process.pid);
fs.writeFileSync(own, process.pid + ' ' + bornOf(process.pid));
process.on('exit', () => fs.rmSync(own, { force: true }));
for (;;) {
  try { fs.linkSync(own, at('held')); break; } catch {
    const [pid, born] = read('held').split(' ');
    if (pid && bornOf(pid) === born) { console.log('Another process works on it.'); process.exit(75); }
    fs.rmSync(at('held'), { force: true });
  }
}
const spec = JSON.parse(read('spec.json'));
fs.writeFileSync(at('lock'), spec.anonymous ? '' : process.pid + ' ' + (process.platform === 'linux' ? bornOf(process.pid) : '-'));
fs.appendFileSync(at('ran'), process.pid + '\\n');
const times = read('ran').trim().split('\\n').length;
let step = Number(read('kept'));
const first = step;
const keep = () => { fs.writeFileSync(at('kept.tmp'), String(step)); fs.renameSync(at('kept.tmp'), at('kept')); if (!spec.silent) event('checkpoint', { step }); };
console.log('start ' + times + ' from step ' + step);
event('start', { step, steps: spec.steps, resumedFrom: step || null });
if (spec.error) {
  console.log(spec.error.message);
  event('error', spec.error);
  process.exit(1);
}
if (spec.child) {
  const script = "trap '' TERM; echo $$ > child.tmp; mv child.tmp child.pid; while :; do sleep 0.05; done";
  spawn('/bin/sh', ['-c', script], { stdio: 'ignore', cwd: folder });
}
process.on('SIGTERM', () => {
  if (spec.ignoreTerm) return;
  keep();
  event('error', { type: 'Interrupted', message: 'stopped' });
  process.exit(75);
});
setInterval(() => {
  step += 1;
  if (times <= (spec.dieTimes ?? 0) && step - first > spec.dieAfter) process.kill(process.pid, 'SIGKILL');
  event('step', { step, steps: spec.steps, loss: 1 / step, tokensPerSecond: 10, etaSeconds: null });
  if (step % (spec.checkpointEvery ?? 5) === 0) keep();
  if (step < spec.steps) return;
  event('done');
  fs.writeFileSync(at('result.tmp'), JSON.stringify({ steps: step, times }));
  fs.renameSync(at('result.tmp'), at('result.json'));
  process.exit(0);
}, spec.stepMs ?? 5);
`;

/** The program, and a folder for a job; what still runs there is ended with the test. */
export function fakeJob(): { program: JobProgram; folder: string; jobs: string } {
  const jobs = join(emptyFolder(), 'jobs');
  onTestFinished(async () => {
    for (const { pid, folder } of await runningJobs(jobs)) {
      const ref = processOf(pid);
      if (ref) await endGroup(ref, 0);
      await clearJob(folder, 'all');
    }
  });
  const script = join(folderWith({ 'program.cjs': SCRIPT }), 'program.cjs');
  return { program: { command: process.execPath, args: [script], env: {} }, folder: join(jobs, 'r1.tune'), jobs };
}

/** The program with its order; the first look starts it. */
export async function submitted(spec: FakeSpec): Promise<ReturnType<typeof fakeJob>> {
  const job = fakeJob();
  await submitJob(job.folder, 'r1', spec, job.program);
  return job;
}

/** Whether the program has come to a step. */
export const reached = (folder: string, step: number) => async (): Promise<boolean> =>
  (await readProgress(folder)).some((event) => event.event === 'step' && (event.step ?? 0) >= step);

/** Number of the process that works, or last worked, at the job. */
export const pidOf = (folder: string): number => Number(textOf(folder, 'ran').trim().split('\n').at(-1));

/** Text of a file of the job; empty when it is not there. */
export const textOf = (folder: string, name: string): string =>
  existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '';

/** How often the program has been started, and how often it found the folder free. */
export const countOf = (folder: string, name: 'starts.jsonl' | 'ran'): number =>
  textOf(folder, name)
    .split('\n')
    .filter((line) => line !== '').length;

/** Looks at the job until it has ended; gives the last state and the last progress seen. */
export async function pollToEnd(
  folder: string,
  program: JobProgram,
): Promise<{ end: JobState; progress: Extract<JobState, { state: 'running' }>['progress'] }> {
  let progress: Extract<JobState, { state: 'running' }>['progress'];
  let end: JobState = { state: 'running' };
  await until(async () => {
    end = await pollJob(folder, program);
    if (end.state === 'running') progress = end.progress ?? progress;
    return end.state !== 'running';
  }, 'the job has ended');
  return { end, progress };
}
