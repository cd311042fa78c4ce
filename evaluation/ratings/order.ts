import { shuffled, slotOf } from './draw.ts';
import type { Pair, Side } from './rating.ts';

/** Who rates, and what makes the order of rows and slots. */
export interface Rater {
  rater: string;
  seed: number;
  task: string;
}

/** The rows of a task in a rater's own order, each with the side that is shown first. */
export function orderFor(pairs: readonly Pair[], { rater, seed, task }: Rater): { pair: Pair; slot: Side }[] {
  const order = shuffled(pairs, ({ id }) => id, 'order', task, rater, seed);
  return order.map((pair) => ({ pair, slot: slotOf(pair.id, task, rater, seed) }));
}
