import {
  CancellationScope,
  ChildWorkflowFailure,
  continueAsNew,
  executeChild,
  isCancellation,
  allHandlersFinished,
  condition,
  workflowInfo,
} from '@temporalio/workflow';
import { lineMetric } from '../configs/line-metric.ts';
import { modelNameOf } from '../configs/names.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { ArtifactRef, RunRef } from '../configs/refs.ts';
import type { continuous, ContinuousOutput } from './continuous.ts';
import { holdLine, releaseLine } from './leases.ts';
import { ingestParams, placeOf } from './lifecycle.ts';
import { ref } from './refs.ts';
import { closeRun, cutPeriods, lineModels, openRun, steps } from './steps.ts';
import { errorOf, tellStory, type Story } from './story.ts';

/** A period of history: files of its own, or a window of time in the recipe's source. */
export interface BackfillPeriod {
  name: string;
  data?: string[];
  window?: { column: string; from: string; to: string };
}

export interface BackfillInput {
  run: RunRef;
  /** Has `continuous`. */
  recipe: Recipe;
  startedBy: string;
  /** In order; absent where they are cut by time. */
  periods?: BackfillPeriod[];
  /** Cuts the rows of data.train into periods by a date. */
  byTime?: { column: string; every: string; from?: string; to?: string };
  /** Evaluations at once when the matrix is filled. */
  lanes: number;
  /** Set when it goes on as new: what the periods before came to. */
  done?: Replayed[];
}

/** A period, and what it came to. */
export interface Replayed {
  name: string;
  run: string;
  outcome: ContinuousOutput['outcome'] | 'failed';
  verdict: ContinuousOutput['verdict'];
  model: string | null;
  reason: string;
}

export interface BackfillOutput {
  line: string;
  periods: Replayed[];
}

/** Periods after which it goes on as new, whatever Temporal suggests: the history of a thousand is no one's to read. */
const PERIODS_A_RUN = 100;

/**
 * Replays history: one run of `continuous` a period, in their order, while no other run of the line is at work; then
 * every champion is asked every slice, those that came later included. A period that fails ends the replay: the same
 * command goes on there, since what was used is not new.
 */
export async function backfill(input: BackfillInput): Promise<BackfillOutput> {
  const { run, recipe, startedBy } = input;
  const { workflowId, runId: temporalRunId } = workflowInfo();
  const { id, options } = run;
  const name = modelNameOf(recipe);
  const story = tellStory(`${recipe.name}: replay of ${name}`, { pipeline: recipe.name, model: name });
  const trigger = 'cli';
  await openRun({ id, recipe, options, workflowId, temporalRunId, startedBy, kind: 'backfill', trigger });
  try {
    const line = recipe.name;
    const held = await holdLine({ run, line, what: 'a backfill', overlap: 'queue', story, holder: id });
    if (!held.held) throw new Error(held.why);
    const periods = input.periods ?? (await periodsByTime(input, story));
    const done = [...(input.done ?? [])];
    for (const [i, period] of periods.entries()) {
      if (i < done.length) continue;
      const replayed = await replay(input, i, period, story);
      done.push(replayed);
      if (replayed.outcome === 'failed') break;
      const isLong = workflowInfo().continueAsNewSuggested || done.length - (input.done?.length ?? 0) >= PERIODS_A_RUN;
      if (isLong && done.length < periods.length) {
        await condition(allHandlersFinished);
        await continueAsNew<typeof backfill>({ ...input, periods, done });
      }
    }
    await fillMatrix(input, story);
    const counts = Map.groupBy(done, ({ outcome }) => outcome);
    const reason = [...counts].map(([outcome, all]) => `${all.length} ${outcome}`).join(', ');
    const failed = done.find(({ outcome }) => outcome === 'failed');
    await closeRun({
      id,
      status: failed ? 'failed' : 'completed',
      reason,
      ...(failed
        ? { error: { type: 'PeriodFailed', message: `${failed.name} (${failed.run}): ${failed.reason}` } }
        : {}),
    });
    await releaseLine({ run, line });
    return { line, periods: done };
  } catch (error) {
    if (!isEndOfRun(error)) {
      const status = isCancellation(error) ? 'cancelled' : 'failed';
      await CancellationScope.nonCancellable(() => closeRun({ id, status, error: errorOf(error) }));
      await releaseLine({ run, line: recipe.name });
    }
    throw error;
  }
}

/** Going on as new is thrown as well, and is no failure. */
const isEndOfRun = (error: unknown): boolean => error instanceof Error && error.name === 'ContinueAsNew';

async function replay(
  { run, recipe, startedBy }: BackfillInput,
  index: number,
  { name, data, window }: BackfillPeriod,
  story: Story,
): Promise<Replayed> {
  const id = `${run.id}.${index + 1}`;
  story.note(name, 'running', id);
  try {
    const { outcome, verdict, model, reason } = await executeChild<typeof continuous>('continuous', {
      workflowId: id,
      staticSummary: `${recipe.name}: ${name}`,
      args: [
        {
          run: { id, options: run.options },
          recipe,
          startedBy,
          trigger: `backfill:${run.id}`,
          holder: run.id,
          ...(data ? { data } : {}),
          ...(window ? { window } : {}),
        },
      ],
    });
    story.note(name, outcome, reason);
    return { name, run: id, outcome, verdict, model, reason };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { message } = errorOf(error instanceof ChildWorkflowFailure ? error.cause : error);
    story.note(name, 'failed', message);
    return { name, run: id, outcome: 'failed', verdict: null, model: null, reason: message };
  }
}

async function periodsByTime({ run, recipe, byTime }: BackfillInput, story: Story): Promise<BackfillPeriod[]> {
  if (!byTime) throw new Error('a backfill needs periods, or a column to cut them by');
  const params = ingestParams(recipe);
  const keep = [...new Set([...params.keep, byTime.column])];
  const raw = await story.step('ingest', () => steps.ingest({ run, params: { ...params, keep }, inputs: {} }));
  return cutPeriods({ train: ref(raw, 'train').digest, ...byTime });
}

/** Every champion of the line on every slice; some at once. */
async function fillMatrix({ run, recipe, lanes }: BackfillInput, story: Story): Promise<void> {
  const { evaluate, name: line } = recipe;
  const metric = lineMetric(recipe);
  const { models, suite } = await lineModels({ line, metric });
  if (suite === null) return;
  const test: ArtifactRef = { digest: suite, type: 'Dataset' };
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < models.length) {
      const { model, period } = models[next] as (typeof models)[number];
      next += 1;
      const instance = `examine.${period}`;
      await story.step(instance, () =>
        steps.examine({
          run,
          instance,
          params: { line, metric, evaluate, ...placeOf(recipe) },
          inputs: { candidate: { digest: model, type: 'Model' }, suite: test },
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(lanes, models.length)) }, lane));
}
