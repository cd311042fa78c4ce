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
const LANES = 4;
/** So many are asked about one by one; of more, what Temporal lists is believed, which may be a second old. */
const MOST_ASKED = 100;

/** One schedule in full. What it missed, or did not do in a pause, is entered in the ledger by the way. */
export async function showSchedule(shelf: Shelf, schedule: KeptSchedule): Promise<ScheduleDetails> {
  const settled = await settledOrGone(shelf, schedule.name);
  const runs = await lastActions(shelf.ledger, schedule.name, MOST_ACTIONS);
  return {
    ...(await documentOf(shelf, schedule, stateOf(settled), await findWatch(shelf.client, schedule.name))),
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
export async function listAll(shelf: Shelf, mostAsked: number = MOST_ASKED): Promise<ScheduleDocument[]> {
  const kept = await listSchedules(shelf.ledger);
  const listed = kept.length > mostAsked ? await listedStates(shelf.client) : new Map<string, Date[]>();
  const watched = await listWatched(shelf.client);
  const found: ScheduleDocument[] = [];
  let asked = 0;
  const lane = async (): Promise<void> => {
    while (asked < kept.length) {
      const at = asked++;
      const schedule = kept[at] as KeptSchedule;
      const { name, told } = schedule;
      const next = told.paused === null ? listed.get(name) : undefined;
      const state = next ? { schedule, isPaused: false, next } : stateOf(await settledOrGone(shelf, name));
      found[at] = await documentOf(shelf, schedule, state, watched.get(name) ?? null);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return found;
}

/** What is known of a schedule in Temporal. */
interface ScheduleState {
  schedule: KeptSchedule;
  isPaused: boolean;
  next: readonly Date[];
  /** Temporal's counters; where it was not asked, the runs and what was told stand for them. */
  info?: Settled['description']['info'];
}

const stateOf = (settled: Settled | undefined): ScheduleState | undefined =>
  settled && {
    schedule: settled.schedule,
    isPaused: settled.description.state.paused,
    next: settled.description.info.nextActionTimes,
    info: settled.description.info,
  };

/** The next actions of every schedule that is not paused, in few calls. */
async function listedStates(client: Shelf['client']): Promise<Map<string, Date[]>> {
  const states = new Map<string, Date[]>();
  for await (const { scheduleId, state, info } of client.schedule.list({ pageSize: 1000 })) {
    if (!state.paused) states.set(scheduleId, info.nextActionTimes);
  }
  return states;
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
  { name, recipe, spec, createdAt, updatedAt, actor, told: before }: KeptSchedule,
  state: ScheduleState | undefined,
  watch: WatchState | null,
): Promise<ScheduleDocument> {
  const { paused, missed } = state?.schedule.told ?? before;
  const counts = await countActions(ledger, name);
  const { completed, skipped, failed, cancelled, running } = counts;
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
    state: state === undefined ? 'gone' : state.isPaused ? 'paused' : 'active',
    paused: paused && { by: paused.by, why: paused.why, since: paused.since, notTaken: paused.counted },
    next: (state?.next ?? [])
      .slice(0, MOST_NEXT)
      .map((at) => ({ at: at.toISOString(), local: timeIn(spec.timezone, at) })),
    counts: {
      taken: state?.info?.numActionsTaken ?? completed + skipped + failed + cancelled + running,
      missed,
      ...counts,
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
