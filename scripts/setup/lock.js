// One set-up at a time in one cache folder, and none blocked by one that was killed.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson, remove } from './files.js';

/** @typedef {{ pid: number, started: string }} Holder A process id alone is not enough: systems use them again. */

/**
 * Runs `work` while no other process holds the lock of this folder.
 * @template T
 * @param {string} folder
 * @param {() => Promise<T>} work
 * @param {(holder: Holder) => void} onWait told once, when another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(folder, work, onWait) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, 'setup.lock');
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, started: startOf(process.pid) ?? '' }));
  try {
    for (let told = false; !take(own, lock); await sleep(100)) {
      const holder = /** @type {Holder | undefined} */ (readJson(lock));
      if (!holder) continue; // Given back since.
      if (startOf(holder.pid) !== holder.started) breakLock(lock, holder);
      else if (!told) {
        told = true;
        onWait(holder);
      }
    }
  } finally {
    remove(own);
  }
  try {
    return await work();
  } finally {
    remove(lock);
  }
}

/**
 * A hard link either makes the whole lock or fails, also for two at once.
 * @param {string} own
 * @param {string} lock
 */
function take(own, lock) {
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Takes a dead holder's lock away. Another process may have done the same and taken
 * the lock since it was read: what was moved aside is looked at again, and put back.
 * @param {string} lock
 * @param {Holder} dead
 */
function breakLock(lock, dead) {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return; // Somebody else was quicker.
  }
  const holder = /** @type {Holder | undefined} */ (readJson(aside));
  if (holder?.pid !== dead.pid || holder.started !== dead.started) take(aside, lock);
  remove(aside);
}

/**
 * When a process started, in its system's own words.
 * @param {number} pid
 * @returns {string | undefined} nothing when there is no such process
 */
export function startOf(pid) {
  try {
    if (process.platform !== 'linux') {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim();
    }
    // Field 22 of stat, counted behind the command's name, which may hold spaces and brackets.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
