import type { Client } from '@temporalio/client';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import {
  dropSchedule,
  findSchedule,
  keepSchedule,
  noteSchedule,
  noteTold,
  type KeptSchedule,
} from '../../artifacts/ledger/schedules.ts';
import { endPause, settleSchedule, type Settled } from '../../activities/schedules/settle.ts';
import { messageOf, terminal } from '../../configs/failure.ts';
import type { Recipe } from '../../configs/recipe.ts';
import type { ScheduleSpec } from '../../configs/schedule.ts';
import { actionOf, policiesOf, recipeFor } from './action.ts';
import { clockInWords, clockOf, hasClock } from './clock.ts';
import { changeInWords, fieldChanges, type FieldChange } from './diff.ts';

/** Where schedules are kept: in Temporal, which acts, and in the ledger, which knows what was asked for. */
export interface Shelf {
  client: Client;
  ledger: Ledger;
}

export interface Wanted {
  name: string;
  /** The recipe's file, and the recipe as read from it. */
  file: string;
  recipe: Recipe;
  spec: ScheduleSpec;
  actor: string;
}

/**
 * Makes a schedule.
 * @throws TerminalError `ScheduleExists`, `BadClock`
 */
export async function createSchedule({ client, ledger }: Shelf, wanted: Wanted): Promise<KeptSchedule> {
  const { name, spec, actor } = wanted;
  const recipe = recipeFor(spec, wanted.recipe);
  const known = await findSchedule(ledger, name);
  if (await isThere(client, name)) {
    const why = known
      ? `\`anneal schedule update ${name}\` changes it, or give the new one another --name`
      : 'it belongs to another state folder or was made by another program: give this one another --name';
    throw terminal('ScheduleExists', `there is a schedule ${name} already: ${why}`);
  }
  // Kept first: its first action may come at once, and finds it.
  await dropSchedule(ledger, name);
  await keepSchedule(ledger, { ...wanted, recipe });
  try {
    await client.schedule.create({
      scheduleId: name,
      spec: clockOf(spec),
      action: actionOf(name, recipe, actor),
      policies: policiesOf(spec),
      ...(spec.note === undefined ? {} : { state: { note: spec.note } }),
    });
    await refuseNever(client, name, spec);
  } catch (error) {
    await dropSchedule(ledger, name);
    throw badClock(error, spec) ?? error;
  }
  const why = `${clockInWords(spec)}${spec.note === undefined ? '' : `; ${spec.note}`}`;
  await noteSchedule(ledger, { recipe, actor }, 'create', why);
  return (await findSchedule(ledger, name)) as KeptSchedule;
}

