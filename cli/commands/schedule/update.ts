import { resolve } from 'node:path';
import { amendRecipe } from '../../../configs/recipe-file.ts';
import type { KeptSchedule } from '../../../artifacts/ledger/schedules.ts';
import { plain } from '../../../configs/plain.ts';
import { planUpdate, updateSchedule, type Wanted } from '../../../worker/schedules/change.ts';
import { changeInWords } from '../../../worker/schedules/diff.ts';
import { reviseWatch } from '../../../worker/schedules/watches.ts';
import { print, printJson } from '../../output.ts';
import {
  checkContinuous,
  checkContinuousFile,
  scheduleNamed,
  specIn,
  withSchedule,
  type ClockFlags,
} from '../../schedules.ts';
import { actor } from '../../state.ts';

interface Flags extends ClockFlags {
  set?: readonly string[];
  dryRun: boolean;
  json: boolean;
}

/** Changes a schedule, and says field by field what changes. */
export async function update(flags: Flags, name: string, file?: string): Promise<void> {
  await withSchedule(name, async (shelf, schedule) => {
    const wanted = await wantedOf(flags, schedule, file);
    const plan = planUpdate(schedule, wanted);
    const changes = [...plan.spec, ...plan.recipe];
    const isChanged = changes.length > 0 && !flags.dryRun;
    if (isChanged) {
      await updateSchedule(shelf, plan, wanted);
      if (plan.recipe.length > 0) {
        const { recipe } = await scheduleNamed(shelf.state, name);
        await reviseWatch(shelf.client, name, { recipe });
      }
    }
    if (flags.json) {
      const { spec, recipe } = plan;
      return printJson({ schedule: name, changed: isChanged, dryRun: flags.dryRun, spec, recipe });
    }
    if (changes.length === 0) return print(`${name} is so already: nothing was changed`);
    for (const change of changes) print(plain(changeInWords(change)));
    print(
      flags.dryRun
        ? `\nnothing was changed: without --dry-run ${changes.length === 1 ? 'this field is' : `these ${changes.length} fields are`}`
        : `\n${name} is changed; runs under way go on with what they were started with`,
    );
  });
}

/** With a file, the recipe is read anew with the overrides given now; else the one that is scheduled is changed. */
async function wantedOf(flags: Flags, schedule: KeptSchedule, file: string | undefined): Promise<Omit<Wanted, 'name'>> {
  const { set = [] } = flags;
  const before = specIn(flags, schedule.spec);
  if (file !== undefined) {
    const spec = { ...before, set: [...set], folder: process.cwd() };
    return { file: resolve(file), recipe: await checkContinuousFile(file, set), spec, actor: actor() };
  }
  if (set.length === 0) return { file: schedule.file, recipe: schedule.recipe, spec: before, actor: actor() };
  const recipe = await checkContinuous(amendRecipe(schedule.recipe, set), 'the scheduled recipe');
  return { file: schedule.file, recipe, spec: { ...before, set: [...before.set, ...set] }, actor: actor() };
}
