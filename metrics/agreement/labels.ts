/** What a rater or a classifier can say of an item. */
export type Label = string | number | boolean;

/**
 * The labels that occur, in the order of scikit-learn: numbers by size, texts by code point, false before true.
 *
 * @throws RangeError when a label is NaN, or labels are of different types.
 */
export function sortedLabels(...lists: readonly (readonly Label[])[]): Label[] {
  const labels = new Set<Label>();
  for (const list of lists) for (const label of list) labels.add(label);
  const types = new Set([...labels].map((label) => typeof label));
  if (types.size > 1) throw new RangeError(`labels must be of one type, got ${[...types].join(' and ')}`);
  if (labels.has(Number.NaN)) throw new RangeError('labels must not be NaN');
  return [...labels].toSorted(compare);
}

function compare(a: Label, b: Label): number {
  if (typeof a === 'string' && typeof b === 'string') return byCodePoint(a, b);
  return Number(a) - Number(b);
}

/** Code units order other than code points where a surrogate meets U+E000 to U+FFFF. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i += 1)
    if (left[i] !== right[i]) return left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
  return left.length - right.length;
}
