import type { Row } from '../row.ts';
import { eachRow } from './each-row.ts';
import type { Rows } from './each-row.ts';
import { cutLabel, labelOf } from './labels.ts';

/** The `count` things with the smallest keys, whatever order they come in. */
export interface Lowest<T> {
  /** Offers a thing; `make` is called only when it may stay. Of two of one id the one for which `before` says so stays. */
  offer(key: number, id: string, make: () => T): T | undefined;
  /** What stayed, by key. */
  result(): T[];
}

/** Starts an empty {@link Lowest}; it never holds more than 2 × `count` + 16 things. */
export function createLowest<T>(count: number, before?: (made: T, held: T) => boolean): Lowest<T> {
  let held = new Map<string, { key: number; thing: T }>();
  let bound = Infinity;
  const shrink = (): void => {
    const sorted = [...held].toSorted(([a, x], [b, y]) => x.key - y.key || (a < b ? -1 : 1));
    held = new Map(sorted.slice(0, count));
    if (held.size === count) bound = sorted[count - 1]?.[1].key ?? -1;
  };
  return {
    offer(key, id, make) {
      if (key > bound) return undefined;
      const known = held.get(id);
      if (known !== undefined) {
        const made = before && make();
        if (made !== undefined && before!(made, known.thing)) known.thing = made;
        return known.thing;
      }
      const thing = make();
      held.set(id, { key, thing });
      if (held.size >= 2 * count + 16) shrink();
      return thing;
    },
    result() {
      shrink();
      return [...held.values()].map(({ thing }) => thing);
    },
  };
}

/** A number below 2^32 that depends on seed and text alone: FNV-1a with the end mix of MurmurHash3. */
export function seededHash(seed: number, text: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Whether the first of two equal rows stands before the second in the sources. */
export const standsBefore = (a: { source: number; line: number }, b: { source: number; line: number }): boolean =>
  a.source < b.source || (a.source === b.source && a.line < b.line);

/**
 * Rows drawn by the hash of their id: the same ones for a seed in whatever order rows come, equal rows once, in
 * the order of their sources. `label`: only rows of that class.
 */
export async function sampleRows(
  rows: Rows,
  { count, seed, label }: { count: number; seed: number; label?: string | undefined },
): Promise<Row[]> {
  const lowest = createLowest<Row>(count, standsBefore);
  const wanted = label === undefined ? undefined : cutLabel(label);
  await eachRow(rows, (row) => {
    if (wanted === undefined || labelOf(row) === wanted) lowest.offer(seededHash(seed, row.id), row.id, () => row);
  });
  return lowest.result().toSorted((a, b) => a.source - b.source || a.line - b.line);
}
