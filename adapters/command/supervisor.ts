import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readLog, readProgress } from '../local/job-output.ts';
import { redact } from '../remote/redact.ts';
import { environmentOf } from './environment.ts';
import { endingOf } from './exit-codes.ts';
import { jobVariables } from './order.ts';
import { noteTrainer, takeTurn } from './turn.ts';

/**
 * The process behind a trainer of one's own: it outlives the worker, keeps a second trainer out of the job folder, and
 * turns the trainer's exit code into what `adapters/local/job.ts` reads. Started with `--job FOLDER`.
 */
const CommandFile = z.object({
  words: z.array(z.string()).min(1),
  env: z.array(z.string()),
  label: z.string(),
  /** How long to wait after "try again later", in ms; doubled each time. */
  laterMs: z.number(),
});

/** Longest wait after "try again later", in ms. */
const MOST_LATER_MS = 5 * 60_000;
const STOPPED = 143;
const VAIN = 75;

const { values } = parseArgs({ options: { job: { type: 'string' } } });
const folder = values.job;
if (folder === undefined) throw new Error('expected --job FOLDER');

/** Aborted when somebody ends this job; the trainer, in the same group, has got the signal as well. */
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());

async function supervise(job: string): Promise<number> {
  if (!(await takeTurn(job))) return VAIN;
  const isDone = (): boolean => existsSync(join(job, 'result.json'));
  if (isDone()) return 0;
  const command = CommandFile.parse(JSON.parse(readFileSync(join(job, 'command.json'), 'utf8')));
  for (let waitMs = command.laterMs; ; waitMs = Math.min(2 * waitMs, MOST_LATER_MS)) {
    if (stop.signal.aborted) return STOPPED;
    const code = await train(job, command);
    // Signals that both got at once: this process may hear of its own only now.
    await pause(50);
    if (isDone()) return 0;
    if (stop.signal.aborted) return STOPPED;
    const ending = code instanceof Error ? startFailure(code) : endingOf(code);
    note(job, code instanceof Error ? code.message : `the trainer ended with ${code}`);
    if (ending.is === 'crashed') return 1;
    if (ending.is === 'stopped') {
      writeFileSync(join(job, 'cancelled'), new Date().toISOString());
      return 0;
    }
    if (ending.is === 'done') {
      await fail(
        job,
        'NoResult',
        'the trainer ended well but wrote no result.json: it has to write it last, see docs/tuners.md',
      );
      return 1;
    }
    if (ending.is === 'final') {
      await fail(job, ending.type, `the trainer ended with ${String(code)}: ${ending.meaning}`);
      return 1;
    }
    note(job, `it is started again in ${Math.round(waitMs / 1000)} s`);
    await pause(waitMs);
  }
}

function train(
  job: string,
  { words, env, label }: z.infer<typeof CommandFile>,
): Promise<number | NodeJS.Signals | Error> {
  const [program = '', ...args] = words;
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd: job,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: environmentOf(env, jobVariables(job, label)),
    });
    if (child.pid !== undefined) noteTrainer(job, child.pid);
    child.on('error', done);
    child.on('exit', (code, signal) => done(code ?? signal ?? 1));
  });
}

const startFailure = (error: Error) => ({ is: 'final' as const, type: 'NotAvailable', meaning: error.message });

/** The last thing the job says; the trainer's own words where it has some. */
async function fail(job: string, type: string, why: string): Promise<void> {
  const last = (await readProgress(job)).at(-1);
  const log = (await readLog(job, 5)).split('\n').filter((line) => line.trim() !== '' && !line.startsWith(MARK));
  const said = last?.event === 'error' && last.message !== undefined ? last.message : (log.at(-1) ?? '');
  const message = redact(said === '' ? why : `${said.slice(0, 500)} (${why})`);
  const line = JSON.stringify({ event: 'error', at: new Date().toISOString(), type, message });
  appendFileSync(join(job, 'progress.jsonl'), `\n${line}\n`);
}

const MARK = 'anneal: ';

function note(job: string, text: string): void {
  appendFileSync(join(job, 'log.txt'), `${MARK}${text}\n`);
}

/** Waits, unless the job is ended meanwhile. */
function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    stop.signal.addEventListener('abort', () => (clearTimeout(timer), done()), { once: true });
  });
}

process.exitCode = await supervise(folder);
