import type { BudgetBounds } from './continuous.ts';
import type { Recipe } from './recipe.ts';

/** What the runs of a recipe may spend; of two bounds for the trainings of one run the lower. Undefined: nothing is bounded. */
export function spendingBounds({
  continuous,
  tune,
}: {
  continuous?: Recipe['continuous'];
  tune?: Pick<Recipe['tune'], 'limits'>;
}): BudgetBounds | undefined {
  const budget = continuous?.budget;
  const limit = tune?.limits?.usd;
  if (limit === undefined) return budget;
  const usd = Math.min(limit, budget?.run?.usd ?? Number.POSITIVE_INFINITY);
  return { ...budget, run: { ...budget?.run, usd } };
}
