import type { TuneParams } from '../activities/tune.ts';
import type { IngestParams } from '../activities/ingest.ts';
import type { PrepareParams } from '../activities/prepare.ts';
import type { Source } from '../configs/data.ts';
import { baseNameOf, isBaseRemote, ownTuning } from '../configs/names.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { Budget, RunRef, StepResult } from '../configs/refs.ts';
import { keptColumns, urisOf } from '../configs/source-paths.ts';
import { openPurse, type Purse } from './purse.ts';
import { pick } from './refs.ts';
import { setWaiting, steps } from './steps.ts';
import type { Story } from './story.ts';

/** What a recipe says to the step that brings rows and base model in. */
export function ingestParams(recipe: Recipe): IngestParams {
  const { data, model, evaluate, tune } = recipe;
  return {
    train: originOf(data.train),
    test: data.test && originOf(data.test),
    template: data.template,
    label: data.label,
    ...keptColumns(data, evaluate.slices),
    maxBadShare: data.maxBadShare,
    maxRowBytes: data.maxRowBytes,
    base: baseNameOf(recipe),
    revision: model.revision,
    ...(isBaseRemote(recipe) ? { tune } : {}),
  };
}

/** What a recipe says to the step that trains: its settings, and where a vendor finds rows and project. */
export const tuneParams = ({ tune, store, google, data }: Recipe): TuneParams => ({
  ...ownTuning(tune),
  ...(store === undefined ? {} : { store }),
  ...(google === undefined ? {} : { google }),
  maxBadShare: data.maxBadShare,
});

/** Where models at a vendor are asked, and where it finds files. */
export const placeOf = ({ google, store }: Pick<Recipe, 'google' | 'store'>): Pick<Recipe, 'google' | 'store'> => ({
  ...(google ? { google } : {}),
  ...(store === undefined ? {} : { store }),
});

export const originOf = ({ format, sql, connection, uri }: Source): IngestParams['train'] => ({
  uris: urisOf({ uri }),
  format,
  sql,
  connection,
});

/** What it says to the step that prepares rows. */
export const prepareParams = ({ name, data, tune }: Recipe, actor: string): PrepareParams => ({
  pipeline: name,
  policies: data.prepare,
  split: data.split,
  maxTokens: tune.maxTokens,
  maskPrompt: tune.maskPrompt,
  ...(tune.objective === 'preference' ? { objective: tune.objective } : {}),
  actor,
});

/** What a run may spend; one that reaches it waits for more. */
export function purseOf({ usd, tokens }: Budget, { run, story }: { run: RunRef; story: Story }): Purse {
  return openPurse(
    { ...(usd === undefined ? {} : { usd }), ...(tokens === undefined ? {} : { tokens }) },
    async (why) => {
      story.waiting(why);
      await setWaiting({ runId: run.id, why });
    },
  );
}

/** Adds synthetic rows; a budget that is reached makes the run wait for more of it. */
export async function synthesizeInto(
  prepared: StepResult,
  { run, recipe, story }: { run: RunRef; recipe: Recipe; story: Story },
): Promise<StepResult> {
  const settings = recipe.synthesize as NonNullable<Recipe['synthesize']>;
  const purse = purseOf(settings.limits, { run, story });
  const { template, label } = recipe.data;
  return story.step('synthesize', () =>
    steps.synthesize(
      {
        run,
        params: { pipeline: recipe.name, settings, template, label, maxTokens: recipe.tune.maxTokens },
        inputs: pick(prepared.outputs, 'train', 'test'),
      },
      purse,
    ),
  );
}
