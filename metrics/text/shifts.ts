import { BeamTable, bandDistance, DELETE, INSERT, KEEP, tableSize } from './beam.ts';

/** Longest run of words that is moved, and how far from its place it is looked for (tercom's limits). */
const LONGEST_SHIFT = 10;
const FARTHEST_SHIFT = 50;
/** sacrebleu tries no more moves than this for one pair of texts. */
const MOST_TRIED = 1000;
/**
 * Limits of our own, for texts of megabytes, which the reference cannot take: its tables grow with the square of the
 * length, 20 GB at 50,000 words. Above LARGEST_TABLE cells (over 300,000 words) no moves are looked for; after
 * MOST_WORK cells and pairs of places (a few seconds), no further ones. Texts of up to 1,500 words cannot reach
 * either limit, whatever they say.
 */
const LARGEST_TABLE = 2 ** 24;
const MOST_WORK = 2e9;

/**
 * The edits of TER from a prediction to a reference (Snover et al. 2006): single words inserted, deleted or
 * substituted, and runs of words moved, each move being one edit. Moves are found greedily, the one that saves most
 * first, with the heuristics of tercom as sacrebleu has them.
 *
 * @param prediction words as numbers, equal ones for equal words
 */
export function countEdits(prediction: Int32Array, reference: Int32Array): number {
  if (reference.length === 0) return prediction.length;
  if (tableSize(prediction.length, reference.length) > LARGEST_TABLE) return bandDistance(prediction, reference);
  const table = new BeamTable(prediction, reference);
  const places = new Map<number, number[]>();
  for (let i = 0; i < reference.length; i++) {
    const list = places.get(reference[i]!);
    if (list) list.push(i);
    else places.set(reference[i]!, [i]);
  }
  const search: Search = { reference, table, places, tried: 0, work: 0 };
  let words = prediction;
  let shifts = 0;
  // A distance of 0 cannot get smaller; the reference program would find that out by trying.
  while (table.distance > 0) {
    const move = bestMove(words, search);
    if (search.tried >= MOST_TRIED || !move || move.gain <= 0 || search.work + table.cells > MOST_WORK) break;
    words = shifted(words, move);
    table.rebase(words, Math.min(move.start, move.target));
    shifts += 1;
  }
  return shifts + table.distance;
}

interface Search {
  reference: Int32Array;
  table: BeamTable;
  /** Where each word stands in the reference, in order. */
  places: ReadonlyMap<number, readonly number[]>;
  /** Moves tried so far. */
  tried: number;
  /** Pairs of places compared so far. */
  work: number;
}

/** `length` words from `start` on go before the word at `target`. */
interface Move {
  start: number;
  length: number;
  target: number;
  /** Edits saved. */
  gain: number;
}

/**
 * The move that saves most edits; of equal ones the longest, then the one from farthest left, then to farthest left.
 * A run is moved only when some word of it is wrong where it stands and some word is wrong where it would go.
 */
function bestMove(words: Int32Array, search: Search): Move | null {
  const { reference, table, places } = search;
  const { aligned, wrongBefore, wrongExpected } = align(table, words.length, reference.length);
  search.work += words.length + reference.length;
  const before = table.distance;
  const other = new Int32Array(words.length);
  let best: Move | null = null;
  for (let start = 0; start < words.length; start++) {
    // Nothing that begins here can be moved unless one of the next words is wrong.
    if (wrongBefore[Math.min(words.length, start + LONGEST_SHIFT)] === wrongBefore[start]) continue;
    const list = places.get(words[start]!) ?? [];
    for (let k = firstFrom(list, start - FARTHEST_SHIFT); k < list.length; k++) {
      const place = list[k]!;
      if (place > start + FARTHEST_SHIFT) break;
      const most = Math.min(LONGEST_SHIFT, words.length - start, reference.length - place);
      for (let length = 1; length <= most; length++) {
        if (words[start + length - 1] !== reference[place + length - 1]) break;
        search.work += 1;
        const end = start + length;
        if (wrongBefore[end] === wrongBefore[start]) continue;
        if (wrongExpected[place + length] === wrongExpected[place]) continue;
        if (aligned[place]! >= start && aligned[place]! < end) continue;
        let last = -1;
        for (let offset = -1; offset < length; offset++) {
          const target = place + offset < 0 ? 0 : aligned[place + offset]! + 1;
          if (target === last) continue;
          last = target;
          const move = { start, length, target, gain: 0 };
          arrange(words, move, other);
          search.work += words.length;
          const moved = table.distanceOf(other, Math.min(start, target), Math.max(end, target + length));
          move.gain = before - moved;
          search.tried += 1;
          if (!best || isBetter(move, best)) best = move;
        }
        if (search.tried >= MOST_TRIED || search.work + table.cells > MOST_WORK) return best;
      }
    }
  }
  return best;
}

/** For each place of the reference its place in the prediction, and how many words are wrong before each place. */
function align(
  table: BeamTable,
  words: number,
  expected: number,
): { aligned: Int32Array; wrongBefore: Int32Array; wrongExpected: Int32Array } {
  const aligned = new Int32Array(expected);
  const wrongBefore = new Int32Array(words + 1);
  const wrongExpected = new Int32Array(expected + 1);
  let i = 0;
  let j = 0;
  for (const step of table.stepsBackwards().toReversed()) {
    const wrong = step === KEEP ? 0 : 1;
    if (step !== INSERT) {
      wrongBefore[i + 1] = wrongBefore[i]! + wrong;
      i += 1;
    }
    if (step !== DELETE) {
      wrongExpected[j + 1] = wrongExpected[j]! + wrong;
      aligned[j] = i - 1;
      j += 1;
    }
  }
  return { aligned, wrongBefore, wrongExpected };
}

const isBetter = (move: Move, best: Move): boolean =>
  (move.gain - best.gain || move.length - best.length || best.start - move.start || best.target - move.target) > 0;

function shifted(words: Int32Array, move: Move): Int32Array {
  const arranged = new Int32Array(words.length);
  arrange(words, move, arranged);
  return arranged;
}

/**
 * Writes the words with one run moved. A target inside the run counts words that follow the run: as many of them come
 * before it as the target lies past its start.
 */
function arrange(words: Int32Array, { start, length, target }: Move, into: Int32Array): void {
  into.set(words);
  const end = start + length;
  if (target < start) {
    into.copyWithin(target + length, target, start);
    into.set(words.subarray(start, end), target);
  } else {
    const until = Math.min(words.length, target > end ? target : length + target);
    into.copyWithin(start, end, until);
    into.set(words.subarray(start, end), start + until - end);
  }
}

/** Index of the first entry of an ascending list that is at least `value`. */
function firstFrom(list: readonly number[], value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
