import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { ControlActivities } from '../activities/index.ts';
import type { SourceLook } from '../activities/watching.ts';
import { durationOf } from '../configs/duration-ms.ts';
import { WATCH } from '../configs/presets.ts';
import { modelNameOf } from '../configs/names.ts';
import type { Recipe } from '../configs/recipe.ts';
import { SEARCH_ATTRIBUTES } from '../configs/search-attributes.ts';
import type { continuous, ContinuousInput, ContinuousOutput } from './continuous.ts';

export interface WatchInput {
  /** Schedule that the source is watched for. */
  name: string;
  recipe: Recipe;
  /** Between two looks, in ms. */
  everyMs: number;
  startedBy: string;
  /** What an earlier part of this watch saw last. */
  seen?: SourceLook;
  /** Runs that earlier parts of this watch have started. */
  started?: number;
}

/** What anybody may ask of a watch: a run now. */
export interface TriggerAsk {
  /** Who asks, e.g. `monitoring`. */
  by: string;
  /** Replaces the recipe's source, for this run. */
  data?: string[];
  /** A drift alarm, and why. */
  drift?: { why: string };
  reanchor?: boolean;
  force?: boolean;
}

export interface ReviseWatch {
  recipe?: Recipe;
  everyMs?: number;
}

/** Starts a run at once; any program may send it. */
export const triggerSignal = defineSignal<[TriggerAsk]>('trigger');
/** Changes what is watched, or how often. */
export const reviseSignal = defineSignal<[ReviseWatch]>('reviseWatch');

/** Longest name of who asks, in characters. */
const MOST_OF_A_NAME = 100;

const { lookAtSource } = proxyActivities<ControlActivities>(WATCH);

/**
 * Looks at the source of a line again and again, and starts a run when it has changed; the run itself decides whether
 * that is enough to train on. Lives until it is cancelled.
 */
export async function watch(input: WatchInput): Promise<never> {
  const { name, startedBy } = input;
  let { recipe, everyMs, seen, started = 0 } = input;
  let looking: CancellationScope | undefined;
  setHandler(reviseSignal, (revised) => {
    recipe = revised.recipe ?? recipe;
    everyMs = revised.everyMs ?? everyMs;
    upsertMemo({ every: durationOf(everyMs) });
    looking?.cancel();
  });
  setHandler(triggerSignal, async (ask) => {
    // Sent by whoever can reach the server: what does not fit is left out, and the run checks the rest.
    const { data, drift, reanchor, force } = ask ?? {};
    const by = String(ask?.by ?? 'somebody').slice(0, MOST_OF_A_NAME);
    started += 1;
    await startRun(started, recipe, {
      startedBy: by,
      trigger: `trigger:${by}`,
      ...(Array.isArray(data) ? { data } : {}),
      ...(typeof drift?.why === 'string' ? { drift: { why: drift.why } } : {}),
      ...(reanchor === true ? { reanchor } : {}),
      ...(force === true ? { force } : {}),
    });
  });
  tell(seen, started);

  for (;;) {
    const look = await lookUntilChanged();
    if (look) {
      started += 1;
      tell(look, started);
      // Waited for: what changes while it runs is seen by the next look.
      await endOf(await startRun(started, waiting(recipe), { startedBy, trigger: `watch:${name}` }));
      seen = look;
    }
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof watch>({ name, recipe, everyMs, startedBy, started, ...(seen ? { seen } : {}) });
    }
  }

  /** undefined: what is watched has changed, or there were many triggers; look anew. */
  async function lookUntilChanged(): Promise<SourceLook | undefined> {
    const scope = (looking = new CancellationScope());
    try {
      return await scope.run(async () => {
        const source = recipe.data.train;
        const found = lookAtSource({ name, line: recipe.name, source, maxAge: maxAgeOf(recipe), everyMs, seen });
        const isFull = condition(() => workflowInfo().continueAsNewSuggested);
        return (await Promise.race([found, isFull.then(() => undefined)])) ?? undefined;
      });
    } catch (error) {
      if (isCancellation(error) && !CancellationScope.current().consideredCancelled) return undefined;
      throw error;
    } finally {
      looking = undefined;
      scope.cancel();
    }
  }

  function tell(look: SourceLook | undefined, runs: number): void {
    setCurrentDetails(
      [
        `**${recipe.name}: looks at its source every ${durationOf(everyMs)}**`,
        '',
        look ? `last change: ${look.what}, seen at ${look.at}` : 'nothing was seen yet',
        '',
        `runs started: ${runs}`,
      ].join('\n'),
    );
  }
}

const maxAgeOf = ({ continuous }: Recipe): string | null => continuous?.maxAge ?? null;

/** A run of a watch waits for its turn instead of being skipped: what it was started for will not change again. */
function waiting(recipe: Recipe): Recipe {
  const { continuous } = recipe;
  return continuous?.overlap === 'skip' ? { ...recipe, continuous: { ...continuous, overlap: 'queue' } } : recipe;
}

type Ask = Omit<ContinuousInput, 'recipe'>;

/** Starts a run that goes on whatever becomes of the watch. */
async function startRun(number: number, recipe: Recipe, ask: Ask) {
  const { firstExecutionRunId } = workflowInfo();
  const model = modelNameOf(recipe);
  return startChild<typeof continuous>('continuous', {
    // The same whenever it is replayed, and unlike those of every other watch.
    workflowId: `${recipe.name}-watch-${firstExecutionRunId.slice(-8)}-${number}`,
    parentClosePolicy: 'ABANDON',
    cancellationType: 'ABANDON',
    staticSummary: `${recipe.name}: continuous tuning of ${model}, ${ask.trigger}`,
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.pipeline, value: recipe.name },
      { key: SEARCH_ATTRIBUTES.model, value: model },
    ],
    args: [{ ...ask, recipe }],
  });
}

/** Waits for the end of a run; how it ended stands in the ledger, and a watch outlives runs that fail. */
async function endOf(run: { result(): Promise<ContinuousOutput> }): Promise<void> {
  try {
    await run.result();
  } catch (error) {
    if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
  }
}
