import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findSchedule, noteSchedule, type KeptSchedule } from '../../../artifacts/ledger/schedules.ts';
import { Duration } from '../../../configs/duration.ts';
import { ScheduleSpec } from '../../../configs/schedule.ts';
import { createSchedule } from '../../../worker/schedules/change.ts';
import { startWatch, stopWatch, watchId } from '../../../worker/schedules/watches.ts';
import { UsageError } from '../../command.ts';
import { print, printJson } from '../../output.ts';
import { checkContinuousFile, scheduleNamed, withNewSchedules, withSchedule, type OpenShelf } from '../../schedules.ts';
import { actor } from '../../state.ts';
import { nameIn } from './create.ts';

/** Watches the source of a schedule; given a recipe's file, of a schedule without a clock that is made for it. */
export async function watch(flags: { every: string; json: boolean }, what: string): Promise<void> {
  const { every } = flags;
  if (!Duration.safeParse(every).success)
    throw new UsageError(`--every: expected a whole number and a unit: s, m, h, d or w, e.g. 5m, found "${every}"`);
  const isFile = existsSync(what) && (what.includes('/') || /\.ya?ml$/.test(what));
  const made = isFile ? await checkContinuousFile(what) : undefined;
  const begin = async (shelf: OpenShelf, schedule: KeptSchedule): Promise<void> => {
    const { name } = schedule;
    const { isNew } = await startWatch(shelf.client, schedule, { every, startedBy: actor() });
    await noteSchedule(shelf.ledger, { ...schedule, actor: actor() }, 'watch', `${name}: every ${every}`);
    if (flags.json) return printJson({ schedule: name, every, isNew, workflowId: watchId(name) });
    print(
      `the source of ${name} is looked at every ${every}${isNew ? '' : ' from now on'}; what is new starts a run, which decides whether it is enough`,
    );
  };
  if (made === undefined) return withSchedule(what, begin);
  const name = nameIn(undefined, made.name);
  await withNewSchedules(async (shelf) => {
    const known = await findSchedule(shelf.ledger, name);
    if (known && known.file !== resolve(what))
      throw new UsageError(`there is a schedule ${name} of another file, ${known.file}: watch it by its name`);
    if (!known) {
      const spec = ScheduleSpec.parse({ folder: process.cwd() });
      await createSchedule(shelf, { name, file: resolve(what), recipe: made, spec, actor: actor() });
    }
    await begin(shelf, await scheduleNamed(shelf.state, name));
  });
}

/** Ends the watch of a schedule. */
export async function unwatch(flags: { json: boolean }, name: string): Promise<void> {
  await withSchedule(name, async ({ client, ledger }, schedule) => {
    const stopped = await stopWatch(client, name);
    if (stopped) await noteSchedule(ledger, { ...schedule, actor: actor() }, 'unwatch', name);
    if (flags.json) return printJson({ schedule: name, stopped });
    print(stopped ? `the source of ${name} is no longer watched` : `the source of ${name} was not watched`);
  });
}
