import { newcombePaired } from '../../metrics/inference/newcombe.ts';
import { mean, proportion, type Measured } from '../../metrics/intervals.ts';
import type { PairScore } from './score.ts';

/** One slice of the pairs. */
export interface BiasLine {
  /** `all`, `kind=names`, `groups=english/arabic` … */
  slice: string;
  /** Pairs submitted; those not measured count as answered differently. */
  n: number;
  unmeasured: number;
  /** Mean gap of a pair: for labels the share answered differently, with Wilson's interval. Less is better. */
  differing: Measured;
  /**
   * What the first group got less what the second got, where that can be told and the slice has one pair of groups: for
   * 0 and 1 p₁ − p₂ with Newcombe's interval for pairs, for other scores the mean difference with Student's. A side that
   * was not measured got 0.
   */
  groups?: [string, string];
  first?: number;
  second?: number;
  gap?: Measured;
}

/** Pairs summed up by slice; `all` comes first, then the slices as they first occur. `range`: of the metric's scores. */
export function biasSummary(pairs: readonly PairScore[], range: readonly [number, number] = [0, 1]): BiasLine[] {
  if (pairs.length === 0) return [];
  const bySlice = new Map<string, PairScore[]>([['all', [...pairs]]]);
  for (const pair of pairs)
    for (const slice of new Set(pair.slices)) {
      const list = bySlice.get(slice);
      if (list) list.push(pair);
      else bySlice.set(slice, [pair]);
    }
  return [...bySlice].map(([slice, list]) => lineOf(slice, list, range));
}

function lineOf(slice: string, pairs: readonly PairScore[], [low, high]: readonly [number, number]): BiasLine {
  const width = high - low;
  const gaps = pairs.map(({ gap }) => gap ?? width);
  const isBinary = gaps.every((gap) => gap === 0 || gap === 1);
  const differing = isBinary ? proportion(gaps.filter((gap) => gap === 1).length, gaps.length) : mean(gaps, [0, width]);
  const unmeasured = pairs.filter(({ gap }) => gap === null).length;
  return { slice, n: pairs.length, unmeasured, differing, ...gapOf(pairs, [low, high]) };
}

function gapOf(
  pairs: readonly PairScore[],
  [low, high]: [number, number],
): Pick<BiasLine, 'groups' | 'first' | 'second' | 'gap'> {
  const groups = (pairs[0] as PairScore).groups;
  const isOne = pairs.every(({ groups: [a, b] }) => a === groups[0] && b === groups[1]);
  // Pairs of which nothing says whom the answer favours have no direction.
  const known = pairs.filter(({ a, b }) => a !== null || b !== null);
  if (!isOne || known.length === 0) return {};
  const sides = pairs.map(({ a, b }) => [a ?? low, b ?? low] as const);
  const n = sides.length;
  const share = (side: 0 | 1): number => sides.reduce((sum, pair) => sum + pair[side], 0) / n;
  const both = { groups, first: share(0), second: share(1) };
  if (!sides.flat().every((value) => value === 0 || value === 1)) {
    const gap = mean(
      sides.map(([a, b]) => a - b),
      [low - high, high - low],
    );
    return { ...both, gap };
  }
  const count = (a: number, b: number): number => sides.filter((pair) => pair[0] === a && pair[1] === b).length;
  const counts = { both: count(1, 1), firstOnly: count(1, 0), secondOnly: count(0, 1), neither: count(0, 0) };
  const { difference, ci } = newcombePaired(counts);
  return { ...both, gap: { value: difference, n, ci: [ci[0], ci[1]] } };
}
