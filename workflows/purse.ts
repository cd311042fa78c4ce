import { condition, defineUpdate, setHandler } from '@temporalio/workflow';
import type { Budget } from '../configs/refs.ts';

/** Raises the budget of a run that waits for it; `anneal resume` sends it. */
export const raiseBudgetUpdate = defineUpdate<Budget, [Budget]>('raiseBudget');

const UNITS = ['usd', 'tokens'] as const;

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
  // One after the other: what is said last has to be what holds.
  let said: Promise<void> = Promise.resolve();
  const say = (why: string | null): Promise<void> => (said = said.then(() => waiting(why)));
  setHandler(
    raiseBudgetUpdate,
    (wanted) => {
      budget = { ...budget, ...wanted };
      return budget;
    },
    {
      validator: (wanted) => {
        const raised = UNITS.filter((unit) => wanted[unit] !== undefined);
        const bounds = UNITS.filter((unit) => budget[unit] !== undefined);
        if (raised.length === 0) throw new Error(`expected ${bounds.join(' or ') || UNITS.join(' or ')}`);
        for (const unit of raised) {
          const [now, then] = [budget[unit], wanted[unit]];
          // A bound that was not there would be a lower one.
          if (now === undefined)
            throw new Error(`nothing bounds its ${unit}${bounds.length > 0 ? `: raise ${bounds.join(' or ')}` : ''}`);
          if (typeof then !== 'number' || !(then > now))
            throw new Error(`its budget is ${now} ${unit} by now: give more than that, in all`);
        }
      },
    },
  );
  return {
    budget: () => budget,
    refill: async (reached, why) => {
      if (budget !== reached) return;
      waiters += 1;
      if (waiters === 1) await say(why);
      await condition(() => budget !== reached);
      waiters -= 1;
      if (waiters === 0) await say(null);
    },
  };
}
