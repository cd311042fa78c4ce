import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { root } from '../../../scripts/toolchain.js';

/** Another Node process, ended with the test at the latest. */
export interface Program {
  child: ChildProcess;
  pid: number;
  /** Resolves once the program has printed the text; rejects when it ends without. */
  prints(text: string): Promise<void>;
  /** Exit status and all it printed. */
  ended: Promise<{ status: number | null; signal: NodeJS.Signals | null; output: string }>;
}

/** URL of one of the project's modules, for code that runs in another process. */
export const moduleUrl = (path: string): string => pathToFileURL(`${root}/${path}`).href;

/** Runs JavaScript (top-level await and import) in a process of its own. */
export function runProgram(code: string, env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', code], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let isOver = false;
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = once(child, 'close').then(([status, signal]) => {
    isOver = true;
    return { status: status as number | null, signal: signal as NodeJS.Signals | null, output };
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    child,
    pid: child.pid as number,
    prints: async (text) => {
      while (!output.includes(text)) {
        if (isOver) throw new Error(`the program ended without printing ${text}: ${output}`);
        await sleep(5);
      }
    },
    ended,
  };
}

/** Waits until something holds, looked at every 10 ms. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, withinMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await holds());) {
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await sleep(10);
  }
}
