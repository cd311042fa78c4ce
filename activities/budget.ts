import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { noteRaise } from '../artifacts/ledger/raises.ts';
import { bookRun, exhausted, reserve } from '../artifacts/ledger/reservations.ts';
import { setWaiting } from '../artifacts/ledger/runs.ts';
import type { Raise } from '../configs/budget.ts';
import type { BudgetBounds } from '../configs/continuous.ts';
import { TerminalError } from '../configs/failure.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { ArtifactRef } from '../configs/refs.ts';
import { estimateTraining, trainingUsd } from './budgeting/estimate.ts';
import { doesNotFit, nothingLeft } from './budgeting/words.ts';
import type { Deps } from './step/deps.ts';
import { failpoint } from '../configs/failpoint.ts';
import { tunerNameOf } from '../configs/names.ts';

/** How often a run looks whether there is room by now: a month has begun, or another run gave some back. */
const LOOK_EVERY_MS = 20_000;

export interface ReserveOrder {
  run: string;
  line: string;
  /** The step as the run calls it. */
  instance: string;
  settings: Recipe['tune'];
  /** Name of the base model, by which its price is known. */
  base: string;
  train?: ArtifactRef | undefined;
  bounds: BudgetBounds;
  /** Bounds that a person raised for this run. */
  raised: readonly Raise[];
  /** Line of models, for the audit. */
  model: string;
  /** What the run was told last; the activity comes back when there is something else to say. */
  told?: string | undefined;
}

export interface BudgetActivities {
  /** Null, or why a run of the line need not begin. */
  budgetLeft(ask: { run: string; line: string; bounds: BudgetBounds }): Promise<string | null>;
  /**
   * Sets aside what a training may cost. Where it does not fit it says why; told already, it waits by failing in a way
   * that is tried again.
   */
  reserveTraining(order: ReserveOrder): Promise<{ reserved: true } | { reserved: false; why: string }>;
  /** Books what the steps of a run did cost so far. */
  bookCosts(order: { run: string }): Promise<void>;
}

/** Budgets of runs, lines and months. */
export function createBudget(deps: Deps): BudgetActivities {
  const { ledger, store, tuners } = deps;
  return {
    budgetLeft: async ({ run, line, bounds }) => {
      const reached = await exhausted(ledger, { runId: run, line, bounds });
      return reached.length === 0 ? null : nothingLeft(reached);
    },

    reserveTraining: async ({ run, line, instance, settings, base, train, bounds, raised, model, told }) => {
      for (const raise of raised) await noteRaise(ledger, { run, model, raise });
      const file = train && (await store.path(train.digest));
      const estimate = await estimateTraining(ledger, {
        line,
        base,
        settings,
        train: file,
        passes: tuners[tunerNameOf(settings)]?.passes?.(settings),
      });
      const isBounded = Object.values(bounds).some((bound) => bound?.usd !== undefined);
      const isHere = tuners[tunerNameOf(settings)]?.isHere ?? false;
      const usd = priced(() => trainingUsd(estimate.tokens, { base, settings, isHere, isBounded }));
      const wanted = { ...estimate, usd };
      const made = await reserve(ledger, { id: `${run}/${instance}`, runId: run, line, wanted, bounds });
      if (made.reserved) {
        failpoint('budget.reserved');
        if (told !== undefined) await setWaiting(ledger, run, null);
        return { reserved: true };
      }
      const why = doesNotFit(made.reached, run);
      await setWaiting(ledger, run, why);
      if (why !== told) return { reserved: false, why };
      throw ApplicationFailure.create({
        type: 'NotYet',
        message: why,
        category: ApplicationFailureCategory.BENIGN,
        nextRetryDelay: LOOK_EVERY_MS,
      });
    },

    bookCosts: ({ run }) => ledger.transaction().execute((tx) => bookRun(tx, run, false)),
  };
}

/** A price that is not known is not known at the next attempt either. */
function priced(work: () => number): number {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.type);
  }
}
