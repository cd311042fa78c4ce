import { setTimeout as sleep } from 'node:timers/promises';
import { planOf } from '../../artifacts/export/kfp/plan.ts';
import { listExecutions } from '../../artifacts/ledger/executions.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { findRun } from '../../artifacts/ledger/runs.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import { terminal } from '../../configs/failure.ts';
import type { Recipe } from '../../configs/recipe.ts';

/** How often the ledger is looked at, in ms. */
const LOOK_MS = 500;

/**
 * Waits until a run is past a step: a later one has begun, or the run has ended.
 *
 * @throws TerminalError when it has no such step, failed, was cancelled, or waits for somebody: a pipeline cannot answer.
 */
export async function pastStep(ledger: Ledger, id: string, step: string): Promise<RunRow> {
  for (;;) {
    const run = await findRun(ledger, id);
    if (!run)
      throw terminal('NoRun', `the run ${id} is not in the state that was handed over: run the task before again`);
    const order = planOf(JSON.parse(run.recipe_json) as Recipe).map(({ name }) => name);
    if (!order.includes(step))
      throw terminal('NoStep', `the run ${id} has no step "${step}": its steps are ${order.join(', ')}`);
    if (run.status === 'failed' || run.status === 'cancelled') {
      const { message = '' } = run.error_json === null ? {} : (JSON.parse(run.error_json) as { message?: string });
      throw terminal('RunFailed', `the run ${id} ${run.status}${message && `: ${message}`}`);
    }
    if (run.status !== 'running') return run;
    if (run.waiting !== null)
      throw terminal(
        'RunWaits',
        `the run ${id} waits (${run.waiting}), and nobody can answer it in a pipeline: run recipes with approvals or budgets on a worker of your own`,
      );
    const later = order.slice(order.indexOf(step) + 1);
    const begun = (await listExecutions(ledger, id)).map(({ instance }) => instance.split(/[.#]/)[0] ?? '');
    if (begun.some((name) => later.includes(name))) return run;
    await sleep(LOOK_MS);
  }
}
