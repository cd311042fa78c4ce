import { CancellationScope, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ControlActivities } from '../activities/index.ts';
import { tunerNameOf } from '../configs/names.ts';
import { BOOKKEEPING, LEASE_LOST, WAIT } from '../configs/presets.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { RunRef } from '../configs/refs.ts';
import { errorOf, type Story } from './story.ts';

const { takeTrainer, takeLine } = proxyActivities<ControlActivities>(WAIT);
const { releaseLease, cancelHolder } = proxyActivities<ControlActivities>(BOOKKEEPING);

/** Priority of a line whose recipe says nothing. */
const USUAL_PRIORITY = 5;

interface Who {
  run: RunRef;
  recipe: Recipe;
  story: Story;
}

/**
 * Does work that takes a slot of the trainer: waits for it, and lets go of it however the work ends. Work that lost
 * its slot (its worker was gone for too long) is done again once the run has another.
 *
 * @param work Is given what the run holds, for its steps to keep alive; undefined where trainings take no turns.
 */
export async function withTrainer<T>(who: Who, work: (lease: string | undefined) => Promise<T>): Promise<T> {
  const { run } = who;
  let held: string | null = null;
  try {
    for (;;) {
      held = await waitForTrainer(who);
      try {
        return await work(held ?? undefined);
      } catch (error) {
        if (errorOf(error).type !== LEASE_LOST) throw error;
      }
    }
  } finally {
    const resource = held;
    // A run that ends while it waits is taken off the list of those that wait when it is closed.
    if (resource !== null) await CancellationScope.nonCancellable(() => releaseLease({ resource, run: run.id }));
  }
}

async function waitForTrainer({ run, recipe, story }: Who): Promise<string | null> {
  const { method, iterations } = recipe.tune;
  const ask = {
    run: run.id,
    workflowId: workflowInfo().workflowId,
    tuner: tunerNameOf(recipe.tune),
    what: `${recipe.name}, ${iterations} steps of ${method}`,
    priority: recipe.continuous?.priority ?? USUAL_PRIORITY,
  };
  let told: string | undefined;
  for (;;) {
    const answer = await takeTrainer.executeWithOptions({ summary: summary(told ?? 'the slot of the trainer') }, [
      { ...ask, ...(told === undefined ? {} : { told }) },
    ]);
    if (answer.held) {
      if (told !== undefined) story.waiting(null);
      return answer.resource;
    }
    told = answer.why;
    story.waiting(told);
  }
}

export interface LineWish {
  run: RunRef;
  line: string;
  /** What the run does with it, in a few words. */
  what: string;
  /** What to do when another run has it. */
  overlap: 'skip' | 'queue' | 'cancel';
  priority?: number;
  story: Story;
  /** The backfill that holds the line for its periods, of which this run is one; default: none. */
  holder?: string;
}

/**
 * Takes a line, so that no other run of it is at work meanwhile. `cancel` asks the other run to end and waits for it;
 * a backfill is not cancelled, but makes the run skip.
 */
export async function holdLine(wish: LineWish): Promise<{ held: true } | { held: false; why: string }> {
  const { run, line, what, overlap, priority = USUAL_PRIORITY, story, holder } = wish;
  const ask = {
    run: run.id,
    line,
    what,
    priority,
    workflowId: holder ?? workflowInfo().workflowId,
    ...(holder === undefined ? {} : { holder }),
  };
  const asked = new Set<string>();
  let told: string | undefined;
  let wait = overlap === 'queue';
  for (;;) {
    const answer = await takeLine.executeWithOptions({ summary: summary(told ?? `the line ${line}`) }, [
      { ...ask, wait, ...(told === undefined ? {} : { told }) },
    ]);
    if (answer.held) {
      if (told !== undefined) story.waiting(null);
      return { held: true };
    }
    const { why, holder: other, overlap: reason } = answer;
    if (overlap === 'skip' || (overlap === 'cancel' && other?.isBackfill)) {
      if (wait) await releaseLine({ run, line });
      if (told !== undefined) story.waiting(null);
      return { held: false, why: reason };
    }
    wait = true;
    if (overlap === 'cancel' && other && !asked.has(other.run)) {
      asked.add(other.run);
      await cancelHolder({ run: other.run, workflowId: other.workflowId, by: run.id });
    }
    told = why;
    story.waiting(told);
  }
}

/** Lets go of a line. One that a backfill holds for its periods stays with the backfill. */
export async function releaseLine({ run, line }: { run: RunRef; line: string }): Promise<void> {
  await CancellationScope.nonCancellable(() => releaseLease({ resource: `line:${line}`, run: run.id }));
}

/** Temporal refuses summaries of more than 400 bytes. */
const summary = (text: string): string => text.slice(0, 100);
