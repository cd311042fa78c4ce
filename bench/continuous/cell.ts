import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { QUEUES } from '../../configs/presets.ts';
import { RunOptions } from '../../configs/refs.ts';
import type { backfill, Replayed } from '../../workflows/backfill.ts';
import { openPlace, type Place } from './place.ts';
import { costsOf, type Costs } from './costs.ts';
import { truthOf, type Truth } from './truth.ts';
import { recipeOf, type Variant } from './variants.ts';
import { rowsOf, WORLDS, type World } from './worlds.ts';

/** Weeks of one world, tuned in one way. */
export interface CellOrder {
  world: World['name'];
  variant: Variant;
  weeks: number;
  seed: number;
  /** Also tells how things stood after so many weeks, beside others that ended there. */
  also?: number;
}

/** What became of the models by some week. */
export interface Standing {
  weeks: number;
  truth: Truth;
  outcomes: Record<string, number>;
}

export interface Cell extends CellOrder, Standing {
  earlier?: Standing;
  costs: Costs;
  /** Whole seconds of the replay. */
  seconds: number;
}

/** Replays weeks by the workflow `backfill`, with a server and workers of its own. */
export async function simulate(order: CellOrder): Promise<Cell> {
  const world = WORLDS.find(({ name }) => name === order.world);
  if (!world) throw new Error(`no world ${order.world}`);
  const place = await openPlace(world.learner);
  try {
    const started = performance.now();
    const id = 'replay';
    const replayed = await replay(place, world, order, id);
    const seconds = (performance.now() - started) / 1000;
    const failed = replayed.find(({ outcome }) => outcome === 'failed');
    if (failed) throw new Error(`${failed.name} of ${order.world}, ${order.variant} failed: ${failed.reason}`);
    const standing = async (weeks: number): Promise<Standing> => {
      const some = replayed.slice(0, weeks);
      const outcomes = [...Map.groupBy(some, ({ outcome }) => outcome)].map(([outcome, all]) => [outcome, all.length]);
      return { weeks, truth: await truthOf(place, world, some), outcomes: Object.fromEntries(outcomes) };
    };
    return {
      ...order,
      ...(await standing(order.weeks)),
      ...(order.also === undefined ? {} : { earlier: await standing(order.also) }),
      costs: await costsOf(place, replayed, id),
      seconds,
    };
  } finally {
    await place.close();
  }
}

async function replay(place: Place, world: World, order: CellOrder, id: string): Promise<Replayed[]> {
  const { weeks, variant, seed } = order;
  const periods = Array.from({ length: weeks }, (_, week) => {
    const path = join(place.folder, `week-${week + 1}.jsonl`);
    const rows = rowsOf(world, week, seed);
    writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return { name: `week ${week + 1}`, data: [path] };
  });
  const recipe = recipeOf('line', variant, periods[0]?.data[0] ?? '');
  const handle = await place.client.workflow.start<typeof backfill>('backfill', {
    taskQueue: QUEUES.control,
    workflowId: id,
    args: [{ run: { id, options: RunOptions.parse({}) }, recipe, startedBy: 'bench', periods, lanes: 2 }],
  });
  return (await handle.result()).periods;
}
