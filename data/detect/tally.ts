import type { Row } from '../row.ts';

/** Counts by kind, and for each kind where to look; never what was matched. */
export interface Tally {
  /** Notes so many of a kind in a row. */
  add(kind: string, row: Pick<Row, 'source' | 'line'>, count?: number): void;
  /** `counts` by kind, and up to five `examples` of each. */
  findings(): { counts: Record<string, number>; examples: Record<string, { source: number; line: number }[]> };
}

const EXAMPLES = 5;
// Kinds can come out of untrusted text; the findings stay small all the same.
const MOST_KINDS = 100;

/** An empty tally. */
export function tally(): Tally {
  const kinds = new Map<string, { count: number; examples: { source: number; line: number }[] }>();
  return {
    add(name, { source, line }, count = 1) {
      const kind = kinds.has(name) || kinds.size < MOST_KINDS ? name : 'other';
      let entry = kinds.get(kind);
      if (!entry) kinds.set(kind, (entry = { count: 0, examples: [] }));
      entry.count += count;
      const last = entry.examples.at(-1);
      if (entry.examples.length < EXAMPLES && (last?.line !== line || last.source !== source)) {
        entry.examples.push({ source, line });
      }
    },
    findings: () => {
      const sorted = [...kinds].toSorted(([one], [other]) => (one < other ? -1 : 1));
      return {
        counts: Object.fromEntries(sorted.map(([kind, { count }]) => [kind, count])),
        examples: Object.fromEntries(sorted.map(([kind, { examples }]) => [kind, examples])),
      };
    },
  };
}
