import { setTimeout as sleep } from 'node:timers/promises';
import { takeCall } from '../../artifacts/ledger/rates.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import type { JobService } from '../contracts.ts';

/** The longest wait for one's turn, in ms, before the limits are looked at again. */
const LOOK_AGAIN_MS = 5000;

/** Makes a call when the limits of its project allow it: one limiter for all workers on this ledger. */
export type Limited = <T>(kind: 'submit' | 'call', work: () => Promise<T>) => Promise<T>;

/** The limiter of a service. A submission counts among the calls, too. */
export function limiterOf(
  ledger: Ledger,
  { scope, limits }: Pick<JobService, 'scope' | 'limits'>,
  signal: AbortSignal,
): Limited {
  const turn = async (kind: 'submit' | 'call'): Promise<void> => {
    const perMinute = kind === 'submit' ? limits.submitsPerMinute : limits.callsPerMinute;
    for (;;) {
      signal.throwIfAborted();
      const wait = await takeCall(ledger, { scope, kind, perMinute, atMs: Date.now() });
      if (wait === 0) return;
      await sleep(Math.min(wait, LOOK_AGAIN_MS), undefined, { signal });
    }
  };
  return async (kind, work) => {
    if (kind === 'submit') await turn('submit');
    await turn('call');
    return work();
  };
}
