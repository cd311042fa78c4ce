import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { beatLease } from '../../artifacts/ledger/leases.ts';
import { LEASE_LOST } from '../../configs/presets.ts';
import type { StepContext } from './context.ts';

/** A lease is free when its holder has given no sign of life for so long: four times the time between two signs. */
const TTL_SECONDS = 40;
const BEAT_EVERY_MS = 10_000;

type Held = Pick<StepContext<unknown>, 'lease' | 'run' | 'deps'>;

/**
 * Keeps the lease of a step's run alive. What is given back is called as often as one likes, and says whether the run
 * still holds it; without a lease it always does.
 */
export function keepLease({ lease, run, deps }: Held): () => Promise<boolean> {
  let last = Number.NEGATIVE_INFINITY;
  return async () => {
    if (lease === undefined || Date.now() - last < BEAT_EVERY_MS) return true;
    last = Date.now();
    return beatLease(deps.ledger, { resource: lease, holder: run.id, ttlSeconds: TTL_SECONDS });
  };
}

/** Ends the step so that its workflow takes the lease again, and then the step. */
export function leaseLost({ lease, run }: Held): ApplicationFailure {
  return ApplicationFailure.create({
    type: LEASE_LOST,
    message: `run ${run.id} gave no sign of life for ${TTL_SECONDS} s and lost ${lease}: it waits for it again`,
    category: ApplicationFailureCategory.BENIGN,
    nonRetryable: true,
  });
}
