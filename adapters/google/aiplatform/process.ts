import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { terminal } from '../../../configs/failure.ts';
import type { MirrorResult } from '../../mirror.ts';
import { RemoteFailure } from '../../remote/failure.ts';
import { redact } from '../../remote/redact.ts';
import { Reply, type Request } from './protocol.ts';

/** The process is let go of when nobody has asked anything for so long, in ms: it takes some 250 MB. */
const IDLE_MS = 30_000;
/** So much of what it says on stderr is kept, in characters. */
const LAST_WORDS = 1000;

type Ask = Request extends infer One ? (One extends Request ? Omit<One, 'id'> : never) : never;

/** Asks a process of its own, which alone loads the client library. */
export interface Aiplatform {
  ask(request: Ask, signal?: AbortSignal): Promise<MirrorResult[]>;
  /** Process id, while there is one. */
  readonly pid: number | undefined;
  close(): Promise<void>;
}

interface Waiting {
  of: ChildProcess;
  resolve: (results: MirrorResult[]) => void;
  reject: (error: Error) => void;
}

/**
 * Starts the process on first use and again whenever it is gone. It ends after a while without work, and with its
 * parent. One that dies fails what it was asked; a repeated call finds how far it had come.
 */
export function createAiplatform({ idleMs = IDLE_MS }: { idleMs?: number } = {}): Aiplatform {
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let next = 0;
  const waiting = new Map<number, Waiting>();

  const start = (): ChildProcess => {
    const started = fork(fileURLToPath(new URL('main.ts', import.meta.url)), [], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let words = '';
    started.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-LAST_WORDS)));
    started.on('message', (message) => {
      const reply = Reply.parse(message);
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      if ('results' in reply) asked?.resolve(reply.results);
      else asked?.reject(terminal(reply.error.type, reply.error.message));
      rest();
    });
    started.on('error', (error) => gone(error.message));
    started.on('exit', (code, signal) => gone(`it ended with ${signal ?? `code ${code}`}`));
    const gone = (how: string): void => {
      if (child === started) child = undefined;
      const last = redact(words.trim().split('\n').at(-1) ?? '').slice(0, 200);
      const message = `the process that talks to Vertex AI is gone: ${how}${last === '' ? '' : ` (${last})`}; \`anneal sync\` goes on where it stopped`;
      // Of one that was let go of for its idleness the next may have been asked something already.
      for (const [id, { of, reject }] of waiting) {
        if (of !== started) continue;
        waiting.delete(id);
        reject(new RemoteFailure('ambiguous', message));
      }
    };
    return started;
  };

  /** Holds the parent open only while it waits for an answer. */
  const rest = (): void => {
    if (waiting.size > 0) return;
    child?.unref();
    child?.channel?.unref();
    (child?.stderr as { unref?: () => void } | null)?.unref?.();
    clearTimeout(timer);
    timer = setTimeout(() => void close(), idleMs).unref();
  };

  const close = async (): Promise<void> => {
    clearTimeout(timer);
    const ending = child;
    if (!ending || ending.exitCode !== null) return;
    child = undefined;
    await new Promise<void>((resolve) => {
      ending.once('exit', () => resolve());
      ending.ref();
      // It keeps nothing, and one that was stopped or does not answer would not heed anything less.
      ending.kill('SIGKILL');
    });
  };

  return {
    ask: (request, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        clearTimeout(timer);
        child ??= start();
        child.ref();
        child.channel?.ref();
        const id = (next += 1);
        const asked = child;
        // What it is in the middle of cannot be called back: the process is ended, and a later call goes on.
        const stop = (): void => void asked.kill('SIGKILL');
        signal?.addEventListener('abort', stop, { once: true });
        const done = (): void => signal?.removeEventListener('abort', stop);
        waiting.set(id, {
          of: asked,
          resolve: (results) => (done(), resolve(results)),
          reject: (error) => (done(), reject(signal?.aborted ? (signal.reason as Error) : error)),
        });
        asked.send({ id, ...request }, (error) => {
          if (error) waiting.get(id)?.reject(new RemoteFailure('away', error.message));
        });
      }),
    get pid() {
      return child?.pid;
    },
    close,
  };
}
