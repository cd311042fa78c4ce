import type { RunRow } from '../../artifacts/ledger/schema.ts';
import { messageOf } from '../../configs/failure.ts';
import type { ArtifactRef } from '../../configs/refs.ts';
import { ensureUp } from '../../worker/local.ts';
import { UsageError } from '../command.ts';
import { shortDigest, tell } from '../output.ts';
import type { State } from '../state.ts';
import { withClient } from '../temporal.ts';

/** Hands ratings in to the run that waits for them; the same again is no harm. @throws UsageError where they come too late */
export async function handIn(state: State, run: RunRow, task: string, ratings: ArtifactRef): Promise<void> {
  const at = await ensureUp(state.home, tell);
  await withClient(at, async (client) => {
    try {
      await client.workflow
        .getHandle(run.workflow_id)
        .executeUpdate('handInRatings', { args: [{ task, ratings }], updateId: `ratings-${ratings.digest}` });
    } catch (error) {
      const isLate = error instanceof Error && error.name === 'WorkflowNotFoundError';
      if (!isLate && (!(error instanceof Error) || error.name !== 'WorkflowUpdateFailedError')) throw error;
      const why = isLate ? 'it has ended' : messageOf(error.cause ?? error);
      throw new UsageError(
        `run ${run.id} does not take these ratings: ${why}; they are kept as ${shortDigest(ratings.digest)}`,
      );
    }
  });
}
