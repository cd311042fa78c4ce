import { setTimeout as sleep } from 'node:timers/promises';
import { explained, isTransient, type Doing } from './errors.ts';

/** How often one request is made before its error is thrown; Temporal tries the whole step again later. */
const TRIES = 7;
/** First wait between two of them, in ms; doubled each time, up to `MOST_MS`, half of it by chance. */
const PAUSE_MS = 200;
const MOST_MS = 10_000;

/** The waits are over; tests have shorter ones. */
export interface Patience {
  tries?: number | undefined;
  pauseMs?: number | undefined;
}

/**
 * Does what may be repeated until it succeeds or cannot: reads, writes with a precondition, deletes of one generation.
 *
 * @throws what {@link explained} makes of the last error.
 */
export async function persist<T>(
  doing: Doing,
  work: () => Promise<T>,
  { tries = TRIES, pauseMs = PAUSE_MS }: Patience = {},
): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || n >= tries) throw explained(error, doing);
      const wait = Math.min(MOST_MS, pauseMs * 2 ** (n - 1));
      await sleep(wait / 2 + (Math.random() * wait) / 2);
    }
  }
}

/** Does work on many things, `most` at a time; the first error ends it. */
export async function inParallel<T, R>(
  things: readonly T[],
  most: number,
  work: (thing: T, index: number) => Promise<R>,
): Promise<R[]> {
  const done: R[] = Array.from({ length: things.length });
  let next = 0;
  let isOver = false;
  const one = async (): Promise<void> => {
    while (next < things.length && !isOver) {
      const index = next++;
      try {
        done[index] = await work(things[index] as T, index);
      } catch (error) {
        isOver = true;
        throw error;
      }
    }
  };
  // All are waited for: nothing goes on behind the back of a caller who was told of an error.
  const ends = await Promise.allSettled(Array.from({ length: Math.min(most, things.length) }, one));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  return done;
}
