import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';

/**
 * Runs `work` while no other process holds the same lock. The lock is an exclusive transaction on a small
 * SQLite file, so the operating system lets go of it when its holder dies, however it dies.
 *
 * @param waitMs How long to wait for another holder. @throws Error when it is still held then.
 * @param onWait Called once when another process holds it. @param signal Ends the waiting.
 */
export async function withLock<T>(
  file: string,
  waitMs: number,
  work: () => Promise<T>,
  onWait?: () => void,
  signal?: AbortSignal,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const lock = new DatabaseSync(file, { timeout: 0 });
  const deadline = Date.now() + waitMs;
  try {
    for (let waited = false; ; waited = true) {
      try {
        lock.exec('BEGIN EXCLUSIVE');
        break;
      } catch (error) {
        if (!/locked|busy/i.test(String(error)) || Date.now() > deadline) throw error;
        if (!waited) onWait?.();
        await sleep(50, undefined, signal && { signal });
      }
    }
    return await work();
  } finally {
    lock.close();
  }
}
