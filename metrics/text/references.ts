/** Version of the reference program whose results and signatures these metrics reproduce. */
export const SACREBLEU = '2.6.0';

/** The references of one item; null stands for one that is missing. */
export type References = readonly (string | null)[];

/** How many references each item has, `var` when they differ: `nrefs` of a signature. */
export type ReferenceCount = number | 'var';

/** Counts the references that are there, as sacrebleu does for its signatures. */
export function referenceCount(references: readonly References[]): ReferenceCount {
  const counts = new Set(references.map((list) => present(list).length));
  const [count] = counts;
  return counts.size === 1 && count !== undefined ? count : 'var';
}

/** The references that are there. */
export const present = (references: References): string[] => references.filter((text) => text != null);

/**
 * Refuses what no corpus score is defined for.
 *
 * @throws RangeError when there are no items, lists of different lengths, or no references at all.
 */
export function checkCorpus(metric: string, predictions: readonly string[], references: readonly References[]): void {
  if (predictions.length === 0)
    throw new RangeError(`${metric} of no items is not defined: give at least one prediction with its references.`);
  if (predictions.length !== references.length)
    throw new RangeError(
      `${metric} needs a list of references for each prediction: found ${predictions.length} predictions and ` +
        `${references.length} lists of references.`,
    );
  if (references.every((list) => list.length === 0)) throw missing(metric);
}

/** The error for an item that has nothing to be compared with. */
export const missing = (metric: string): RangeError =>
  new RangeError(
    `${metric} needs at least one reference, found none: add one to "references", or leave the item out of this metric.`,
  );

/**
 * Adds statistics of items up, entry by entry, in the order given.
 *
 * @throws RangeError when there are none.
 */
export function sumStatistics(items: readonly Float64Array[]): Float64Array {
  const [first, ...rest] = items;
  if (!first) throw new RangeError('Statistics of no items have no sum: give those of at least one item.');
  const sum = Float64Array.from(first);
  for (const item of rest) for (let i = 0; i < sum.length; i++) sum[i]! += item[i]!;
  return sum;
}
