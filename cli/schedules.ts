import type { Client } from '@temporalio/client';
import { findSchedule, listSchedules, type KeptSchedule } from '../artifacts/ledger/schedules.ts';
import { Duration } from '../configs/duration.ts';
import { TerminalError } from '../configs/failure.ts';
import { nearest } from '../configs/nearest.ts';
import type { Recipe } from '../configs/recipe.ts';
import { readRecipe, type RecipeReading } from '../configs/recipe-file.ts';
import { OVERLAPS, type ScheduleSpec } from '../configs/schedule.ts';
import type { Address } from '../worker/connect.ts';
import { findHome } from '../worker/home.ts';
import { ensureUp } from '../worker/local.ts';
import type { Shelf } from '../worker/schedules/change.ts';
import { isTimeZone } from '../worker/schedules/clock.ts';
import { UsageError } from './command.ts';
import { noteText, tell } from './output.ts';
import { checkRecipe } from './recipes.ts';
import { noState, readState, withState, type State } from './state.ts';
import { withClient } from './temporal.ts';

/** Options that say when a schedule acts and how. */
export interface ClockFlags {
  cron?: readonly string[];
  every?: string;
  timezone?: string;
  overlap?: string;
  catchup?: string;
  note?: string;
}

/** State folder, ledger and a client of the server. */
export type OpenShelf = Shelf & { state: State; at: Address; client: Client };

/** Works with schedules of a state folder that is there; server and worker are brought up. */
export const withSchedules = <T>(work: (shelf: OpenShelf) => Promise<T>): Promise<T> =>
  readState((state) => openShelf(state, work), noState);

/** The same; the state folder is made when it is not there. */
export const withNewSchedules = <T>(work: (shelf: OpenShelf) => Promise<T>): Promise<T> =>
  withState((state) => openShelf(state, work));

async function openShelf<T>(state: State, work: (shelf: OpenShelf) => Promise<T>): Promise<T> {
  const at = await ensureUp(state.home, tell);
  return withClient(at, async (client) => {
    try {
      return await work({ state, at, client, ledger: state.ledger });
    } catch (error) {
      // What a person wrote, and only the server can read.
      if (error instanceof TerminalError && ['BadClock', 'ScheduleExists'].includes(error.type))
        throw new UsageError(error.message);
      throw error;
    }
  });
}

/** Works with a schedule of a name; a name that is not known brings nothing up. */
export const withSchedule = <T>(
  name: string,
  work: (shelf: OpenShelf, schedule: KeptSchedule) => Promise<T>,
): Promise<T> =>
  readState(async (state) => {
    await scheduleNamed(state, name);
    return openShelf(state, async (shelf) => work(shelf, await scheduleNamed(state, name)));
  }, noState);

/** The schedule of a name. @throws UsageError with the nearest right one. */
export async function scheduleNamed({ ledger }: State, name: string): Promise<KeptSchedule> {
  const found = await findSchedule(ledger, name);
  if (found) return found;
  const names = (await listSchedules(ledger)).map((schedule) => schedule.name);
  const near = nearest(name, names);
  throw new UsageError(
    `there is no schedule "${name}": ${near !== undefined ? `did you mean "${near}"?` : names.length > 0 ? '`anneal schedule list` shows those there are' : 'there is none yet; `anneal schedule create RECIPE --cron …` makes one'}`,
  );
}

/** Reads what the options say, over what held before. @throws UsageError */
export function specIn(flags: ClockFlags, before: ScheduleSpec): ScheduleSpec {
  const { cron, every, timezone, overlap, catchup, note } = flags;
  if (cron !== undefined && every !== undefined)
    throw new UsageError('--cron and --every: expected one of the two, found both');
  for (const [option, text] of [
    ['--every', every],
    ['--catchup', catchup],
  ] as const) {
    if (text !== undefined && !Duration.safeParse(text).success)
      throw new UsageError(`${option}: expected a whole number and a unit: s, m, h, d or w, e.g. 12h, found "${text}"`);
  }
  if (timezone !== undefined && !isTimeZone(timezone))
    throw new UsageError(
      `--timezone: there is no time zone "${timezone}"; expected an IANA name such as Europe/Berlin, or UTC`,
    );
  const bad = cron?.find((expression) => !isCronLike(expression));
  if (bad !== undefined)
    throw new UsageError(
      `--cron "${bad}": expected five fields in quotes, minute hour day month weekday, e.g. "30 2 * * MON"`,
    );
  return {
    ...before,
    ...(cron === undefined ? {} : { cron: [...cron], every: null }),
    ...(every === undefined ? {} : { cron: [], every }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(overlap === undefined ? {} : { overlap: overlapNamed(overlap) }),
    ...(catchup === undefined ? {} : { catchup }),
    ...(note === undefined ? {} : { note }),
  };
}

/** Enough to tell an expression from a part of one; the server reads it. */
const isCronLike = (text: string): boolean => {
  const bare = text.trim().replace(/^(CRON_)?TZ=\S+\s+/, '');
  return /^@\w+/.test(bare) || [5, 6, 7].includes(bare.split(/\s+/).length);
};

function overlapNamed(text: string): keyof typeof OVERLAPS {
  if (Object.hasOwn(OVERLAPS, text)) return text as keyof typeof OVERLAPS;
  const names = Object.keys(OVERLAPS);
  const near = nearest(text, names);
  throw new UsageError(
    `--overlap: expected one of ${names.join(', ')}, found "${text}"${near ? `; did you mean "${near}"?` : ''}`,
  );
}

/**
 * Checks a recipe as `anneal run` does, and that it says how to tune in periods.
 * @param options.fieldsOnly Looks at nothing outside of it: its rows are replaced by others.
 * @throws UsageError
 */
export async function checkContinuous(
  reading: RecipeReading,
  file: string,
  { fieldsOnly = false }: { fieldsOnly?: boolean } = {},
): Promise<Recipe> {
  if (reading.recipe && reading.recipe.continuous === undefined)
    throw new UsageError(
      `${file} has no section "continuous": add \`continuous: {}\` for its defaults; docs/continuous.md says what they are`,
    );
  if (fieldsOnly && reading.recipe) return reading.recipe;
  const { recipe, report } = await checkRecipe(reading, findHome());
  for (const note of report.notes) tell(`note: ${noteText(note)}`);
  return recipe;
}

/** The same of a file. */
export const checkContinuousFile = (file: string, sets: readonly string[] = []): Promise<Recipe> =>
  checkContinuous(readRecipe(file, sets), file);
