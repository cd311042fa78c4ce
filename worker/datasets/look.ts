import { diffRows, keyBy, type DataDiff } from '../../data/look/diff.ts';
import { sampleOf, type Sample } from '../../data/look/inspect.ts';
import { sampleRows } from '../../data/look/sample.ts';
import type { Row } from '../../data/row.ts';
import { flat } from './inspect.ts';
import { openData, type OpenedData, type Reading, type Shelf } from './open.ts';

/** A difference between two sets of rows, with the texts of the rows that are listed. */
export interface DiffedData extends DataDiff {
  from: About;
  to: About;
  /** Listed rows by `a:` or `b:` and place. */
  texts: Record<string, Sample>;
}

interface About {
  name: string;
  digest: string | null;
  sources: OpenedData['sources'];
  bad: number;
}

const about = ({ name, digest, sources, bad }: OpenedData): About => ({
  name,
  digest: digest ?? null,
  sources,
  bad: bad.rows,
});

/** Holds two sets of rows against each other; `key` is the column that names a row for good. */
export async function diffData(
  before: string,
  after: string,
  shelf: Shelf | undefined,
  { key, listed, ...reading }: Reading & { key?: string | undefined; listed?: number | undefined },
): Promise<DiffedData> {
  const how = { loose: true, ...reading };
  const a = await openData(before, shelf, how);
  // Both sides are read in the same way, a guessed class included.
  const b = await openData(after, shelf, { ...how, label: reading.label ?? a.label?.column });
  const keyOf = keyBy(key);
  const diff = await diffRows(flat(a), flat(b), keyOf, listed === undefined ? {} : { listed });
  const texts: DiffedData['texts'] = {};
  const wanted = (side: string, found: readonly { source: number; line: number }[]): Set<string> =>
    new Set(found.map(({ source, line }) => `${side}:${source}:${line}`));
  const asked = [
    ['a', a, wanted('a', [...diff.removed, ...diff.changed.map(({ before }) => before)])],
    ['b', b, wanted('b', [...diff.added, ...diff.changed.map(({ after }) => after)])],
  ] as const;
  for (const [side, data, places] of asked) {
    if (places.size === 0) continue;
    for await (const row of flat(data)) {
      const place = `${side}:${row.source}:${row.line}`;
      if (places.has(place)) texts[place] = sampleOf(row);
    }
  }
  return { from: about(a), to: about(b), ...diff, texts };
}

/** Rows drawn from a set, the same ones for a seed. */
export async function sampleData(
  what: string,
  shelf: Shelf | undefined,
  { count, seed, only, ...reading }: Reading & { count: number; seed: number; only?: string | undefined },
): Promise<{ name: string; rows: Row[] }> {
  const data = await openData(what, shelf, { loose: true, ...reading });
  return { name: data.name, rows: await sampleRows(flat(data), { count, seed, label: only }) };
}
