import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { processOf, type ProcessRef } from '../adapters/local/processes.ts';

/** A log is put aside (`.1`) when it has grown to this size. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** Starts a process of its own group that outlives this one, its output going to a log file. */
export function startInBackground(
  command: string,
  args: readonly string[],
  log: string,
  env: NodeJS.ProcessEnv = process.env,
): ProcessRef {
  mkdirSync(dirname(log), { recursive: true });
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(log, `${log}.1`);
  const output = openSync(log, 'a');
  try {
    const child = spawn(command, args, { detached: true, stdio: ['ignore', output, output], env });
    child.on('error', (error) => console.error(`cannot start ${command}: ${error.message}`));
    child.unref();
    if (child.pid === undefined) throw new Error(`cannot start ${command}; see ${log}`);
    return processOf(child.pid) ?? { pid: child.pid, born: 'gone' };
  } finally {
    closeSync(output);
  }
}
