import { condition, defineUpdate, setHandler } from '@temporalio/workflow';
import type { Recipe } from '../configs/recipe.ts';
import type { ArtifactRef, RunRef } from '../configs/refs.ts';
import { setWaiting } from './steps.ts';
import type { Story } from './story.ts';

/** Hands ratings in that a run waits for; `anneal rate` sends it. */
export interface HandedIn {
  /** The task that was rated. */
  task: string;
  ratings: ArtifactRef;
}
export const handInUpdate = defineUpdate<{ accepted: true }, [HandedIn]>('handInRatings');

/** People a run may ask. */
export interface People {
  /** Waits for the ratings of a task; undefined: the time was up. A run that waits costs nothing. */
  rate(task: ArtifactRef, until: { hours: number; story: Story }): Promise<ArtifactRef | undefined>;
}

/** People who compare answers, where a gate sends for labels; undefined: nobody is asked. */
export function ratersOf({ gate: { onInconclusive, gather } }: Recipe, run: RunRef): People | undefined {
  return onInconclusive === 'gather' && gather.what === 'labels' ? askPeople(run.id) : undefined;
}

function askPeople(runId: string): People {
  let asked: string | undefined;
  const handedIn = new Map<string, ArtifactRef>();
  setHandler(
    handInUpdate,
    ({ task, ratings }) => {
      handedIn.set(task, ratings);
      return { accepted: true };
    },
    {
      validator: ({ task, ratings }) => {
        if (ratings?.type !== 'Ratings') throw new Error('expected an artifact of ratings');
        const known = handedIn.get(task);
        // Sent again after a lost reply: the same is no harm.
        if (known?.digest === ratings.digest) return;
        if (known) throw new Error('these answers were rated already, and the run went on');
        if (task !== asked) throw new Error('the run does not wait for these ratings: its time was up, or it went on');
      },
    },
  );
  return {
    rate: async (task, { hours, story }) => {
      asked = task.digest;
      const why = `people to compare answers: \`anneal rate ${runId}\`, within ${hours} hours`;
      story.waiting(why);
      await setWaiting({ runId, why });
      await condition(() => handedIn.has(task.digest), hours * 3_600_000);
      asked = undefined;
      story.waiting(null);
      await setWaiting({ runId, why: null });
      return handedIn.get(task.digest);
    },
  };
}
