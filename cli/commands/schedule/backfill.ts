import { backfillSchedule } from '../../../worker/schedules/trigger.ts';
import { UsageError } from '../../command.ts';
import { print, printJson } from '../../output.ts';
import { withSchedule } from '../../schedules.ts';
import { actor } from '../../state.ts';

/** Takes the actions of a time that has passed, one after the other. */
export async function backfill(flags: { from: string; to: string; json: boolean }, name: string): Promise<void> {
  const [from, to] = [timeIn('--from', flags.from), timeIn('--to', flags.to)];
  if (from > to) throw new UsageError(`--from ${flags.from} is later than --to ${flags.to}`);
  if (to > new Date()) throw new UsageError(`--to ${flags.to} has not come yet`);
  await withSchedule(name, async (shelf, schedule) => {
    const { due, taken } = await backfillSchedule(shelf, { schedule, from, to, actor: actor() });
    if (flags.json) return printJson({ schedule: name, actions: taken, takenBefore: due - taken.length });
    if (due === 0) return print(`${name} had no action due in that time: nothing was started`);
    if (taken.length === 0) return print(`all ${due} actions of that time were taken before: nothing was started`);
    print(
      `${taken.length === 1 ? 'one action is' : `${taken.length} actions are`} taken, one after the other${due > taken.length ? `; ${due - taken.length} were taken before` : ''}: \`anneal schedule show ${name}\` lists them`,
    );
  });
}

/** A day (UTC), or a time with its zone. */
function timeIn(option: string, text: string): Date {
  const at = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}(T.*(Z|[+-]\d{2}:\d{2}))?$/.test(text) && !Number.isNaN(at.getTime())) return at;
  throw new UsageError(
    `${option}: expected a day such as 2026-11-01, or a time with its zone such as 2026-11-01T02:30:00+01:00, found "${text}"`,
  );
}