async function isThere(client: Client, name: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(name).describe();
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** Whether Temporal does not know a schedule. */
export const isGone = (error: unknown): boolean => error instanceof Error && error.name === 'ScheduleNotFoundError';

/** A clock that never comes, such as the 30th of February, would be silence for ever. */
async function refuseNever(client: Client, name: string, spec: ScheduleSpec): Promise<void> {
  if (!hasClock(spec)) return;
  const handle = client.schedule.getHandle(name);
  if ((await handle.describe()).info.nextActionTimes.length > 0) return;
  await handle.delete();
  throw neverComes(spec);
}

const quoted = (cron: readonly string[]): string => cron.map((one) => `"${one}"`).join(', ');

const neverComes = ({ cron }: ScheduleSpec): Error =>
  terminal('BadClock', `--cron ${quoted(cron)}: there is no such day or time, now or later`);

/** What the server says about a cron expression or a zone, for the person who wrote it. */
function badClock(error: unknown, { cron, timezone }: ScheduleSpec): Error | undefined {
  // The client gives what the server refuses as a type error.
  if (!(error instanceof TypeError)) return undefined;
  const said = messageOf(error);
  if (/time ?zone/i.test(said))
    return terminal('BadClock', `--timezone ${timezone}: ${said}; expected an IANA name such as Europe/Berlin`);
  const example = 'minute hour day month weekday, e.g. "30 2 * * MON"';
  return terminal('BadClock', `--cron ${quoted(cron)}: ${said}; expected ${example}`);
}

/** What a change of a schedule comes to. */
export interface Update {
  schedule: KeptSchedule;
  /** Fields of the recipe and of the schedule that change; none: nothing is done. */
  recipe: FieldChange[];
  spec: FieldChange[];
}

/** What would change; `file`, `recipe` and `spec` are as they shall be. */
export function planUpdate(schedule: KeptSchedule, wanted: Omit<Wanted, 'name'>): Update {
  const recipe = recipeFor(wanted.spec, wanted.recipe);
  const { folder: _folder, ...spec } = wanted.spec;
  const { folder: _before, ...before } = schedule.spec;
  return {
    schedule,
    recipe: fieldChanges(schedule.recipe, recipe),
    spec: [
      ...fieldChanges(before, spec),
      ...(wanted.file === schedule.file ? [] : [{ field: 'file', from: schedule.file, to: wanted.file }]),
    ],
  };
}

/**
 * Changes a schedule; one that is paused stays so. Its runs go on with what they were started with.
 * @throws TerminalError `BadClock`
 */
export async function updateSchedule(
  { client, ledger }: Shelf,
  { schedule, recipe: changed, spec: moved }: Update,
  wanted: Omit<Wanted, 'name'>,
): Promise<void> {
  const { name } = schedule;
  const { spec, actor } = wanted;
  const recipe = recipeFor(spec, wanted.recipe);
  await closeAccount({ client, ledger }, name);
  const handle = client.schedule.getHandle(name);
  const before = await handle.describe();
  try {
    await handle.update((now) => ({
      spec: clockOf(spec),
      action: actionOf(name, recipe, actor),
      policies: policiesOf(spec),
      state: now.state,
    }));
  } catch (error) {
    throw badClock(error, spec) ?? error;
  }
  if (hasClock(spec) && (await handle.describe()).info.nextActionTimes.length === 0) {
    await handle.update((now) => ({ ...now, spec: before.spec, action: before.action }));
    throw neverComes(spec);
  }
  const why = [...moved, ...changed].map(changeInWords).join('; ');
  await keepSchedule(ledger, { ...wanted, name, recipe }, why);
}

/** Counts what was not taken so far by the clock that is about to change. */
async function closeAccount({ client, ledger }: Shelf, name: string): Promise<void> {
  await settleSchedule(client.schedule, ledger, name);
}

/** Pauses a schedule. `false`: it was paused before, and stays as it was. */
export async function pauseSchedule(
  { client, ledger }: Shelf,
  { name, actor, why }: { name: string; actor: string; why: string },
): Promise<{ settled: Settled; isNew: boolean }> {
  const settled = await mustSettle({ client, ledger }, name);
  if (settled.schedule.told.paused) return { settled, isNew: false };
  const since = new Date().toISOString();
  const told = { ...settled.schedule.told, paused: { by: actor, why, since, counted: 0, until: since } };
  await client.schedule.getHandle(name).pause(`by ${actor}: ${why}`);
  await noteTold(ledger, { name, before: settled.schedule.told, told });
  await noteSchedule(ledger, { ...settled.schedule, actor }, 'pause', why);
  return { settled: await mustSettle({ client, ledger }, name), isNew: true };
}

/** Lets a schedule go on. `false`: it was not paused. */
export async function resumeSchedule(
  { client, ledger }: Shelf,
  { name, actor }: { name: string; actor: string },
): Promise<{ schedule: KeptSchedule; isNew: boolean; reason: string | null }> {
  const { schedule } = await mustSettle({ client, ledger }, name);
  const { paused } = schedule.told;
  if (!paused) return { schedule, isNew: false, reason: null };
  await client.schedule.getHandle(name).unpause(`resumed by ${actor}`);
  // Counted up to now: what is due from now on is taken.
  const reason = await endPause(client.schedule, ledger, schedule, new Date());
  await noteTold(ledger, { name, before: schedule.told, told: { ...schedule.told, paused: null } });
  const why = reason ?? `paused by ${paused.by} (${paused.why}); nothing was due meanwhile`;
  await noteSchedule(ledger, { ...schedule, actor }, 'resume', why);
  return { schedule, isNew: true, reason };
}

/** Takes a schedule out of Temporal and of the ledger; its runs stay, and those under way go on. */
export async function deleteSchedule(
  { client, ledger }: Shelf,
  { schedule, actor }: { schedule: KeptSchedule; actor: string },
): Promise<void> {
  const { name } = schedule;
  try {
    await client.schedule.getHandle(name).delete();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  await dropSchedule(ledger, name);
  await noteSchedule(ledger, { ...schedule, actor }, 'delete', `${name}: ${clockInWords(schedule.spec)}`);
}

/** @throws TerminalError `ScheduleGone` for one that the ledger has and Temporal has not. */
export async function mustSettle({ client, ledger }: Shelf, name: string): Promise<Settled> {
  try {
    const settled = await settleSchedule(client.schedule, ledger, name);
    if (settled) return settled;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  throw terminal(
    'ScheduleGone',
    `Temporal does not know the schedule ${name} any more: its database was removed or is another one; \`anneal schedule delete ${name}\`, then create it again`,
  );
}
