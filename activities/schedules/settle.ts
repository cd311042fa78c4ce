import type { ScheduleDescription } from '@temporalio/client';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { findSchedule, noteNotTaken, noteTold, type KeptSchedule } from '../../artifacts/ledger/schedules.ts';
import { plain } from '../../configs/plain.ts';
import type { ScheduleTold } from '../../configs/schedule.ts';
import { actionTimes, MOST_COUNTED, type Schedules } from './times.ts';

type Pause = NonNullable<ScheduleTold['paused']>;

/** What a schedule is by now: in Temporal and in the ledger. */
export interface Settled {
  schedule: KeptSchedule;
  description: ScheduleDescription;
  /** What was told by this call, in sentences. */
  news: string[];
}

/**
 * Tells what a schedule did not do: actions later than the catch-up window, and those of a pause, each as one skipped
 * run. Telling it again changes nothing.
 * @returns undefined for a schedule that this ledger does not know.
 */
export async function settleSchedule(schedules: Schedules, ledger: Ledger, name: string): Promise<Settled | undefined> {
  const schedule = await findSchedule(ledger, name);
  if (!schedule) return undefined;
  const description = await schedules.getHandle(name).describe();
  const before = schedule.told;
  const news: string[] = [];
  const missed = await tellMissed(ledger, schedule, description, news);
  const paused = await tellPause(schedules, ledger, schedule, description, news);
  const told = { missed, paused };
  if (JSON.stringify(told) !== JSON.stringify(before)) await noteTold(ledger, { name, before, told });
  return { schedule: { ...schedule, told }, description, news };
}

async function tellMissed(
  ledger: Ledger,
  schedule: KeptSchedule,
  { info }: ScheduleDescription,
  news: string[],
): Promise<number> {
  const { name, spec, told } = schedule;
  const count = info.numActionsMissedCatchupWindow;
  const more = count - told.missed;
  if (more > 0) {
    const reason = `${actions(more)} missed: the Temporal server was away for longer than the catch-up window of ${spec.catchup}`;
    await noteNotTaken(ledger, { id: `${name}.missed.${idOf(schedule.createdAt)}.${count}`, schedule, reason });
    news.push(reason);
  }
  return count;
}

async function tellPause(
  schedules: Schedules,
  ledger: Ledger,
  schedule: KeptSchedule,
  { state, info }: ScheduleDescription,
  news: string[],
): Promise<Pause | null> {
  const { told } = schedule;
  if (state.paused) {
    const pause = told.paused ?? foundPause(schedule, { note: state.note, info });
    const counted = await countPause(schedules, schedule.name, pause, new Date());
    await tellNotTaken(ledger, schedule, counted, null);
    return counted;
  }
  if (!told.paused) return null;
  // Resumed by somebody else than `anneal schedule resume`: it lasted until the first action that was taken again.
  const since = new Date(told.paused.since);
  const again = info.recentActions.find(({ scheduledAt }) => scheduledAt > since)?.scheduledAt;
  const end = again === undefined ? new Date() : new Date(again.getTime() - 1000);
  const reason = await endPause(schedules, ledger, schedule, end);
  if (reason !== null) news.push(reason);
  return null;
}

/** A pause that was not made by `anneal schedule pause`, as far as it can be told. */
function foundPause(
  { createdAt }: KeptSchedule,
  { note, info }: { note: string | undefined; info: ScheduleDescription['info'] },
): Pause {
  const [, by = 'somebody outside of anneal', why = plain(note ?? '')] =
    /^by ([^:]{1,100}): (.*)$/s.exec(note ?? '') ?? [];
  const last = [createdAt, info.lastUpdatedAt, info.recentActions.at(-1)?.scheduledAt].filter((at) => at !== undefined);
  const since = new Date(Math.max(...last.map((at) => new Date(at).getTime()))).toISOString();
  return { by: plain(by), why: plain(why), since, counted: 0, until: since };
}

/** A pause with the actions counted that were not taken in it until a time. */
export async function countPause(schedules: Schedules, name: string, pause: Pause, until: Date): Promise<Pause> {
  const from = new Date(pause.until);
  if (until <= from || pause.counted >= MOST_COUNTED) return pause;
  const more = await actionTimes(schedules, name, { from, to: until, most: MOST_COUNTED - pause.counted });
  return { ...pause, counted: pause.counted + more.length, until: until.toISOString() };
}

/** Tells what was not taken in the pause that ended at a time; null when nothing was due in it. */
export async function endPause(
  schedules: Schedules,
  ledger: Ledger,
  schedule: KeptSchedule,
  end: Date,
): Promise<string | null> {
  const { paused } = schedule.told;
  if (!paused) return null;
  return tellNotTaken(ledger, schedule, await countPause(schedules, schedule.name, paused, end), end);
}

async function tellNotTaken(
  ledger: Ledger,
  schedule: KeptSchedule,
  { by, why, since, counted }: Pause,
  end: Date | null,
): Promise<string | null> {
  if (counted === 0) return null;
  const until = end === null ? 'on' : `to ${minute(end.toISOString())}`;
  const so = end === null ? 'not taken so far' : 'not taken';
  const many = counted >= MOST_COUNTED ? `at least ${actions(counted)}` : actions(counted);
  const reason = `paused by ${by} from ${minute(since)} ${until}${why === '' ? '' : ` (${why})`}: ${many} ${so}`;
  await noteNotTaken(ledger, { id: `${schedule.name}.paused.${idOf(since)}`, schedule, reason });
  return reason;
}

const actions = (count: number): string => (count === 1 ? '1 action was' : `${count} actions were`);

/** `2026-11-25 09:13 UTC` */
const minute = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

/** A time as part of a run's id. */
const idOf = (iso: string): string => iso.replaceAll(/[-:]|\.\d+Z$/g, '').replace('T', '-');
