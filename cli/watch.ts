import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { busyWith, findRunInQueue } from '../artifacts/ledger/leases.ts';
import { closeRun } from '../artifacts/ledger/runs.ts';
import { listExecutions } from '../artifacts/ledger/executions.ts';
import { freeBytes } from '../artifacts/store.ts';
import type { ExecutionRow, RunRow } from '../artifacts/ledger/schema.ts';
import { messageOf } from '../configs/failure.ts';
import { plain } from '../configs/plain.ts';
import { ensureUp, hasCrashed } from '../worker/local.ts';
import { runningPart } from '../worker/state.ts';
import { isOrdered, showSteps } from './live.ts';
import type { State } from './state.ts';

/** How often the ledger is looked at, in ms: one small read. */
const LOOK_EVERY = 100;
/** How often the server is asked whether the workflow still runs, in ms. */
const ASK_EVERY = 3000;
/** With less room, in bytes, neither ledger nor server can write. */
const FULL = 2 ** 20;

/**
 * Shows a run until it has ended, waits for a person, or Ctrl+C was pressed.
 * @returns its row.
 */
export async function watchRun({ home, ledger }: State, client: Client, id: string): Promise<RunRow> {
  const view = showSteps();
  let interrupted = false;
  const interrupt = (): void => void (interrupted = true);
  process.once('SIGINT', interrupt);
  let asked = Date.now();
  try {
    for (;;) {
      const { run, isQueued } = (await findRunInQueue(ledger, id)) as { run: RunRow; isQueued: boolean };
      const rows = await listExecutions(ledger, id);
      view.update(rows, isQueued ? run.waiting : await turnOf(ledger, id, rows));
      if (isQueued && !rows.some(({ status }) => status === 'running'))
        view.say(`waiting for ${plain(run.waiting ?? '')}`);
      // A run that waits for a person may wait for months; its turn comes by itself.
      if (run.status !== 'running' || (run.waiting !== null && !isQueued) || interrupted) return run;
      if (Date.now() - asked > ASK_EVERY) {
        asked = Date.now();
        if ((await freeBytes(home.root)) < FULL) {
          view.say(
            `the disk of ${home.root} is full: free some (\`anneal gc\` shows what can go); the run goes on then`,
          );
        }
        // What kept server and worker running was killed: a run must not wait for ever.
        else if (hasCrashed(home)) await ensureUp(home, view.say);
        else if (!runningPart(home, 'worker'))
          view.say(`no worker is running; it is started again (its log: ${home.logs}/worker.log)`);
        else await closeIfGone(ledger, client, run, view.say);
      }
      await sleep(LOOK_EVERY);
    }
  } finally {
    view.end();
    process.off('SIGINT', interrupt);
  }
}

/** What a job that was ordered waits for, while no worker has time for it. */
async function turnOf(ledger: State['ledger'], id: string, rows: readonly ExecutionRow[]): Promise<string | null> {
  if (!rows.some(isOrdered)) return null;
  const busy = await busyWith(ledger, id);
  return busy ? `its turn: the machine is busy with ${busy.step} of run ${busy.run}` : null;
}

/** A workflow ended from outside (terminated in the Temporal UI) could not write its end into the ledger. */
async function closeIfGone(
  ledger: State['ledger'],
  client: Client,
  run: RunRow,
  say: (text: string) => void,
): Promise<void> {
  try {
    const { status } = await client.workflow.getHandle(run.workflow_id).describe();
    if (status.name === 'RUNNING' || status.name === 'COMPLETED') return;
    const how = status.name.toLowerCase().replace('_', ' ');
    const error =
      status.name === 'FAILED'
        ? {
            type: 'WorkflowFailed',
            message: 'the workflow failed before it could record why: the Temporal UI shows it',
          }
        : { type: 'WorkflowEnded', message: `the workflow was ${how} by somebody or something else` };
    const ended = status.name === 'CANCELLED' ? ('cancelled' as const) : ('failed' as const);
    // A workflow that just ended by itself may be about to write its own end.
    await sleep(1000);
    await closeRun(ledger, { id: run.id, status: ended, error });
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') {
      const lost = {
        type: 'WorkflowNotFound',
        message: 'the Temporal server does not know the workflow: its database was removed or is another one',
      };
      await closeRun(ledger, { id: run.id, status: 'failed', error: lost });
    } else {
      say(`the Temporal server does not answer (${messageOf(error)}): the run goes on when it is back`);
    }
  }
}
