import { checks } from '../../scripts/toolchain.js';
import type { Recipe } from '../../configs/recipe.ts';
import { EXIT, UsageError } from '../command.ts';
import { noteText, paint, print, printJson, table } from '../output.ts';

interface Check {
  name: string;
  ok: boolean;
  found: string;
  remedy?: string | undefined;
  /** A check with a note is about something that a run can do without. */
  note?: string | undefined;
}

const isFine = (found: readonly Check[]): boolean => found.every((check) => check.ok || check.note !== undefined);

export async function doctor(flags: { cloud?: boolean; json: boolean }, file?: string): Promise<number> {
  if (flags.cloud) return cloud(flags.json, file);
  if (file !== undefined) throw new UsageError('a recipe is looked at with --cloud only: anneal doctor --cloud RECIPE');
  const found = checks();
  const ok = isFine(found);
  if (flags.json) printJson({ ok, checks: found });
  else show(found, 'slow');
  return ok ? EXIT.done : EXIT.failed;
}

async function cloud(json: boolean, file?: string): Promise<number> {
  const recipe = file === undefined ? undefined : await recipeIn(file);
  const { lookAtCloud } = await import('../../worker/cloud.ts');
  const { place, identity, checks: found } = await lookAtCloud(recipe);
  const ok = isFine(found);
  if (json) printJson({ ok, identity: identity ?? null, place: place ?? null, checks: found });
  else show(found, 'noted');
  return ok ? EXIT.done : EXIT.failed;
}

async function recipeIn(file: string): Promise<Recipe> {
  const { formatProblem, readRecipe } = await import('../../configs/recipe-file.ts');
  const { recipe, problems } = readRecipe(file);
  if (!recipe) throw new UsageError(problems.map(formatProblem).join('\n'), problems);
  return recipe;
}

/** @param noted What a check with a note is called. */
function show(found: readonly Check[], noted: string): void {
  const mark = (isOk: boolean, note?: string): string =>
    isOk ? paint('green', 'ok') : note === undefined ? paint('red', 'missing') : paint('yellow', noted);
  print(
    table(
      found.map(({ name, ok, found: what, remedy, note }) => [
        name,
        mark(ok, note),
        noteText([what, note, remedy && `to mend: ${remedy}`].filter(Boolean).join('; ')),
      ]),
    ),
  );
}
