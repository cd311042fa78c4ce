import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLimiter, limiterOf } from '../../../../adapters/endpoint/limiter.ts';

const WINDOW_MS = 300;
/** Timers may fire a little early. */
const EARLY_MS = 20;
const never = new AbortController().signal;

/** Runs work of the given sizes; says when each began, in ms after the first was asked for. */
async function starts(
  limiter: ReturnType<typeof createLimiter>,
  sizes: number[],
  ms = 1,
  took?: number,
): Promise<number[]> {
  const began = performance.now();
  const at: number[] = [];
  await Promise.all(
    sizes.map((tokens, i) =>
      limiter.run(tokens, never, async (correct) => {
        at[i] = performance.now() - began;
        await sleep(ms);
        if (took !== undefined) correct(took);
      }),
    ),
  );
  return at;
}

/** The shortest time between two starts of the given pairs, in ms. */
const gaps = (at: number[], ...pairs: [number, number][]): number =>
  Math.min(...pairs.map(([from, to]) => (at[to] ?? 0) - (at[from] ?? 0)));

test('no more than so many are under way, and they go in order', async () => {
  const limiter = createLimiter({ concurrency: 2 }, WINDOW_MS);
  let active = 0;
  let peak = 0;
  const order: number[] = [];
  await Promise.all(
    [0, 1, 2, 3, 4].map((i) =>
      limiter.run(1, never, async () => {
        order.push(i);
        peak = Math.max(peak, ++active);
        await sleep(5);
        active -= 1;
      }),
    ),
  );
  expect({ peak, order }).toEqual({ peak: 2, order: [0, 1, 2, 3, 4] });
});

test('requests beyond the limit of a minute wait for the next', async () => {
  const at = await starts(createLimiter({ concurrency: 9, requestsPerMinute: 2 }, WINDOW_MS), [1, 1, 1, 1, 1]);
  expect(gaps(at, [0, 2], [1, 3], [2, 4])).toBeGreaterThanOrEqual(WINDOW_MS - EARLY_MS);
});

test('tokens beyond the limit of a minute wait for the next; what is larger than the limit goes alone', async () => {
  const at = await starts(createLimiter({ concurrency: 9, tokensPerMinute: 100 }, WINDOW_MS), [60, 30, 30, 500]);
  expect(gaps(at, [0, 2], [2, 3])).toBeGreaterThanOrEqual(WINDOW_MS - EARLY_MS);
  expect(gaps(at, [0, 1])).toBeLessThan(WINDOW_MS);
});

test('what a request really took makes room for others, or takes it', async () => {
  const frugal = createLimiter({ concurrency: 1, tokensPerMinute: 100 }, WINDOW_MS);
  expect(Math.max(...(await starts(frugal, [90, 90, 90], 1, 5)))).toBeLessThan(WINDOW_MS);
  const greedy = createLimiter({ concurrency: 1, tokensPerMinute: 100 }, WINDOW_MS);
  expect(gaps(await starts(greedy, [10, 10], 1, 100), [0, 1])).toBeGreaterThanOrEqual(WINDOW_MS - EARLY_MS);
});

test('a pause holds everything back, and a shorter one does not cut it short', async () => {
  const limiter = createLimiter({ concurrency: 9 }, WINDOW_MS);
  limiter.pause(150);
  limiter.pause(10);
  const at = await starts(limiter, [1, 1]);
  expect(Math.min(...at)).toBeGreaterThanOrEqual(149);
  limiter.pause(0);
  expect(Math.max(...(await starts(limiter, [1, 1])))).toBeLessThan(100);
});

test('a failure frees its place and reaches the caller', async () => {
  const limiter = createLimiter({ concurrency: 1 }, WINDOW_MS);
  const no = new Error('no');
  await expect(limiter.run(1, never, () => Promise.reject(no))).rejects.toBe(no);
  expect(await limiter.run(1, never, async () => 'yes')).toBe('yes');
});

test('whoever is aborted while waiting leaves the queue and does no work', async () => {
  const limiter = createLimiter({ concurrency: 1 }, WINDOW_MS);
  const stop = new AbortController();
  let isDone = false;
  const first = limiter.run(1, never, () => sleep(30));
  const second = limiter.run(1, stop.signal, async () => {
    isDone = true;
  });
  expect(limiter.waiting()).toBe(1);
  const reason = new Error('CANCELLED');
  stop.abort(reason);
  await expect(second).rejects.toBe(reason);
  await first;
  expect({ isDone, waiting: limiter.waiting() }).toEqual({ isDone: false, waiting: 0 });
  await expect(limiter.run(1, stop.signal, async () => undefined)).rejects.toBe(reason);
});

test('an endpoint has one limiter in a process, with the latest limits', async () => {
  const one = limiterOf('http://a', { concurrency: 1 });
  const waits = [one.run(1, never, () => sleep(20)), one.run(1, never, () => sleep(20))];
  expect(one.waiting()).toBe(1);
  expect(limiterOf('http://a', { concurrency: 2 })).toBe(one);
  expect(one.waiting()).toBe(0);
  expect(limiterOf('http://b', { concurrency: 1 })).not.toBe(one);
  await Promise.all(waits);
});
