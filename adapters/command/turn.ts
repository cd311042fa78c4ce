import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isAlive, processOf, signalGroup, type ProcessRef } from '../local/processes.ts';

const Ref = z.object({ pid: z.int(), born: z.string() });

/**
 * Takes the turn at a job folder for this process; false when another that lives has it. Turns are numbered files that
 * can only be made once, and the next is only made when the holder of the last is dead, so of several that try at
 * once one wins. A trainer that outlived its supervisor is ended first: two must not work in one folder.
 */
export async function takeTurn(folder: string): Promise<boolean> {
  const turns = join(folder, 'turns');
  mkdirSync(turns, { recursive: true });
  const last = Math.max(0, ...readdirSync(turns).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : [])));
  const holder = last === 0 ? undefined : read(join(turns, String(last)));
  if (holder && isAlive(holder)) return false;
  if (holder) await endLeftOver(holder, read(join(turns, `${last}.trainer`)));
  const self = processOf(process.pid) ?? { pid: process.pid, born: '-' };
  const aside = join(turns, `.tmp-${process.pid}`);
  writeFileSync(aside, JSON.stringify(self));
  try {
    linkSync(aside, join(turns, String(last + 1)));
  } catch {
    return false; // another was quicker
  } finally {
    rmSync(aside, { force: true });
  }
  writeFileSync(join(folder, 'lock'), `${self.pid} ${self.born}\n`);
  return true;
}

/** Notes the trainer that this process has started, for whoever has the turn after it. */
export function noteTrainer(folder: string, pid: number): void {
  const turns = join(folder, 'turns');
  const last = Math.max(...readdirSync(turns).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : [])));
  const found = processOf(pid);
  if (found) writeFileSync(join(turns, `${last}.trainer`), JSON.stringify(found));
}

/** The group has the supervisor's number, which cannot be given away while the trainer is in it. */
async function endLeftOver(supervisor: ProcessRef, trainer: ProcessRef | undefined): Promise<void> {
  if (!trainer || !isAlive(trainer)) return;
  signalGroup(supervisor.pid, 'SIGKILL');
  for (const deadline = Date.now() + 2000; isAlive(trainer) && Date.now() < deadline;) await sleep(20);
}

function read(path: string): ProcessRef | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return Ref.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined; // torn by a crash
  }
}
