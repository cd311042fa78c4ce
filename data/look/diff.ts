import { hash } from 'node:crypto';
import type { Row } from '../row.ts';
import { eachRow } from './each-row.ts';
import type { Rows } from './each-row.ts';
import { meanDifference, shareDifference } from './intervals.ts';
import type { Difference } from './intervals.ts';
import { createLanguages } from './languages.ts';
import { createPlaces } from './places.ts';
import type { Place, Places } from './places.ts';
import { createStatistics } from './statistics.ts';
import type { DatasetStatistics } from './statistics.ts';

type Found = Place & { id: string };

/** A share before and after; `difference.ci` is a 95 % interval. */
export interface ShareShift {
  name: string;
  before: { rows: number; share: number };
  after: { rows: number; share: number };
  difference: Difference;
}

/** A mean before and after. */
export interface MeanShift {
  before: number;
  after: number;
  difference: Difference;
}

/** What changed between two sets: counts are exact, lists hold the first rows. */
export interface DataDiff {
  /** `before.rows` = same + changed + removed; `after.rows` = same + changed + added. */
  counts: { same: number; added: number; removed: number; changed: number };
  added: Found[];
  removed: Found[];
  changed: { before: Found; after: Found }[];
  before: DatasetStatistics;
  after: DatasetStatistics;
  /** By the size of the shift. Shares are of the rows that have a class. */
  labels: ShareShift[];
  prompt: MeanShift | null;
  answer: MeanShift | null;
  /** Of a sample of each. */
  languages: ShareShift[];
}

/** Names a row for good: by a column where it has it, else by what it asks. */
export const keyBy =
  (column?: string) =>
  (row: Row): string => {
    const { columns } = row;
    if (column === undefined || columns === undefined || !Object.hasOwn(columns, column)) return row.promptId;
    const value = columns[column];
    return value === null || value === undefined
      ? row.promptId
      : `=${typeof value === 'string' ? value : JSON.stringify(value)}`;
  };

/**
 * Holds two sets of rows against each other. Rows of one key and one id are the same, rows of one key and
 * different ids changed; 24 bytes a row are held.
 */
export async function diffRows(
  before: Rows,
  after: Rows,
  keyOf: (row: Row) => string,
  { listed = 100 }: { /** Rows in a list, default 100. */ listed?: number } = {},
): Promise<DataDiff> {
  const a = await see(before, keyOf);
  const b = await see(after, keyOf);
  const joined = join(a.places, b.places);
  const list = (places: Places, rows: number[]) =>
    rows
      .map(places.place)
      .toSorted((x, y) => x.source - y.source || x.line - y.line)
      .slice(0, listed);
  return {
    counts: {
      same: joined.same,
      added: joined.added.length,
      removed: joined.removed.length,
      changed: joined.changed.length,
    },
    added: list(b.places, joined.added),
    removed: list(a.places, joined.removed),
    changed: joined.changed
      .map(([at, bt]) => ({ before: a.places.place(at), after: b.places.place(bt) }))
      .toSorted((x, y) => x.after.source - y.after.source || x.after.line - y.after.line)
      .slice(0, listed),
    before: a.statistics,
    after: b.statistics,
    labels: shifts(a.labels, b.labels),
    prompt: meanShift(a.statistics.prompt, b.statistics.prompt),
    answer: meanShift(a.statistics.answer, b.statistics.answer),
    languages: shifts(byName(a.languages.found), byName(b.languages.found)),
  };
}

async function see(rows: Rows, keyOf: (row: Row) => string) {
  const places = createPlaces();
  const statistics = createStatistics();
  const languages = createLanguages();
  await eachRow(rows, (row) => {
    const key = keyOf(row);
    places.add(key === row.promptId ? key : hash('sha256', key), row.id, row.source, row.line);
    statistics.add(row);
    languages.add(row);
  });
  return {
    places,
    statistics: statistics.result(),
    labels: statistics.labelCounts(),
    languages: await languages.result(),
  };
}

/** Walks two sorted lists side by side, key by key. */
function join(a: Places, b: Places) {
  const [left, right] = [a.sorted(), b.sorted()];
  const [added, removed, changed]: [number[], number[], [number, number][]] = [[], [], []];
  let same = 0;
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const onlyA: number[] = [];
    const onlyB: number[] = [];
    const from = [i, j] as const;
    // The key that comes first, in whichever list; its rows in both.
    const first = i >= left.length ? 1 : j >= right.length ? -1 : a.compare(left[i]!, b, right[j]!, false);
    const inA = (at: number) =>
      at < left.length && (first <= 0 ? a.compare(left[at]!, a, left[from[0]]!, false) === 0 : false);
    const inB = (at: number) =>
      at < right.length && (first >= 0 ? b.compare(right[at]!, b, right[from[1]]!, false) === 0 : false);
    while (inA(i) || inB(j)) {
      const order = !inA(i) ? 1 : !inB(j) ? -1 : a.compare(left[i]!, b, right[j]!, true);
      if (order === 0) same += 1;
      if (order < 0) onlyA.push(left[i]!);
      if (order > 0) onlyB.push(right[j]!);
      if (order <= 0) i += 1;
      if (order >= 0) j += 1;
    }
    const pairs = Math.min(onlyA.length, onlyB.length);
    for (let at = 0; at < pairs; at += 1) changed.push([onlyA[at]!, onlyB[at]!]);
    // One by one: a group can be longer than a call has room for arguments.
    for (const row of onlyA.slice(pairs)) removed.push(row);
    for (const row of onlyB.slice(pairs)) added.push(row);
  }
  return { same, added, removed, changed };
}

const byName = (counts: readonly { name: string; rows: number }[]) =>
  new Map(counts.map(({ name, rows }) => [name, rows]));

function shifts(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): ShareShift[] {
  const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((total, rows) => total + rows, 0);
  const [n, m] = [sum(before), sum(after)];
  return (
    [...new Set([...before.keys(), ...after.keys()])]
      .map((name) => {
        const [rows, now] = [before.get(name) ?? 0, after.get(name) ?? 0];
        return {
          name,
          before: { rows, share: n ? rows / n : 0 },
          after: { rows: now, share: m ? now / m : 0 },
          difference: shareDifference({ ones: rows, n }, { ones: now, n: m }),
        };
      })
      // Equal shifts differ in their last digits.
      .toSorted((x, y) => sizeOf(y) - sizeOf(x) || (x.name < y.name ? -1 : 1))
      .slice(0, 50)
  );
}

const sizeOf = ({ difference }: ShareShift): number => Math.round(Math.abs(difference.value) * 1e9);

function meanShift(before: DatasetStatistics['prompt'], after: DatasetStatistics['prompt']): MeanShift | null {
  if (before === null || after === null) return null;
  return { before: before.mean, after: after.mean, difference: meanDifference(before, after) };
}
