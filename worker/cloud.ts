import { checkup, type Checkup } from '../adapters/google/checkup/checkup.ts';
import type { Recipe } from '../configs/recipe.ts';

/** Looks at what runs at Google Cloud need, without changing anything there. */
export const lookAtCloud = (recipe?: Recipe): Promise<Checkup> => checkup(recipe);
