import { hostname } from 'node:os';
import { isAlive, processOf } from '../local/processes.ts';

/** This process, as it is written beside a call of which nobody knows yet what came of it. */
export function sender(): string {
  const own = processOf(process.pid);
  return `${hostname()} ${process.pid} ${own?.born ?? '-'}`;
}

/** Whether a process that made a call may still be waiting for its answer; one of another machine may. */
export function mayBeWaiting(sentBy: string | null): boolean {
  if (sentBy === null) return false;
  const [host, pid, ...born] = sentBy.split(' ');
  if (host !== hostname()) return true;
  return isAlive({ pid: Number(pid), born: born.join(' ') });
}
