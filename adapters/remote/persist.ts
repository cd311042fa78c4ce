import { setTimeout as sleep } from 'node:timers/promises';
import { RemoteFailure } from './failure.ts';
import type { Prompt, RemoteAnswer, RemoteAsker } from './asker.ts';

/** How long a vendor that does not answer is borne with. */
export interface Patience {
  /** Failures of one prompt, after which the last of them is thrown. */
  attempts: number;
  /** First wait, in ms; doubled each time, up to a minute. */
  pauseMs: number;
  /** How long nobody may be answered for want of quota, in ms. */
  busyMs: number;
}

export const PATIENCE: Patience = { attempts: 5, pauseMs: 1000, busyMs: 5 * 60_000 };

const LONGEST_PAUSE_MS = 60_000;

/**
 * Asks again what failed in a way that may pass. A quota that is used up holds all prompts back, for as long as the
 * vendor says, and is borne with while others are answered.
 */
export function createPersistence(
  ask: RemoteAsker['ask'],
  { attempts, pauseMs, busyMs }: Patience = PATIENCE,
): (prompt: Prompt, signal: AbortSignal) => Promise<RemoteAnswer> {
  let answeredAt = performance.now();
  let busyUntil = 0;
  let busyInARow = 0;
  const growing = (times: number): number => Math.min(pauseMs * 2 ** times, LONGEST_PAUSE_MS);

  const hold = (failure: RemoteFailure): void => {
    const now = performance.now();
    // Of several that were under way, only the first says something new.
    const wait = failure.retryAfterMs ?? growing(busyInARow);
    if (now >= busyUntil) busyInARow += 1;
    busyUntil = Math.max(busyUntil, now + Math.max(wait, pauseMs / 10));
    if (busyUntil - answeredAt > busyMs) throw failure;
  };

  return async (prompt, signal) => {
    for (let failures = 0; ;) {
      while (busyUntil > performance.now()) await waitFor(Math.max(1, busyUntil - performance.now()), signal);
      try {
        const answer = await ask(prompt, signal);
        answeredAt = performance.now();
        busyInARow = 0;
        return answer;
      } catch (error) {
        if (signal.aborted || !(error instanceof RemoteFailure)) throw error;
        if (error.kind === 'quota') {
          hold(error);
          continue;
        }
        failures += 1;
        if (failures >= attempts || error.kind === 'gone') throw error;
        await waitFor(Math.max(error.retryAfterMs ?? 0, growing(failures - 1)), signal);
      }
    }
  };
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}
