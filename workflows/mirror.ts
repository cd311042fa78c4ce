import { patched, proxyActivities } from '@temporalio/workflow';
import type { ControlActivities } from '../activities/index.ts';
import { MIRROR } from '../configs/presets.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { RunRef } from '../configs/refs.ts';

const { mirrorRun } = proxyActivities<ControlActivities>(MIRROR);

/** Copies an ended run to where the recipe asks for it. The run has ended: nothing that happens here changes it. */
export async function mirror({ run, recipe }: { run: RunRef; recipe: Recipe }): Promise<void> {
  if (recipe.google?.mirror === undefined) return;
  try {
    await mirrorRun.executeWithOptions({ summary: 'a copy for Google Cloud' }, [{ id: run.id }]);
  } catch {
    // What is missing there is found and set right by `anneal sync`.
  }
}

/** Copies a run that failed as well: where others look, it would seem never to have been. */
export async function mirrorFailed(input: { run: RunRef; recipe: Recipe }): Promise<void> {
  if (input.recipe.google?.mirror !== undefined && patched('2026-11-25-copy-of-failed')) await mirror(input);
}
