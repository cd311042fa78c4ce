/** What the values mean: names, an order, distances, or distances from a zero. */
export type Level = 'nominal' | 'ordinal' | 'interval' | 'ratio';

/**
 * Krippendorff's alpha: 1 − observed / expected disagreement over all pairs of values that an item got.
 * Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability".
 *
 * @param data one list for each rater, of one value for each item; null: not rated
 * @throws RangeError when raters have lists of different length, a value is not finite, no item has two values, or all
 * values that can be paired are equal (the reference gives NaN).
 */
export function krippendorffAlpha(data: readonly (readonly (number | null)[])[], level: Level): number {
  const items = itemsOf(data);
  const values = [...new Set(items.flat())].toSorted((x, y) => x - y);
  const place = new Map(values.map((value, i) => [value, i]));
  const counts = new Float64Array(values.length);
  for (const item of items) for (const value of item) counts[place.get(value)!]! += 1;
  if (values.length < 2)
    throw new RangeError(
      values.length === 0
        ? "Krippendorff's alpha needs an item that two raters rated"
        : `Krippendorff's alpha is not defined when all ratings are ${values[0]}`,
    );
  const distance = DISTANCES[level](values, counts);
  let observed = 0;
  for (const item of items) {
    const here = new Map<number, number>();
    for (const value of item) here.set(place.get(value)!, (here.get(place.get(value)!) ?? 0) + 1);
    let apart = 0;
    for (const [i, times] of here)
      for (const [j, others] of here) if (i !== j) apart += times * others * distance(i, j);
    observed += apart / (item.length - 1);
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  let expected = 0;
  for (let i = 0; i < values.length; i += 1)
    for (let j = 0; j < values.length; j += 1) if (i !== j) expected += counts[i]! * counts[j]! * distance(i, j);
  return 1 - observed / (expected / (total - 1));
}

/** The ratings of each item that has at least two: others can be paired with nothing. */
function itemsOf(data: readonly (readonly (number | null)[])[]): number[][] {
  const length = data[0]?.length ?? 0;
  const items: number[][] = Array.from({ length }, () => []);
  for (const rater of data) {
    if (rater.length !== length)
      throw new RangeError(`raters need lists of equal length, got ${length} and ${rater.length}`);
    for (const [i, value] of rater.entries()) {
      if (value === null) continue;
      if (!Number.isFinite(value)) throw new RangeError(`a rating must be a finite number or null, got ${value}`);
      items[i]!.push(value);
    }
  }
  return items.filter((item) => item.length > 1);
}

/** Squared distance of two values by their places in sorted order, out of the values and how often each occurs. */
const DISTANCES: Record<Level, (values: number[], counts: Float64Array) => (i: number, j: number) => number> = {
  nominal: () => () => 1,
  ordinal: (_, counts) => {
    const upTo = [0];
    for (const count of counts) upTo.push(upTo.at(-1)! + count);
    return (i, j) => {
      const [low, high] = [Math.min(i, j), Math.max(i, j)];
      return (upTo[high + 1]! - upTo[low]! - (counts[i]! + counts[j]!) / 2) ** 2;
    };
  },
  interval: (values) => (i, j) => (values[i]! - values[j]!) ** 2,
  ratio: (values) => (i, j) => {
    const both = values[i]! + values[j]!;
    return both === 0 ? 0 : ((values[i]! - values[j]!) / both) ** 2;
  },
};
