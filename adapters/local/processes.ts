import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that can be told from a later one that was given the same number. */
export interface ProcessRef {
  pid: number;
  /** When it started, in the operating system's words; compared as text. */
  born: string;
}

/** The running process of a number, or undefined. A process that has ended but was not reaped counts as gone. */
export function processOf(pid: number): ProcessRef | undefined {
  const born = process.platform === 'linux' ? bornOnLinux(pid) : bornByPs(pid);
  return born === undefined ? undefined : { pid, born };
}

/** Whether the very process is still there. */
export function isAlive(ref: ProcessRef): boolean {
  return processOf(ref.pid)?.born === ref.born;
}

/** Sends a signal to a process group; a group that is gone, or (macOS) only waits to be reaped, is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/**
 * Asks a process group to end. Whatever is left of it when its leader has ended, or after `graceMs`, is ended:
 * a child that ignores SIGTERM must not outlive the leader that heeded it.
 */
export async function endGroup(ref: ProcessRef, graceMs: number): Promise<void> {
  if (!isAlive(ref)) return;
  signalGroup(ref.pid, 'SIGTERM');
  for (const deadline = Date.now() + graceMs; isAlive(ref) && Date.now() < deadline;) await sleep(50);
  signalGroup(ref.pid, 'SIGKILL');
  for (const deadline = Date.now() + 2000; isAlive(ref) && Date.now() < deadline;) await sleep(20);
}

/** Fields 3 (state) and 22 (start, in clock ticks since boot) of /proc/PID/stat; the name before may hold anything. */
function bornOnLinux(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function bornByPs(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return text.startsWith('Z') || text === '' ? undefined : text.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}
