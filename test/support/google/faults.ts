import type { Code } from './errors.ts';

/** What becomes of a job that is created. */
export type Fate = 'pending-for-ever' | 'running-for-ever' | 'failed-empty' | 'failed' | 'deleted';

/** Something that goes wrong. Several may be given at once. */
export interface Fault {
  /** The answer is this error, and nothing has happened. */
  error?: Code;
  message?: string;
  /** Seconds in `Retry-After`; left out, the server does not say. */
  retryAfter?: number;
  /** Waits before anything happens. */
  latencyMs?: number;
  /** The connection ends, and nothing has happened. */
  reset?: boolean;
  /** The call does its work; the connection ends without an answer. */
  lostAnswer?: boolean;
  /** The call does its work; the answer is this error nevertheless. */
  errorAfter?: Code;
  /** The call does its work; no answer ever comes. */
  hang?: boolean;
  /** The call does its work; the answer is cut off in the middle of its JSON. */
  malformed?: boolean;
  /** The token is no longer good. */
  expiredToken?: boolean;
  /** The job that this call creates. */
  fate?: Fate;
  /** So many of the job's first rows are dropped by the service. */
  dropRows?: number;
}

/** When a fault happens. */
export interface FaultRule extends Fault {
  /** Name of the call, such as `tuningJobs.create`; `*` stands for any text. Left out: every call. */
  on?: string;
  /** Lets so many calls pass first. @default 0 */
  skip?: number;
  /** Happens so often. @default 1, or for ever where there is a probability; 0: for ever */
  times?: number;
  /** Chance that it happens, drawn from the seed of the plan. @default 1 */
  probability?: number;
}

/** Rules in the order they were given; the first that fits a call decides. */
export class FaultPlan {
  readonly #rules: { rule: FaultRule; seen: number; done: number }[] = [];
  readonly #chance: () => number;
  /** How often each fault happened, by call. */
  readonly happened: Record<string, number> = {};

  constructor(rules: readonly FaultRule[] = [], seed = 1) {
    this.#chance = chances(seed);
    this.add(...rules);
  }

  /** Rules that come after those there are. */
  add(...rules: readonly FaultRule[]): void {
    this.#rules.push(...rules.map((rule) => ({ rule, seen: 0, done: 0 })));
  }

  /** Nothing goes wrong any more. */
  clear(): void {
    this.#rules.length = 0;
  }

  /** What happens to this call; no fields, where all is well. */
  next(call: string): Fault {
    for (const entry of this.#rules) {
      const { on = '*', skip = 0, times = entry.rule.probability === undefined ? 1 : 0, probability = 1 } = entry.rule;
      if (!fits(on, call) || (times > 0 && entry.done >= times)) continue;
      entry.seen += 1;
      if (entry.seen <= skip || (probability < 1 && this.#chance() >= probability)) continue;
      entry.done += 1;
      this.happened[call] = (this.happened[call] ?? 0) + 1;
      return entry.rule;
    }
    return {};
  }
}

function fits(pattern: string, call: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(call);
}

/** Numbers from 0 to 1, the same each time for the same seed (mulberry32). */
export function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
