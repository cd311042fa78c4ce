import { writeFileSync } from 'node:fs';

/**
 * Ends the worker as `kill -9` would, at a named point, once: `ANNEAL_FAILPOINT=prepare.stored:/tmp/marker`.
 * Tests use it to die between any two lines; without the variable it does nothing.
 */
export function failpoint(name: string): void {
  const wanted = process.env['ANNEAL_FAILPOINT'];
  if (wanted === undefined || !wanted.startsWith(`${name}:`)) return;
  try {
    writeFileSync(wanted.slice(name.length + 1), name, { flag: 'wx' });
  } catch {
    return; // the marker is there: died here before
  }
  process.kill(process.pid, 'SIGKILL');
}
