import { setTimeout as sleep } from 'node:timers/promises';
import { closeRun, findRun } from '../../artifacts/ledger/runs.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import { terminal } from '../../configs/failure.ts';
import { ensureUp } from '../../worker/local.ts';
import { UsageError } from '../command.ts';
import { print, printJson, tell } from '../output.ts';
import { runDocument } from '../run-document.ts';
import { noState, readState, runOf } from '../state.ts';
import { withClient } from '../temporal.ts';

/** How long a run may take to stop, in ms: the trainer's grace and a retry or two of the bookkeeping. */
const CANCEL_TIMEOUT = 60_000;

export async function cancel(flags: { json: boolean }, id: string): Promise<void> {
  await readState(async ({ home, ledger }) => {
    const run = await runOf(ledger, id);
    if (run.status !== 'running') throw new UsageError(`run ${run.id} has ended already: it is ${run.status}`);
    const at = await ensureUp(home, tell);
    const ended = await withClient(at, async (client) => {
      await client.workflow
        .getHandle(run.workflow_id)
        .cancel()
        .catch(async (error: unknown) => {
          if (!(error instanceof Error && error.name === 'WorkflowNotFoundError')) throw error;
          await closeRun(ledger, { id: run.id, status: 'cancelled' });
        });
      for (const deadline = Date.now() + CANCEL_TIMEOUT; Date.now() < deadline; await sleep(100)) {
        const found = (await findRun(ledger, run.id)) as RunRow;
        if (found.status !== 'running') return found;
      }
      throw terminal(
        'NotCancelled',
        `run ${run.id} was told to stop and still runs after ${CANCEL_TIMEOUT / 1000} s: \`anneal logs ${run.id}\` may say why`,
      );
    });
    if (flags.json) return printJson(await runDocument(ledger, ended, at));
    print(`run ${run.id} is ${ended.status}`);
  }, noState);
}
