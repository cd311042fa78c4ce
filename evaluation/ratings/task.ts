import { shuffled } from './draw.ts';
import { knownOf, type Known, type Pair } from './rating.ts';

export interface Drawing {
  /** Pairs to draw. */
  items: number;
  seed: number;
  /** Pairs that earlier rounds drew: the next of the same order come now. */
  after?: number;
}

/** What people are asked, and what they need not be asked. */
export interface Drawn {
  pairs: Pair[];
  known: Known[];
  /** Pairs whose answers differ, drawn or not. */
  differing: number;
}

/** Draws pairs at random among those whose answers differ; the same seed draws the same. */
export function drawPairs(rows: readonly Pair[], { items, seed, after = 0 }: Drawing): Drawn {
  const known: Known[] = [];
  const differing: Pair[] = [];
  for (const row of rows) {
    const value = knownOf(row);
    if (value === undefined) differing.push(row);
    else known.push({ id: row.id, known: value });
  }
  const order = shuffled(differing, ({ id }) => id, 'task', seed);
  return { pairs: order.slice(after, after + items), known, differing: differing.length };
}
