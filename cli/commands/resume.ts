import { setTimeout as sleep } from 'node:timers/promises';
import { findRun } from '../../artifacts/ledger/runs.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import { messageOf } from '../../configs/failure.ts';
import { ensureUp } from '../../worker/local.ts';
import { updateFor, wantedIn } from '../budgets.ts';
import { UsageError } from '../command.ts';
import { print, printJson, tell } from '../output.ts';
import { runDocument } from '../run-document.ts';
import { followRun, type StartFlags } from '../start.ts';
import { actor, noState, readState, runOf } from '../state.ts';
import { withClient } from '../temporal.ts';

interface Flags extends StartFlags {
  budget: readonly string[];
}

/** Raises the budget of a run that waits for it, and follows it again. */
export async function resume(flags: Flags, id: string): Promise<number> {
  const wanted = wantedIn(flags.budget);
  return readState(async (state) => {
    const { home, ledger } = state;
    const run = await runOf(ledger, id);
    if (run.status !== 'running') throw new UsageError(`run ${run.id} has ended already: it is ${run.status}`);
    if (run.waiting === null)
      throw new UsageError(`run ${run.id} does not wait for a budget: \`anneal show ${run.id}\` says what it does`);
    if (!run.waiting.startsWith('the budget'))
      throw new UsageError(`run ${run.id} does not wait for a budget, but for ${run.waiting}`);
    const { name, args } = updateFor(wanted, run.waiting, actor());
    const at = await ensureUp(home, tell);
    await withClient(at, async (client) => {
      try {
        await client.workflow.getHandle(run.workflow_id).executeUpdate(name, { args });
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'WorkflowUpdateFailedError') throw error;
        const why = messageOf(error.cause ?? error);
        const hint = /unknown|no handler|not (?:found|registered)/i.test(why)
          ? 'nothing bounds that in its recipe'
          : why;
        throw new UsageError(`run ${run.id} does not take this budget: ${hint}`);
      }
    });
    await goesOn(ledger, run);
    if (!flags.detach) return followRun(state, at, run.id, flags);
    if (flags.json) printJson(await runDocument(ledger, (await findRun(ledger, run.id)) as RunRow, at));
    else print(`run ${run.id} goes on`);
    return 0;
  }, noState);
}

/** The workflow notes in the ledger that it goes on, or what it waits for now; a moment later at most. */
async function goesOn(ledger: Parameters<typeof findRun>[0], { id, waiting }: RunRow): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    if ((await findRun(ledger, id))?.waiting !== waiting) return;
    await sleep(100);
  }
}
