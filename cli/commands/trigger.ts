import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findSchedule } from '../../artifacts/ledger/schedules.ts';
import { amendRecipe, readRecipe, type RecipeReading } from '../../configs/recipe-file.ts';
import { isDatasetRef, isFarUri } from '../../configs/source-paths.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { UsageError } from '../command.ts';
import { checkContinuous, scheduleNamed } from '../schedules.ts';
import { startContinuous, type StartFlags } from '../start.ts';
import { actor, withState, type State } from '../state.ts';

interface Flags extends StartFlags {
  data?: readonly string[];
  drift: boolean;
  why?: string;
  reanchor: boolean;
  force: boolean;
}

/** Starts a run of a schedule or recipe now, beside the clock. */
export async function trigger(flags: Flags, what: string): Promise<number> {
  const { drift, why, reanchor, force } = flags;
  if (drift && why === undefined) throw new UsageError('--drift needs --why: what the alarm is about, in a sentence');
  if (!drift && why !== undefined) throw new UsageError('--why goes with --drift');
  return withState(async (state) => {
    const data = flags.data?.map((uri) =>
      isFarUri(uri) || (isDatasetRef(uri) && !existsSync(resolve(uri))) ? uri : resolve(uri),
    );
    const recipe = await recipeOf(state, what, data);
    return startContinuous(
      state,
      {
        recipe,
        startedBy: actor(),
        trigger: `trigger:${actor()}`,
        ...(data ? { data } : {}),
        ...(drift && why !== undefined ? { drift: { why } } : {}),
        ...(reanchor ? { reanchor } : {}),
        ...(force ? { force } : {}),
      },
      flags,
    );
  });
}

/** Of a schedule what it is scheduled with, else the file; checked with the rows that are given. */
async function recipeOf(state: State, what: string, data: readonly string[] | undefined): Promise<Recipe> {
  const schedule = await findSchedule(state.ledger, what);
  if (!schedule && !existsSync(what)) await scheduleNamed(state, what);
  const read = (sets: readonly string[]): RecipeReading =>
    schedule ? amendRecipe(schedule.recipe, sets) : readRecipe(what, sets);
  const name = schedule ? 'the scheduled recipe' : what;
  const recipe = await checkContinuous(read([]), name, { fieldsOnly: data !== undefined });
  if (data) await checkContinuous(read([`data.train.uri=${JSON.stringify(data)}`]), name);
  return recipe;
}
