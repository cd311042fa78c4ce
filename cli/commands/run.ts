import { readRecipe } from '../../configs/recipe-file.ts';
import { STEPS } from '../../configs/refs.ts';
import { findHome } from '../../worker/home.ts';
import { UsageError } from '../command.ts';
import { noteText, tell } from '../output.ts';
import { checkRecipe } from '../recipes.ts';
import { defaultOptions, startRun, type StartFlags } from '../start.ts';
import { withState } from '../state.ts';
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
  return withState((state) => startRun(state, recipe, defaultOptions({ refresh, noCache: flags.noCache }), flags));
}

/** A step's name as given on the command line. @throws UsageError with the nearest right one. */
export function stepNamed(name: string): string {
  if ((STEPS as readonly string[]).includes(name)) return name;
  const near = nearest(name, STEPS);
  throw new UsageError(
    `there is no step "${name}": ${near ? `did you mean "${near}"?` : `the steps are ${STEPS.join(', ')}`}`,
  );
}
