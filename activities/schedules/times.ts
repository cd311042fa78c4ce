import type { ScheduleClient } from '@temporalio/client';

/** Where schedules are asked about: the client of a command, or the one that a worker gives its activities. */
export type Schedules = Pick<ScheduleClient, 'getHandle' | 'workflowService' | 'options'>;

/** A schedule that acts every second is counted no further; the words say "at least" then. */
export const MOST_COUNTED = 10_000;

/** Times at which a schedule acts, after `from` and up to `to`, by the clock of the Temporal server; at most `most`. */
export async function actionTimes(
  { workflowService, options }: Schedules,
  scheduleId: string,
  { from, to, most = MOST_COUNTED }: { from: Date; to: Date; most?: number },
): Promise<Date[]> {
  const { namespace } = options;
  const found: Date[] = [];
  // An answer holds a thousand times at most.
  for (let start = from; start < to && found.length < most;) {
    const range = { startTime: stampOf(start), endTime: stampOf(to) };
    const { startTime } = await workflowService.listScheduleMatchingTimes({ namespace, scheduleId, ...range });
    const next = (startTime ?? []).map((time) => new Date(Number(time.seconds) * 1000 + (time.nanos ?? 0) / 1e6));
    const last = next.at(-1);
    if (last === undefined) break;
    found.push(...next);
    start = last;
  }
  return found.slice(0, most);
}

function stampOf(date: Date) {
  const ms = date.getTime();
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: (ms - seconds * 1000) * 1e6 } as unknown as NonNullable<
    Parameters<Schedules['workflowService']['listScheduleMatchingTimes']>[0]['startTime']
  >;
}
