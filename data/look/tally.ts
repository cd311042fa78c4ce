import { copy } from './cut.ts';

/** How often a name was seen, and its share of all. */
export interface Count {
  name: string;
  rows: number;
  share: number;
}

/** A counter of names that holds at most `limit` different ones, so that odd data cannot fill the memory. */
export interface Tally {
  add(name: string): void;
  /** Exact counts of the names held. */
  counts: ReadonlyMap<string, number>;
  /** Everything added, also what found no place. */
  total(): number;
  /** Added under names that found no place. */
  beyond(): number;
  /** The most frequent names; shares are of everything added. */
  top(most: number): Count[];
}

/** Starts an empty {@link Tally}. */
export function createTally(limit: number): Tally {
  const counts = new Map<string, number>();
  let total = 0;
  let beyond = 0;
  return {
    add(name) {
      total += 1;
      const known = counts.get(name);
      if (known !== undefined) counts.set(name, known + 1);
      else if (counts.size < limit) counts.set(copy(name), 1);
      else beyond += 1;
    },
    counts,
    total: () => total,
    beyond: () => beyond,
    top: (most) => rank(counts, total).slice(0, most),
  };
}

/** Names by frequency, equal ones by name; shares are of `total`. */
export function rank(counts: ReadonlyMap<string, number>, total: number): Count[] {
  return [...counts]
    .map(([name, rows]) => ({ name, rows, share: rows / total }))
    .toSorted((a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1));
}
