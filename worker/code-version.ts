import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/toolchain.js';

/** Rooms whose code runs inside a worker. */
const WORKER_ROOMS = [
  'activities',
  'adapters',
  'artifacts',
  'configs',
  'data',
  'evaluation',
  'metrics',
  'worker',
  'workflows',
];
const WORKFLOW_ROOMS = ['configs', 'workflows'];

/** Digest (16 hex digits) of the code a worker runs; a worker with another one is replaced by `anneal run`. */
export function workerCodeVersion(): string {
  return digestOfRooms(WORKER_ROOMS);
}

/** Digest (16 hex digits) of what goes into the workflow bundle. */
export function workflowCodeVersion(): string {
  return digestOfRooms(WORKFLOW_ROOMS);
}

function digestOfRooms(rooms: readonly string[]): string {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package.json')));
  for (const room of rooms) {
    const names = readdirSync(join(root, room), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((file) => file.endsWith('.ts') || file.endsWith('.py')).toSorted()) {
      hash.update(`${room}/${name}\0`).update(readFileSync(join(root, room, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
