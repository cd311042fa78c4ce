import { setTimeout as sleep } from 'node:timers/promises';
import { noteSchedule, type KeptSchedule } from '../../artifacts/ledger/schedules.ts';
import { actionTimes } from '../../activities/schedules/times.ts';
import { terminal } from '../../configs/failure.ts';
import { mustSettle, type Shelf } from './change.ts';

/** How long Temporal may take to start an action, in ms; usually a tenth of a second. */
const ACTION_TIMEOUT = 10_000;
/** Temporal keeps so many actions waiting for their turn. */
const MOST_BACKFILLED = 1000;

/**
 * Takes one action now, whatever the clock and a pause say.
 * @returns the id of its run.
 * @throws TerminalError `NoAction`
 */
export async function takeAction(
  { client, ledger }: Shelf,
  { schedule, actor }: { schedule: KeptSchedule; actor: string },
): Promise<string> {
  const { name } = schedule;
  const { description } = await mustSettle({ client, ledger }, name);
  const before = new Set(description.info.recentActions.map(({ action }) => action.workflow.firstExecutionRunId));
  const handle = client.schedule.getHandle(name);
  await handle.trigger('ALLOW_ALL');
  for (const deadline = Date.now() + ACTION_TIMEOUT; Date.now() < deadline; await sleep(50)) {
    const { info } = await handle.describe();
    const taken = info.recentActions.findLast(({ action }) => !before.has(action.workflow.firstExecutionRunId));
    if (!taken) continue;
    const { workflowId } = taken.action.workflow;
    await noteSchedule(ledger, { ...schedule, actor }, 'trigger', workflowId);
    return workflowId;
  }
  const message = `Temporal started no action of ${name} within ${ACTION_TIMEOUT / 1000} s: one of the same second may be at work; try again`;
  throw terminal('NoAction', message);
}

/**
 * Takes the actions that were due in a time that has passed, one after the other; those that were taken are left out.
 * @returns how many were due, and the ids of the runs that are started.
 * @throws TerminalError `TooManyActions`
 */
export async function backfillSchedule(
  { client, ledger }: Shelf,
  { schedule, from, to, actor }: { schedule: KeptSchedule; from: Date; to: Date; actor: string },
): Promise<{ due: number; taken: string[] }> {
  const { name } = schedule;
  await mustSettle({ client, ledger }, name);
  // The server leaves out what is due at the very beginning.
  const range = { from: new Date(from.getTime() - 1000), to, most: MOST_BACKFILLED + 1 };
  const times = await actionTimes(client.schedule, name, range);
  if (times.length > MOST_BACKFILLED) {
    const message = `more than ${MOST_BACKFILLED} actions of ${name} were due in that time: take a shorter one`;
    throw terminal('TooManyActions', message);
  }
  const isTaken = new Set<string>();
  for (const at of times) {
    const id = idAt(name, at);
    if (await ledger.selectFrom('runs').select('id').where('id', '=', id).executeTakeFirst()) isTaken.add(id);
  }
  const open = times.filter((at) => !isTaken.has(idAt(name, at)));
  if (open.length > 0) {
    const handle = client.schedule.getHandle(name);
    const backfills = open.map((at) => ({ start: at, end: at, overlap: 'BUFFER_ALL' as const }));
    await handle.backfill(backfills);
    const why = `${open.length} of ${times.length} actions from ${from.toISOString()} to ${to.toISOString()}`;
    await noteSchedule(ledger, { ...schedule, actor }, 'backfill', why);
  }
  return { due: times.length, taken: open.map((at) => idAt(name, at)) };
}

/** Id of the run that is started for a time, as Temporal makes it. */
const idAt = (name: string, at: Date): string => `${name}-${at.toISOString().slice(0, 19)}Z`;
