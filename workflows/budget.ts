import {
  CancellationScope,
  condition,
  defineUpdate,
  isCancellation,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import type { ControlActivities } from '../activities/index.ts';
import { BUDGET_SCOPES, BUDGET_UNITS, type Raise } from '../configs/budget.ts';
import type { BudgetBounds } from '../configs/continuous.ts';
import { BOOKKEEPING, WAIT } from '../configs/presets.ts';
import { baseNameOf, modelNameOf } from '../configs/names.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { ArtifactRef, RunRef } from '../configs/refs.ts';
import { spendingBounds } from '../configs/spending-bounds.ts';
import { tell } from './notices.ts';
import type { Story } from './story.ts';

const { budgetLeft, bookCosts } = proxyActivities<ControlActivities>(BOOKKEEPING);
const { reserveTraining } = proxyActivities<ControlActivities>(WAIT);

/** Raises bounds of continuous.budget for one run; `anneal resume` sends it. */
export interface RaiseBounds {
  bounds: BudgetBounds;
  /** Who raises them, for the audit. */
  by: string;
}
export const raiseBoundsUpdate = defineUpdate<BudgetBounds, [RaiseBounds]>('raiseBounds');

/** What a run of a line may spend. */
export interface LineBudget {
  /** Null, or why nothing is left. */
  left(): Promise<string | null>;
  /** Sets aside what a training may cost. Waits until it fits: a person raises a bound, or a month begins. */
  reserve(instance: string, training: { settings: Recipe['tune']; train?: ArtifactRef | undefined }): Promise<void>;
  /** Books what the steps so far did cost, in place of what was set aside. The end of a run does so by itself. */
  settle(): Promise<void>;
}

/** Opens the budget of a run; without `continuous.budget` and `tune.limits` in the recipe nothing is bounded. */
export function openBudget(of: { run: RunRef; recipe: Recipe; line?: string; story: Story }): LineBudget {
  const { run, recipe, line = recipe.name, story } = of;
  const given = spendingBounds(recipe);
  if (!given) return { left: async () => null, reserve: async () => undefined, settle: async () => undefined };
  let bounds: BudgetBounds = given;
  const raised: Raise[] = [];
  setHandler(
    raiseBoundsUpdate,
    ({ bounds: wanted, by }) => {
      for (const { scope, unit, from, to } of differences(bounds, wanted)) raised.push({ scope, unit, from, to, by });
      bounds = Object.fromEntries(
        BUDGET_SCOPES.flatMap((scope) => (bounds[scope] ? [[scope, { ...bounds[scope], ...wanted[scope] }]] : [])),
      );
      return bounds;
    },
    { validator: ({ bounds: wanted }) => refuse(bounds, wanted) },
  );
  return {
    left: () => budgetLeft({ run: run.id, line, bounds }),
    settle: () => bookCosts({ run: run.id }),
    reserve: async (instance, { settings, train }) => {
      const order = {
        run: run.id,
        line,
        instance,
        settings,
        base: baseNameOf(recipe),
        model: modelNameOf(recipe),
        ...(train ? { train } : {}),
      };
      let told: string | undefined;
      for (;;) {
        const raises = raised.length;
        const before = told;
        const answer = await unless(
          () => raised.length > raises,
          () =>
            reserveTraining({
              ...order,
              bounds,
              raised: [...raised],
              ...(before === undefined ? {} : { told: before }),
            }),
        );
        if (answer?.reserved) break;
        if (!answer) continue;
        if (told === undefined) await tell({ run, recipe, kind: 'waiting', message: `waiting for ${answer.why}` });
        told = answer.why;
        story.waiting(told);
      }
      if (told !== undefined) story.waiting(null);
    },
  };
}

/** Does work, but gives it up, without a result, as soon as it is of no use any more. */
async function unless<T>(useless: () => boolean, work: () => Promise<T>): Promise<T | undefined> {
  const scope = new CancellationScope();
  let isDone = false;
  const watch = condition(() => isDone || useless()).then(
    () => isDone || scope.cancel(),
    () => undefined, // the run was cancelled, and the work with it
  );
  try {
    return await scope.run(work);
  } catch (error) {
    if (isCancellation(error) && useless()) return undefined;
    throw error;
  } finally {
    isDone = true;
    await watch;
  }
}

function differences(bounds: BudgetBounds, wanted: BudgetBounds): Omit<Raise, 'by'>[] {
  return BUDGET_SCOPES.flatMap((scope) =>
    BUDGET_UNITS.flatMap((unit) => {
      const [from, to] = [bounds[scope]?.[unit], wanted[scope]?.[unit]];
      return from === undefined || to === undefined ? [] : [{ scope, unit, from, to }];
    }),
  );
}

/** @throws when what is wanted raises nothing. */
function refuse(bounds: BudgetBounds, wanted: BudgetBounds): void {
  const named = BUDGET_SCOPES.flatMap((scope) =>
    BUDGET_UNITS.filter((unit) => bounds[scope]?.[unit] !== undefined).map((unit) => `${scope}.${unit}`),
  );
  let count = 0;
  for (const scope of BUDGET_SCOPES)
    for (const unit of BUDGET_UNITS) {
      const [now, then] = [bounds[scope]?.[unit], wanted[scope]?.[unit]];
      if (then === undefined) continue;
      count += 1;
      // A bound that was not there would be a lower one.
      if (now === undefined) throw new Error(`nothing bounds ${scope}.${unit}: raise ${named.join(' or ')}`);
      if (typeof then !== 'number' || !(then > now))
        throw new Error(`${scope}.${unit} is ${now} by now: give more than that, in all`);
    }
  if (count === 0) throw new Error(`expected ${named.join(' or ')}`);
}
