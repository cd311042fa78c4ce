/** What an endpoint may be asked for. Absent: no bound. */
export interface Limits {
  /** Requests under way at once. */
  concurrency: number;
  requestsPerMinute?: number | undefined;
  /** Prompt and answer together; estimated before a request leaves, corrected by what it took. */
  tokensPerMinute?: number | undefined;
}

type Correct = (tokens: number | undefined) => void;

/** Lets work through in order, no faster than the limits. */
export interface Limiter {
  /**
   * Waits for a turn, then works. `correct` says how many tokens it really took; undefined: nothing was sent at all.
   *
   * @throws the signal's reason when it is aborted while waiting.
   */
  run<T>(tokens: number, signal: AbortSignal, work: (correct: Correct) => Promise<T>): Promise<T>;
  /** Starts nothing for so many ms; a longer pause that is under way stays. */
  pause(ms: number): void;
  /** New limits, for what has not started yet. */
  set(limits: Limits): void;
  /** Not started yet. */
  waiting(): number;
}

interface Waiting {
  tokens: number;
  start(): void;
}

/** A timer may fire a little early. */
const SLACK_MS = 1;

/** @param windowMs Length of the "minute"; shorter in tests. */
export function createLimiter(first: Limits, windowMs = 60_000): Limiter {
  let limits = first;
  let active = 0;
  let pausedUntil = 0;
  let timer: NodeJS.Timeout | undefined;
  const queue: Waiting[] = [];
  /** Starts within the window, oldest first. */
  let started: { at: number; tokens: number }[] = [];

  const pump = (): void => {
    clearTimeout(timer);
    for (let next = queue[0]; next && active < limits.concurrency; next = queue[0]) {
      const wait = waitFor(next.tokens);
      if (wait > 0) {
        timer = setTimeout(pump, wait + SLACK_MS);
        return;
      }
      queue.shift();
      next.start();
    }
  };

  const waitFor = (tokens: number): number => {
    const now = performance.now();
    started = started.filter(({ at }) => at > now - windowMs);
    const { requestsPerMinute = Infinity, tokensPerMinute = Infinity } = limits;
    const blocking = started[started.length - requestsPerMinute];
    let used = started.reduce((sum, entry) => sum + entry.tokens, 0);
    let enough = now;
    // One that is larger than the limit itself goes when it is alone.
    for (const entry of started) {
      if (used + tokens <= tokensPerMinute) break;
      used -= entry.tokens;
      enough = entry.at + windowMs;
    }
    return Math.max(pausedUntil, blocking ? blocking.at + windowMs : 0, enough) - now;
  };

  return {
    run: async (tokens, signal, work) => {
      signal.throwIfAborted();
      const entry = await new Promise<{ at: number; tokens: number }>((resolve, reject) => {
        const waiting: Waiting = {
          tokens,
          start: () => {
            signal.removeEventListener('abort', leave);
            active += 1;
            const entry = { at: performance.now(), tokens };
            started.push(entry);
            resolve(entry);
          },
        };
        const leave = (): void => {
          queue.splice(queue.indexOf(waiting), 1);
          pump();
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', leave, { once: true });
        queue.push(waiting);
        pump();
      });
      try {
        return await work((took) => {
          if (took === undefined) started = started.filter((one) => one !== entry);
          else entry.tokens = took;
        });
      } finally {
        active -= 1;
        pump();
      }
    },
    pause: (ms) => {
      pausedUntil = Math.max(pausedUntil, performance.now() + ms);
    },
    set: (changed) => {
      limits = changed;
      pump();
    },
    waiting: () => queue.length,
  };
}

const shared = new Map<string, Limiter>();

/** The one limiter of an endpoint in this process, so that all steps together keep to its limits; the latest limits hold. */
export function limiterOf(endpoint: string, limits: Limits): Limiter {
  const known = shared.get(endpoint);
  if (known) {
    known.set(limits);
    return known;
  }
  const limiter = createLimiter(limits);
  shared.set(endpoint, limiter);
  return limiter;
}
