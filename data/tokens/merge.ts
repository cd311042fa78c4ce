import type { RankTable } from './rank-table.ts';

/**
 * How many tokens the bytes of one piece become. Pairs wait in a heap, so that a hostile piece of a million letters
 * takes a second and not days, as it does where every merge looks through the whole piece.
 *
 * @param bytes The piece, one character 0 to 255 a byte.
 */
export function countMerged(bytes: string, ranks: RankTable): number {
  if (bytes.length < 2 || ranks.find(bytes, 0, bytes.length) >= 0) return Math.min(bytes.length, 1);
  return bytes.length <= SHORT ? mergeShort(bytes, ranks) : mergeLong(bytes, ranks);
}

// Below this length looking through all pairs is quicker than keeping a heap.
const SHORT = 64;
const NONE = 0x7f_ff_ff_ff;

const starts = new Int32Array(SHORT + 1);
const found = new Int32Array(SHORT + 1);

function mergeShort(bytes: string, ranks: RankTable): number {
  let parts = bytes.length;
  for (let at = 0; at <= parts; at++) starts[at] = at;
  const rankAt = (at: number): number => {
    if (at + 2 > parts) return NONE;
    const rank = ranks.find(bytes, starts[at] as number, starts[at + 2] as number);
    return rank < 0 ? NONE : rank;
  };
  for (let at = 0; at < parts; at++) found[at] = rankAt(at);
  for (;;) {
    let best = NONE;
    let at = -1;
    for (let i = 0; i + 1 < parts; i++)
      if ((found[i] as number) < best) {
        best = found[i] as number;
        at = i;
      }
    if (at < 0) return parts;
    for (let i = at + 1; i < parts; i++) {
      starts[i] = starts[i + 1] as number;
      found[i] = found[i + 1] as number;
    }
    parts--;
    found[at] = rankAt(at);
    if (at > 0) found[at - 1] = rankAt(at - 1);
  }
}

function mergeLong(bytes: string, ranks: RankTable): number {
  const { length } = bytes;
  // A token is named by its first byte. `end` of a token that was merged into the one before it is 0.
  const end = Int32Array.from({ length }, (_, at) => at + 1);
  const before = Int32Array.from({ length: length + 1 }, (_, at) => at - 1);
  const heap = new PairHeap();
  const offer = (at: number): void => {
    const middle = end[at] as number;
    if (middle >= length) return;
    const last = end[middle] as number;
    const rank = ranks.find(bytes, at, last);
    if (rank >= 0) heap.push({ rank, at, last });
  };
  for (let at = 0; at + 1 < length; at++) offer(at);
  let tokens = length;
  for (let pair = heap.pop(); pair; pair = heap.pop()) {
    const { at, last } = pair;
    const middle = end[at] as number;
    // The pair is gone when one of its halves has been merged since.
    if (middle === 0 || middle >= length || end[middle] !== last) continue;
    end[at] = last;
    end[middle] = 0;
    before[last] = at;
    tokens--;
    offer(at);
    const previous = before[at] as number;
    if (previous >= 0) offer(previous);
  }
  return tokens;
}

interface Pair {
  rank: number;
  at: number;
  /** End of its second half. */
  last: number;
}

/** Lowest rank first, leftmost first among equals. */
class PairHeap {
  readonly #pairs: Pair[] = [];

  push(pair: Pair): void {
    const pairs = this.#pairs;
    let at = pairs.length;
    while (at > 0) {
      const above = pairs[(at - 1) >> 1] as Pair;
      if (!isLess(pair, above)) break;
      pairs[at] = above;
      at = (at - 1) >> 1;
    }
    pairs[at] = pair;
  }

  pop(): Pair | undefined {
    const pairs = this.#pairs;
    const top = pairs[0];
    const last = pairs.pop();
    if (!last || pairs.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= pairs.length) break;
      const right = pairs[child + 1];
      if (right && isLess(right, pairs[child] as Pair)) child++;
      if (!isLess(pairs[child] as Pair, last)) break;
      pairs[at] = pairs[child] as Pair;
      at = child;
    }
    pairs[at] = last;
    return top;
  }
}

const isLess = (a: Pair, b: Pair): boolean => a.rank < b.rank || (a.rank === b.rank && a.at < b.at);
