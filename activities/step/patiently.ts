import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { RemoteFailure } from '../../adapters/remote/failure.ts';
import { endWaiting, setWaiting } from '../../artifacts/ledger/runs.ts';
import { plain } from '../../configs/plain.ts';
import type { StepContext } from './context.ts';

/** Waits between attempts: 1 s, 2 s, 4 s … 60 s. */
const [FIRST_MS, MOST_MS] = [1000, 60_000];
/** How the sentence begins that says so. */
const WAITING = 'waiting for the vendor';
/** Attempts after which the run says that it waits. */
const SAY_AFTER = 3;

/**
 * A vendor that is away, or wants to be left alone, costs none of the errors that a step may have: it is asked again
 * later, for as long as it takes, and the run says what it waits for.
 *
 * @param delayMs Until the next attempt, unless the vendor asks for more; default: more with every attempt.
 */
export async function patiently<T>(
  { deps, run }: Pick<StepContext<unknown>, 'deps' | 'run'>,
  work: () => Promise<T>,
  delayMs?: number,
): Promise<T> {
  const { attempt } = Context.current().info;
  try {
    const done = await work();
    if (attempt > SAY_AFTER) await endWaiting(deps.ledger, run.id, WAITING);
    return done;
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    const message = plain(error.message);
    if (attempt >= SAY_AFTER) await setWaiting(deps.ledger, run.id, `${WAITING}: ${message}`);
    throw ApplicationFailure.create({
      type: 'NotYet',
      message,
      category: ApplicationFailureCategory.BENIGN,
      // Also where the vendor asks for less: ordering has a bounded number of attempts (configs/presets.ts).
      nextRetryDelay: Math.max(
        error.retryAfterMs ?? 0,
        delayMs ?? Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 10)),
      ),
    });
  }
}
