/** Ranks from 1, equal values sharing the mean of theirs, and the sizes of the groups of equal values (1 and above). */
export interface Ranks {
  ranks: Float64Array;
  groups: number[];
}

/** Ranks finite numbers, smallest first. */
export function rank(values: ArrayLike<number>): Ranks {
  const n = values.length;
  const order = sortedOrder(values);
  const ranks = new Float64Array(n);
  const groups: number[] = [];
  for (let from = 0; from < n;) {
    let to = from + 1;
    while (to < n && values[order[to]!] === values[order[from]!]) to += 1;
    for (let i = from; i < to; i += 1) ranks[order[i]!] = (from + 1 + to) / 2;
    groups.push(to - from);
    from = to;
  }
  return { ranks, groups };
}

/** Places of the values in rising order; equal values keep their order. */
export const sortedOrder = (values: ArrayLike<number>): Uint32Array =>
  Uint32Array.from(values, (_, i) => i).toSorted((i, j) => values[i]! - values[j]!);

/** Σ t³ − t over the groups of equal values: how much they take from the variance of a rank sum. */
export const tieTerm = (groups: readonly number[]): number => groups.reduce((sum, t) => sum + (t ** 3 - t), 0);
