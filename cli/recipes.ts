import { formatProblem, type Problem, type RecipeReading } from '../configs/recipe-file.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { Home } from '../worker/home.ts';
import { preflight, type Preflight, type PreflightOptions } from '../worker/preflight.ts';
import { UsageError } from './command.ts';

/** A recipe that passed every check, and what was found on the way. */
export interface CheckedRecipe {
  recipe: Recipe;
  report: Preflight;
}

/**
 * Checks a recipe that was read: its fields, then everything outside it that can be known before work starts.
 * @throws UsageError with all problems, each with its place.
 */
export async function checkRecipe(
  { recipe, problems, place }: RecipeReading,
  home: Home,
  options: PreflightOptions = {},
): Promise<CheckedRecipe> {
  if (!recipe) throw invalid(problems);
  const report = await preflight(recipe, home, options);
  if (report.problems.length > 0) throw invalid(report.problems.map((found) => ({ ...place(found.path), ...found })));
  return { recipe, report };
}

function invalid(problems: readonly Problem[]): UsageError {
  const lines = problems.map(formatProblem);
  return new UsageError(
    lines.length === 1
      ? (lines[0] as string)
      : `${lines.length} problems\n${lines.map((line) => `  ${line}`).join('\n')}`,
    problems,
  );
}
