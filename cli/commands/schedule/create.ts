import { resolve } from 'node:path';
import { ScheduleSpec } from '../../../configs/schedule.ts';
import { createSchedule } from '../../../worker/schedules/change.ts';
import { showSchedule } from '../../../worker/schedules/look.ts';
import { UsageError } from '../../command.ts';
import { print, printJson } from '../../output.ts';
import { printSchedule } from '../../schedule-words.ts';
import { checkContinuousFile, specIn, withNewSchedules, type ClockFlags } from '../../schedules.ts';
import { actor } from '../../state.ts';

interface Flags extends ClockFlags {
  name?: string;
  set?: readonly string[];
  json: boolean;
}

/** Makes a schedule of a recipe. */
export async function create(flags: Flags, file: string): Promise<void> {
  const spec = specIn(flags, ScheduleSpec.parse({ folder: process.cwd(), set: [...(flags.set ?? [])] }));
  if (spec.cron.length === 0 && spec.every === null)
    throw new UsageError(
      'expected --cron "30 2 * * MON" or --every 1h; to act when new rows come, and by no clock: `anneal schedule watch RECIPE`',
    );
  const recipe = await checkContinuousFile(file, flags.set);
  const name = nameIn(flags.name, recipe.name);
  await withNewSchedules(async (shelf) => {
    const made = await createSchedule(shelf, { name, file: resolve(file), recipe, spec, actor: actor() });
    const document = await showSchedule(shelf, made);
    if (flags.json) return printJson(document);
    printSchedule(document);
    print(`\nto change it: \`anneal schedule update ${name} --help\`; to stop it: \`anneal schedule pause ${name}\``);
  });
}

/** A name for a schedule; it is part of the ids of its runs. @throws UsageError */
export function nameIn(given: string | undefined, recipe: string): string {
  const name = given ?? recipe;
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)) return name;
  throw new UsageError(
    `--name: expected lower-case letters, digits, ".", "_" and "-", at most 63 characters, found "${name}"`,
  );
}
