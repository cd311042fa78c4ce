import { existsSync } from 'node:fs';
import {
  countActions,
  lastActions,
  listSchedules,
  type ActionCounts,
  type KeptSchedule,
} from '../../artifacts/ledger/schedules.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import type { Settled } from '../../activities/schedules/settle.ts';
import { formatProblem, readRecipe } from '../../configs/recipe-file.ts';
import { OVERLAPS } from '../../configs/schedule.ts';
import { settleSchedule } from '../../activities/schedules/settle.ts';
import { isGone, type Shelf } from './change.ts';
import { recipeFor } from './action.ts';
import { clockInWords, timeIn } from './clock.ts';
import { fieldChanges, type FieldChange } from './diff.ts';
import { findWatch, listWatched, type WatchState } from './watches.ts';

/** Whether the recipe's file still says what is scheduled. */
export type FileState =
  | { file: string; state: 'same' | 'gone' }
  | { file: string; state: 'differs'; changes: FieldChange[] }
  | { file: string; state: 'unreadable'; problem: string };

/** A schedule as programs see it. */
export interface ScheduleDocument {
  name: string;
  pipeline: string;
  /** When it acts, in words. */
  clock: string;
  cron: string[];
  every: string | null;
  timezone: string;
  overlap: string;
  catchup: string;
  note: string | null;
  /** `active`, `paused`, or `gone`: Temporal does not know it any more. */
  state: 'active' | 'paused' | 'gone';
  paused: { by: string; why: string; since: string; notTaken: number } | null;
  /** The next actions: UTC, and in the schedule's zone. */
  next: { at: string; local: string }[];
  /** `taken` and `missed` are Temporal's; the others count runs. */
  counts: ActionCounts & { taken: number; missed: number };
  watch: WatchState | null;
  createdAt: string;
  updatedAt: string;
  actor: string;
}

/** The same with what takes a look at files and runs. */
export interface ScheduleDetails extends ScheduleDocument {
  actions: {
    runId: string;
    status: RunRow['status'];
    verdict: string | null;
    reason: string | null;
    startedAt: string;
  }[];
  recipe: FileState;
  /** What was told of it just now: missed actions, the end of a pause. */
  news: string[];
}

/** Next actions that are shown. */
const MOST_NEXT = 5;
/** Last actions that are shown. */
const MOST_ACTIONS = 10;
/** Schedules asked about at the same time. */
const LANES = 16;

/** One schedule in full. What it missed, or did not do in a pause, is entered in the ledger by the way. */
export async function showSchedule(shelf: Shelf, schedule: KeptSchedule): Promise<ScheduleDetails> {
  const settled = await settledOrGone(shelf, schedule.name);
  const runs = await lastActions(shelf.ledger, schedule.name, MOST_ACTIONS);
  return {
    ...(await documentOf(shelf, schedule, settled, await findWatch(shelf.client, schedule.name))),
    actions: runs.map(({ id, status, verdict, reason, started_at }) => ({
      runId: id,
      status,
      verdict,
      reason,
      startedAt: started_at,
    })),
    recipe: stateOfFile(schedule),
    news: settled?.news ?? [],
  };
}

/** Every schedule of the ledger, by name. */
export async function listAll(shelf: Shelf): Promise<ScheduleDocument[]> {
  const kept = await listSchedules(shelf.ledger);
  const watched = await listWatched(shelf.client);
  const found: ScheduleDocument[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < kept.length) {
      const at = next++;
      const schedule = kept[at] as KeptSchedule;
      const settled = await settledOrGone(shelf, schedule.name);
      found[at] = await documentOf(shelf, schedule, settled, watched.get(schedule.name) ?? null);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return found;
}

async function settledOrGone({ client, ledger }: Shelf, name: string): Promise<Settled | undefined> {
  try {
    return await settleSchedule(client.schedule, ledger, name);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function documentOf(
  { ledger }: Shelf,
  { name, recipe, spec, createdAt, updatedAt, actor, told }: KeptSchedule,
  settled: Settled | undefined,
  watch: WatchState | null,
): Promise<ScheduleDocument> {
  const { info, state } = settled?.description ?? {};
  const paused = settled ? settled.schedule.told.paused : told.paused;
  return {
    name,
    pipeline: recipe.name,
    clock: clockInWords(spec),
    cron: spec.cron,
    every: spec.every,
    timezone: spec.timezone,
    overlap: overlapOf(recipe.continuous?.overlap),
    catchup: spec.catchup,
    note: spec.note ?? null,
    state: state === undefined ? 'gone' : state.paused ? 'paused' : 'active',
    paused: paused && { by: paused.by, why: paused.why, since: paused.since, notTaken: paused.counted },
    next: (info?.nextActionTimes ?? [])
      .slice(0, MOST_NEXT)
      .map((at) => ({ at: at.toISOString(), local: timeIn(spec.timezone, at) })),
    counts: {
      taken: info?.numActionsTaken ?? 0,
      missed: info?.numActionsMissedCatchupWindow ?? told.missed,
      ...(await countActions(ledger, name)),
    },
    watch,
    createdAt,
    updatedAt,
    actor,
  };
}

/** The recipe's word for overlap in those of the command line. */
const overlapOf = (meant: string | undefined): string =>
  Object.entries(OVERLAPS).find(([, word]) => word === meant)?.[0] ?? 'skip';

/** Compares the recipe's file, read as it was when it was scheduled, with what is scheduled. */
export function stateOfFile({ file, spec, recipe }: KeptSchedule): FileState {
  if (!existsSync(file)) return { file, state: 'gone' };
  const read = readRecipe(file, spec.set, spec.folder);
  if (!read.recipe) {
    const [problem] = read.problems;
    return { file, state: 'unreadable', problem: problem ? formatProblem(problem) : 'it cannot be read' };
  }
  const changes = fieldChanges(recipe, recipeFor(spec, read.recipe));
  return changes.length === 0 ? { file, state: 'same' } : { file, state: 'differs', changes };
}
