import { recipeJsonSchema } from '../../configs/recipe.ts';
import { printJson } from '../output.ts';

/** It is JSON with and without `--json`. */
export async function schema(_flags: { json: boolean }): Promise<void> {
  printJson(recipeJsonSchema());
}
