import type { RunRow } from '../../artifacts/ledger/schema.ts';
import type { GoogleMirror } from '../../configs/google-mirror.ts';
import type { Google } from '../../configs/google.ts';
import type { Recipe } from '../../configs/recipe.ts';

/** What the recipe of a run asks to be copied; undefined: nothing. */
export function mirrorOf({
  recipe_json,
}: Pick<RunRow, 'recipe_json'>): { google: Google; settings: GoogleMirror } | undefined {
  // A run that a crash kept from being entered whole has no recipe to speak of.
  const { google } = JSON.parse(recipe_json) as Partial<Recipe>;
  return google?.mirror === undefined ? undefined : { google, settings: google.mirror };
}
