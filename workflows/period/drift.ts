import { msOf } from '../../configs/duration-ms.ts';
import { lineMetric } from '../../configs/line-metric.ts';
import type { Recipe } from '../../configs/recipe.ts';
import type { ArtifactRef } from '../../configs/refs.ts';
import { ingestParams, originOf, placeOf } from '../lifecycle.ts';
import { ref } from '../refs.ts';
import { findChampion, lastTrial, steps } from '../steps.ts';
import { settingsOf, Skipped, type AtWork, type Period } from './at-work.ts';

/** Another alarm soon after a trial says nothing new. */
export async function mayTry({ run, recipe }: Period): Promise<void> {
  const { debounce } = settingsOf(recipe).drift;
  const last = await lastTrial({ line: recipe.name, runId: run.id });
  if (last !== null && Date.now() - Date.parse(last) < msOf(debounce))
    throw new Skipped(`drift: the last trial was at ${last}, less than ${debounce} ago`);
}

/** A drift alarm is followed by a training only where the champion is proved to do worse. */
export async function tryForHarm(at: AtWork, fresh: ArtifactRef): Promise<void> {
  const { run, recipe, name, story, drift } = at;
  const champion = await findChampion({ name, alias: recipe.register.alias });
  if (!champion) throw new Skipped('drift: there is no champion to try');
  const { canary, rows, margin } = settingsOf(recipe).drift;
  const frozen =
    canary === undefined
      ? undefined
      : await story.step('ingest.canary', () =>
          steps.ingest({
            run,
            instance: 'ingest.canary',
            params: { ...withoutTest(recipe), train: originOf({ uri: canary, format: 'auto' }) },
            inputs: {},
          }),
        );
  const { evaluate, gate } = recipe;
  const tried = await story.step('trial', () =>
    steps.trial({
      run,
      params: {
        line: recipe.name,
        metric: lineMetric(recipe),
        margin,
        rows,
        confidence: gate.confidence,
        why: drift?.why ?? '',
        evaluate,
        ...placeOf(recipe),
      },
      inputs: { candidate: champion.ref, fresh, ...(frozen ? { canary: ref(frozen, 'train') } : {}) },
    }),
  );
  if (tried.facts['outcome'] !== 'harm') throw new Skipped(`no drift harm: ${String(tried.facts['reason'])}`);
}

const withoutTest = (recipe: Recipe) => {
  const { test: _test, ...params } = ingestParams(recipe);
  return params;
};
