import { spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { asideOf, writeAtomic } from '../../artifacts/files.ts';
import { failpoint } from '../../configs/failpoint.ts';
import { isAlive, processOf, signalGroup } from '../local/processes.ts';
import { readText } from '../local/job-output.ts';
import { endingOf } from './exit-codes.ts';
import { readSubmitted } from './replies.ts';
import { notStarted, tailOf } from './short.ts';

/**
 * A submission is written down before and after, and prints into files of the job folder: a worker that comes after one
 * that died reads there what was answered, so that even without `find` a job is not ordered twice.
 */
const Note = z.object({
  at: z.string(),
  pid: z.int().optional(),
  born: z.string().optional(),
  /** Exit code or signal, once it is known. */
  ended: z.union([z.int(), z.string()]).optional(),
});
type Note = z.infer<typeof Note>;

/**
 * - `none`    nothing was submitted, for certain
 * - `named`   the job has this name
 * - `waiting` the command still runs
 * - `unknown` it may have been submitted
 */
export type Submission =
  | { is: 'none'; ended?: number | string; complaint?: string }
  | { is: 'named'; name: string }
  | { is: 'waiting' }
  | { is: 'unknown'; why: string };

/** What is known about the submission of a job folder. */
export async function submissionIn(folder: string): Promise<Submission> {
  const answer = readSubmitted(await readText(join(folder, 'submit.out')));
  // Printed is submitted, whatever became of the command.
  if ('reply' in answer) return { is: 'named', name: answer.reply.name };
  const note = await noteIn(folder);
  if (!note) return { is: 'none' };
  const { pid, born, ended } = note;
  if (ended === undefined && pid !== undefined && born !== undefined && isAlive({ pid, born }))
    return { is: 'waiting' };
  const complaint = tailOf(await readText(join(folder, 'submit.err')));
  if (ended === undefined) return { is: 'unknown', why: `the worker died meanwhile${words(complaint)}` };
  const ending = endingOf(typeof ended === 'number' ? ended : 'SIGKILL');
  if (ending.is === 'final' || ending.is === 'later') return { is: 'none', ended, complaint };
  return { is: 'unknown', why: `it ended with ${ended}, and ${answer.wrong}${words(complaint)}` };
}

const words = (complaint: string): string => (complaint === '' ? '' : ` (it said: ${complaint})`);

/** As exit code: something it needs is not there. */
const NEVER_STARTED = 69;

/** Runs the command that submits, once. Ended by `timeoutMs` or the signal it counts as one of unknown outcome. */
export async function submitOnce(
  folder: string,
  command: readonly string[],
  place: { env: Record<string, string>; timeoutMs: number; signal: AbortSignal },
): Promise<Submission> {
  const at = new Date().toISOString();
  const write = (note: Partial<Note>): Promise<void> =>
    writeAtomic(join(folder, 'submit.json'), JSON.stringify({ at, ...note }));
  await writeAtomic(join(folder, 'submit.out'), '');
  await write({});
  failpoint('command.noted');
  const [program = '', ...args] = command;
  const files = ['submit.out', 'submit.err'].map((name) => openSync(join(folder, name), 'w'));
  const child = spawn(program, args, { cwd: folder, env: place.env, detached: true, stdio: ['ignore', ...files] });
  // At once, without letting anything else come first: whoever comes after must know that the command still runs.
  const ref = child.pid === undefined ? undefined : processOf(child.pid);
  if (ref) noteNow(folder, { at, ...ref });
  for (const file of files) closeSync(file);
  const ended = new Promise<number | string>((done, failed) => {
    child.on('error', (error) => failed(notStarted(program, error)));
    child.on('exit', (code, signal) => done(code ?? signal ?? 1));
  });
  const end = (): void => void (child.pid !== undefined && signalGroup(child.pid, 'SIGKILL'));
  const timer = setTimeout(end, place.timeoutMs);
  place.signal.addEventListener('abort', end, { once: true });
  try {
    // Awaited below; it must not count as unheard of meanwhile.
    ended.catch(() => undefined);
    failpoint('command.sent');
    const code = await ended.catch(async (error: unknown) => {
      await write({ ended: NEVER_STARTED });
      throw error;
    });
    failpoint('command.submitted');
    await write({ ...ref, ended: code });
  } finally {
    clearTimeout(timer);
    place.signal.removeEventListener('abort', end);
  }
  return submissionIn(folder);
}

/** Notes the name of a job that was found by its label, as its submission would have: its folder is found by it. */
export async function noteFound(folder: string, name: string): Promise<void> {
  const { is } = await submissionIn(folder);
  if (is === 'named' || is === 'waiting') return;
  await mkdir(folder, { recursive: true });
  await writeAtomic(join(folder, 'submit.out'), JSON.stringify({ name }));
}

function noteNow(folder: string, note: Note): void {
  const aside = asideOf(join(folder, 'submit.json'));
  writeFileSync(aside, JSON.stringify(note));
  renameSync(aside, join(folder, 'submit.json'));
}

async function noteIn(folder: string): Promise<Note | undefined> {
  const text = await readFile(join(folder, 'submit.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Note.parse(JSON.parse(text));
}
