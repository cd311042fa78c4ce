import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../../configs/failure.ts';
import { mayBeWaiting, sender } from './sender.ts';

/** How often one looks whether it is one's turn, in ms. */
const LOOK_EVERY_MS = 200;
/** How often who works gives a sign of life, and after how long without one he is taken for dead, in ms. */
const SIGN_EVERY_MS = 5000;
const DEAD_AFTER_MS = 60_000;

/**
 * Works while nobody else does under the same file: in another run, attempt or worker. Whoever died holds nobody up.
 *
 * @throws the signal's reason when it is aborted while waiting.
 */
export async function inTurn<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await writeFile(path, sender(), { flag: 'wx' });
      break;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    if ((await isLeft(path)) && (await clear(path))) continue;
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  const signs = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined); // the next sign may get through
  }, SIGN_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(signs);
    await rm(path, { force: true });
  }
}

/**
 * Removes what somebody dead left. One at a time: of two who saw it at once, the second would remove the file of whoever
 * has taken the turn since. False: another is at it.
 */
async function clear(path: string): Promise<boolean> {
  const broom = `${path}.clearing`;
  try {
    await writeFile(broom, sender(), { flag: 'wx' });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    if (await isLeft(broom)) await rm(broom, { force: true });
    return false;
  }
  try {
    if (await isLeft(path)) await rm(path, { force: true });
    return true;
  } finally {
    await rm(broom, { force: true });
  }
}

/** Whether who worked is gone: its process has ended, or it has given no sign of life, wherever it was. */
async function isLeft(path: string): Promise<boolean> {
  const [holder, seen] = await Promise.all([readFile(path, 'utf8').catch(() => ''), stat(path).catch(() => undefined)]);
  if (!seen) return false;
  // Empty: it is being written at this moment.
  return Date.now() - seen.mtimeMs > DEAD_AFTER_MS || (holder !== '' && !mayBeWaiting(holder));
}
