import type { Client } from '@temporalio/client';
import { QUEUES } from '../../configs/presets.ts';
import type { KeptSchedule } from '../../artifacts/ledger/schedules.ts';
import { durationOf, msOf } from '../../configs/duration.ts';
import type { watch, ReviseWatch } from '../../workflows/watch.ts';
import { lineAttributes } from './action.ts';

/** A watch that looks at the source of a schedule. */
export interface WatchState {
  workflowId: string;
  every: string | null;
  since: string;
}

/** Id of the workflow that watches for a schedule; there is one at most. */
export const watchId = (name: string): string => `watch.${name}`;

/** The watch of a schedule that is at work. */
export async function findWatch(client: Client, name: string): Promise<WatchState | null> {
  try {
    const found = await client.workflow.getHandle(watchId(name)).describe();
    return found.status.name === 'RUNNING' ? stateOf(found) : null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Every watch at work, by the name of its schedule; a new one may be missing for a second. */
export async function listWatched(client: Client): Promise<Map<string, WatchState>> {
  const watched = new Map<string, WatchState>();
  const query = "WorkflowType = 'watch' AND ExecutionStatus = 'Running'";
  for await (const found of client.workflow.list({ query }))
    watched.set(found.workflowId.slice(watchId('').length), stateOf(found));
  return watched;
}

function stateOf({
  workflowId,
  startTime,
  memo,
}: {
  workflowId: string;
  startTime: Date;
  memo?: Record<string, unknown> | undefined;
}): WatchState {
  const { every } = memo ?? {};
  return { workflowId, every: typeof every === 'string' ? every : null, since: startTime.toISOString() };
}

/** Begins to watch the source of a schedule, or changes how a watch at work does it. */
export async function startWatch(
  client: Client,
  { name, recipe }: KeptSchedule,
  { every, startedBy }: { every: string; startedBy: string },
): Promise<{ isNew: boolean }> {
  const everyMs = msOf(every);
  try {
    await client.workflow.start<typeof watch>('watch', {
      taskQueue: QUEUES.control,
      workflowId: watchId(name),
      staticSummary: `${recipe.name}: looks at its source every ${durationOf(everyMs)} and tunes when it changed`,
      memo: { every },
      typedSearchAttributes: lineAttributes(recipe),
      args: [{ name, recipe, everyMs, startedBy }],
    });
    return { isNew: true };
  } catch (error) {
    if (!(error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError')) throw error;
    await reviseWatch(client, name, { recipe, everyMs });
    return { isNew: false };
  }
}

/** Tells a watch at work of a changed recipe or interval. `false`: there is none. */
export async function reviseWatch(client: Client, name: string, revised: ReviseWatch): Promise<boolean> {
  try {
    await client.workflow.getHandle(watchId(name)).signal<[ReviseWatch]>('reviseWatch', revised);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Ends the watch of a schedule; runs that it started go on. `false`: there is none. */
export async function stopWatch(client: Client, name: string): Promise<boolean> {
  const handle = client.workflow.getHandle(watchId(name));
  try {
    if ((await handle.describe()).status.name !== 'RUNNING') return false;
    await handle.cancel();
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Unknown to Temporal, or ended. */
const isMissing = (error: unknown): boolean => error instanceof Error && error.name === 'WorkflowNotFoundError';
