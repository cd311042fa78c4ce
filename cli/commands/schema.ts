import { recipeJsonSchema } from '../../configs/recipe.ts';
import { printJson } from '../output.ts';

export async function schema(): Promise<void> {
  printJson(recipeJsonSchema());
}
