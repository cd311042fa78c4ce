import { spawn } from 'node:child_process';
import { terminal } from '../../configs/failure.ts';
import { signalGroup } from '../local/processes.ts';
import { redact } from '../remote/redact.ts';

/** What a short command did: its exit code or signal, or that it was ended for its time or its output. */
export interface Said {
  code: number | NodeJS.Signals | 'timeout' | 'flood';
  stdout: string;
  /** The end of what it complained of, for messages. */
  complaint: string;
}

/** Most bytes of an answer. */
const MOST_BYTES = 4 * 2 ** 20;
const COMPLAINT_CHARACTERS = 500;
/** How long after the end of a command what it printed is still read, in ms. */
const DRAIN_MS = 500;

/**
 * Runs a command to its end: no shell, an environment of its own, a process group that is ended with it. What it prints
 * is text and nothing else.
 *
 * @throws TerminalError `NoProgram` when it cannot be started.
 */
export async function runShort(
  words: readonly string[],
  place: { cwd: string; env: Record<string, string>; timeoutMs: number; signal: AbortSignal },
): Promise<Said> {
  const { cwd, env, timeoutMs, signal } = place;
  signal.throwIfAborted();
  const [program = '', ...args] = words;
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let early: 'timeout' | 'flood' | undefined;
  let drain: NodeJS.Timeout | undefined;
  const end = (why: typeof early): void => {
    early ??= why;
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
  };
  const timer = setTimeout(() => end('timeout'), timeoutMs);
  const aborted = (): void => end('timeout');
  signal.addEventListener('abort', aborted, { once: true });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) =>
    (bytes += chunk.length) > MOST_BYTES ? end('flood') : stdout.push(chunk),
  );
  child.stderr.on('data', (chunk: Buffer) => {
    stderr.push(chunk);
    while (stderr.length > 8) stderr.shift();
  });
  try {
    const code = await new Promise<Said['code']>((done, failed) => {
      child.on('error', (error) => failed(notStarted(program, error)));
      // Not "exit": what it has printed must be there. Whoever it has left behind may keep the pipe open for ever, as
      // ssh does with ControlPersist; nobody waits for that.
      child.on('close', (code, by) => done(early ?? code ?? by ?? 1));
      child.on('exit', () => {
        drain = setTimeout(() => {
          end(early);
          child.stdout.destroy();
          child.stderr.destroy();
        }, DRAIN_MS);
      });
    });
    return { code, stdout: Buffer.concat(stdout).toString(), complaint: tailOf(Buffer.concat(stderr).toString()) };
  } finally {
    clearTimeout(timer);
    clearTimeout(drain);
    signal.removeEventListener('abort', aborted);
  }
}

/** The error of a program that is not there. */
export const notStarted = (program: string, error: Error): Error =>
  terminal('NoProgram', `${program} cannot be started (${error.message}): check tune.command and PATH of the worker`);

/** The last words of a program, in one line, without secrets. */
export const tailOf = (text: string): string =>
  redact(text.trim().split(/\s+/).join(' ')).slice(-COMPLAINT_CHARACTERS).trim();
