import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Ends the worker as `kill -9` would, at every point whose name begins as asked, once each:
 * `ANNEAL_FAILPOINT=prepare.,mix.:/tmp/died`, where the folder notes the points died at. Tests use it to die between
 * any two lines; without the variable it does nothing.
 */
export function failpoint(name: string): void {
  const wanted = process.env['ANNEAL_FAILPOINT'];
  if (wanted === undefined) return;
  const colon = wanted.indexOf(':');
  const beginnings = wanted.slice(0, colon).split(',');
  if (!beginnings.some((beginning) => name.startsWith(beginning))) return;
  const folder = wanted.slice(colon + 1);
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(join(folder, name), '', { flag: 'wx' });
  } catch {
    return; // died here before
  }
  process.kill(process.pid, 'SIGKILL');
}
