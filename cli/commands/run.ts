import { readRecipe } from '../../configs/recipe-file.ts';
import { STEPS } from '../../configs/refs.ts';
import { findHome } from '../../worker/home.ts';
import { UsageError } from '../command.ts';
import { noteText, tell } from '../output.ts';
import { checkRecipe } from '../recipes.ts';
import { defaultOptions, startContinuous, startRun, type StartFlags } from '../start.ts';
import { actor, withState } from '../state.ts';
import { nearest } from '../../configs/nearest.ts';

interface Flags extends StartFlags {
  set?: readonly string[];
  refresh?: readonly string[];
  noCache: boolean;
}

export async function run(flags: Flags, file: string): Promise<number> {
  const refresh = (flags.refresh ?? []).map(stepNamed);
  const { recipe, report } = await checkRecipe(readRecipe(file, flags.set), findHome());
  for (const note of report.notes) tell(`note: ${noteText(note)}`);
  const options = defaultOptions({ refresh, noCache: flags.noCache });
  return withState((state) =>
    recipe.continuous
      ? startContinuous(state, { recipe, startedBy: actor(), trigger: 'cli' }, flags, options)
      : startRun(state, recipe, options, flags),
  );
}

/** A step's name as given on the command line. @throws UsageError with the nearest right one. */
export function stepNamed(name: string): string {
  if ((STEPS as readonly string[]).includes(name)) return name;
  const near = nearest(name, STEPS);
  throw new UsageError(
    `there is no step "${name}": ${near ? `did you mean "${near}"?` : `the steps are ${STEPS.join(', ')}`}`,
  );
}
