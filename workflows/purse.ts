import { condition, defineUpdate, setHandler } from '@temporalio/workflow';
import type { Budget } from '../configs/refs.ts';

/** Raises the budget of a run that waits for it; `anneal resume` sends it. */
export const raiseBudgetUpdate = defineUpdate<Budget, [Budget]>('raiseBudget');

/** What a run may spend, and how it waits for more. */
export interface Purse {
  budget(): Budget;
  /** Waits until there is more than what was reached. */
  refill(reached: Budget, why: string): Promise<void>;
}

/**
 * Opens the purse of a run. A run that waits costs nothing, for as long as it takes.
 *
 * @param waiting Called when the run begins to wait, with the reason, and with null when it goes on.
 */
export function openPurse(first: Budget, waiting: (why: string | null) => Promise<void>): Purse {
  let budget = first;
  let waiters = 0;
  setHandler(
    raiseBudgetUpdate,
    (wanted) => {
      budget = { ...budget, ...wanted };
      return budget;
    },
    {
      validator: (wanted) => {
        const raised = (['usd', 'tokens'] as const).filter((unit) => wanted[unit] !== undefined);
        if (raised.length === 0) throw new Error('expected usd or tokens');
        for (const unit of raised) {
          const [now, then] = [budget[unit], wanted[unit]];
          if (typeof then !== 'number' || !(then > (now ?? 0)))
            throw new Error(`the budget is ${now ?? 'unlimited'} ${unit} by now: give more than that, in all`);
        }
      },
    },
  );
  return {
    budget: () => budget,
    refill: async (reached, why) => {
      if (budget !== reached) return;
      waiters += 1;
      if (waiters === 1) await waiting(why);
      await condition(() => budget !== reached);
      waiters -= 1;
      if (waiters === 0) await waiting(null);
    },
  };
}
