import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isAlive } from '../adapters/local/processes.ts';
import { writeAtomic } from '../artifacts/files.ts';
import type { Home } from './home.ts';

const Process = { pid: z.int(), born: z.string() };

/** What runs in the background, one small file each in `server/`. A file of a dead process counts as absent. */
const SHAPES = {
  supervisor: z.object({ ...Process, code: z.string() }),
  server: z.object({ ...Process, address: z.string(), uiUrl: z.string(), port: z.int() }),
  worker: z.object({ ...Process, queues: z.array(z.string()), code: z.string(), address: z.string() }),
} as const;

export type Part = keyof typeof SHAPES;
export type PartState<P extends Part> = z.infer<(typeof SHAPES)[P]>;

/** The running part, or undefined. */
export function runningPart<P extends Part>(home: Home, part: P): PartState<P> | undefined {
  const state = lastPart(home, part);
  return state && isAlive(state) ? state : undefined;
}

/** What a part wrote last, running or not: a restarted server asks for its old port again. */
export function lastPart<P extends Part>(home: Home, part: P): PartState<P> | undefined {
  try {
    return SHAPES[part].parse(JSON.parse(readFileSync(fileOf(home, part), 'utf8'))) as PartState<P>;
  } catch {
    return undefined;
  }
}

export async function writePart<P extends Part>(home: Home, part: P, state: PartState<P>): Promise<void> {
  await writeAtomic(fileOf(home, part), JSON.stringify(state));
}

export async function clearPart(home: Home, part: Part): Promise<void> {
  await rm(fileOf(home, part), { force: true });
}

const fileOf = (home: Home, part: Part): string => join(home.server, `${part}.json`);
