import { setTimeout as sleep } from 'node:timers/promises';
import { findRun } from '../../artifacts/ledger/runs.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import { messageOf } from '../../configs/failure.ts';
import type { Budget } from '../../configs/refs.ts';
import { ensureUp } from '../../worker/local.ts';
import { UsageError } from '../command.ts';
import { print, printJson, tell } from '../output.ts';
import { runDocument } from '../run-document.ts';
import { followRun, type StartFlags } from '../start.ts';
import { noState, readState, runOf } from '../state.ts';
import { withClient } from '../temporal.ts';

interface Flags extends StartFlags {
  budget: readonly string[];
}

/** Raises the budget of a run that waits for it, and follows it again. */
export async function resume(flags: Flags, id: string): Promise<number> {
  const budget = budgetOf(flags.budget);
  return readState(async (state) => {
    const { home, ledger } = state;
    const run = await runOf(ledger, id);
    if (run.status !== 'running') throw new UsageError(`run ${run.id} has ended already: it is ${run.status}`);
    if (run.waiting === null)
      throw new UsageError(`run ${run.id} does not wait for a budget: \`anneal show ${run.id}\` says what it does`);
    if (run.waiting.includes('`anneal rate ') || run.waiting.includes('`anneal approve '))
      throw new UsageError(`run ${run.id} does not wait for a budget, but for ${run.waiting}`);
    const at = await ensureUp(home, tell);
    await withClient(at, async (client) => {
      try {
        await client.workflow.getHandle(run.workflow_id).executeUpdate('raiseBudget', { args: [budget] });
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'WorkflowUpdateFailedError') throw error;
        const why = messageOf(error.cause ?? error);
        const hint = /unknown|no handler|not (?:found|registered)/i.test(why) ? 'it has no synthesis under way' : why;
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

/** The workflow notes in the ledger that it goes on; a moment later at most. */
async function goesOn(ledger: Parameters<typeof findRun>[0], { id }: RunRow): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    if ((await findRun(ledger, id))?.waiting === null) return;
    await sleep(100);
  }
}

/** `5` and `usd=5` are US dollars, `tokens=200000` tokens: what the run may spend in all. */
function budgetOf(texts: readonly string[]): Budget {
  const budget: Budget = {};
  for (const text of texts) {
    const [unit, number] = text.includes('=') ? (text.split('=', 2) as [string, string]) : ['usd', text];
    const value = Number(number);
    if (
      (unit !== 'usd' && unit !== 'tokens') ||
      !(value > 0) ||
      !Number.isFinite(value) ||
      (unit === 'tokens' && !Number.isInteger(value))
    )
      throw new UsageError(`--budget: expected usd=5 or tokens=200000, found "${text}"`);
    budget[unit] = value;
  }
  return budget;
}
