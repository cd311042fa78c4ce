import type { ScheduleOptions } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { msOf } from '../../configs/duration.ts';
import { modelNameOf } from '../../configs/names.ts';
import { QUEUES } from '../../configs/presets.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { OVERLAPS, triggerOfSchedule, type ScheduleSpec } from '../../configs/schedule.ts';
import { SEARCH_ATTRIBUTES } from '../../configs/search-attributes.ts';

/** What a schedule starts: the workflow `continuous` with the recipe as it was checked. */
export function actionOf(name: string, recipe: Recipe, startedBy: string): ScheduleOptions['action'] {
  return {
    type: 'startWorkflow',
    workflowType: 'continuous',
    taskQueue: QUEUES.control,
    // Temporal puts the scheduled time behind it.
    workflowId: name,
    staticSummary: `${recipe.name}: continuous tuning of ${modelNameOf(recipe)}, schedule ${name}`,
    staticDetails: recipe.description ?? `Recipe ${recipe.name}, scheduled by ${startedBy}`,
    typedSearchAttributes: lineAttributes(recipe),
    args: [{ recipe, startedBy, trigger: triggerOfSchedule(name) }],
  };
}

/** What runs of a line are searched by. */
export const lineAttributes = (recipe: Recipe): TypedSearchAttributes =>
  new TypedSearchAttributes([
    { key: SEARCH_ATTRIBUTES.pipeline, value: recipe.name },
    { key: SEARCH_ATTRIBUTES.model, value: modelNameOf(recipe) },
  ]);

/**
 * Every action starts a run, which itself skips, waits or stops the other as the recipe says: so each has its reason
 * in the ledger, where Temporal's own policies would only count.
 */
export const policiesOf = ({ catchup }: ScheduleSpec): NonNullable<ScheduleOptions['policies']> => ({
  overlap: 'ALLOW_ALL',
  catchupWindow: msOf(catchup),
  pauseOnFailure: false,
});

/** A recipe as a schedule's runs get it: with the overlap that the schedule asks for. */
export function recipeFor({ overlap }: ScheduleSpec, recipe: Recipe): Recipe {
  const { continuous } = recipe;
  if (overlap === null || !continuous) return recipe;
  return { ...recipe, continuous: { ...continuous, overlap: OVERLAPS[overlap] } };
}
