// Other programs, run so that set-up stays alive beside them and can say why they failed.
import { spawn } from 'node:child_process';

/** A part that cannot go on: one sentence and what to do about it. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {string} remedy
   * @param {ErrorOptions} [options]
   */
  constructor(message, remedy, options) {
    super(message, options);
    this.remedy = remedy;
  }
}

/**
 * @typedef {{ ok: boolean, stdout: string, tail: string }} Outcome `tail`: the last lines of both outputs, at most 2,000 characters.
 */

/**
 * Runs a program to its end. A program that is missing counts as one that failed.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, onLine?: (line: string) => void, timeout?: number }} [options] `env` is added to this process's own; `timeout` in milliseconds
 * @returns {Promise<Outcome>}
 */
export function run(command, args, { env, onLine, ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      ...options,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let tail = '';
    /** @param {string} text */
    const take = (text) => {
      tail = (tail + text).slice(-2000);
      const line = text.trimEnd().split('\n').at(-1)?.trim();
      if (line) onLine?.(line);
    };
    child.stdout.setEncoding('utf8').on('data', (text) => take(((stdout += text), text)));
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => resolve({ ok: false, stdout, tail: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, stdout, tail: tail.trim() }));
  });
}
