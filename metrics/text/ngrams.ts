import { Scratch } from './scratch.ts';

/** A symbol of a prediction that no reference has. */
export const ABSENT = -1;

const ofPrediction = new Scratch();
const ofReferences = new Scratch();
const ofTable = new Scratch();
const ofFirst = new Scratch();
const ofSecond = new Scratch();
const ofCounts = new Scratch();
const ofBest = new Scratch();
const ofMatches = new Scratch();

/**
 * How many n-grams of a prediction match, for each order 1…maxOrder: for every different n-gram the smaller of its
 * count in the prediction and its greatest count in one reference (the clipped counts of Papineni et al. 2002).
 *
 * An n-gram is named by the number of its first n−1 symbols and its last symbol, so that each order costs one look-up
 * a position, whatever its length; positions whose n−1 symbols have no match are not looked at again.
 * Time and memory are linear in the symbols, times the order.
 *
 * @param prediction symbols as numbers ≥ 0, or {@link ABSENT}
 * @param references symbols as numbers ≥ 0
 * @param matches receives the count of order n at index `offset + (n - 1) * stride`
 */
export function countMatches(
  prediction: Int32Array,
  references: readonly Int32Array[],
  maxOrder: number,
  matches: Float64Array,
  offset: number,
  stride: number,
): void {
  const length = references.reduce((sum, reference) => sum + reference.length, 0);
  const seen = ofPrediction.take(prediction.length).fill(0, 0, prediction.length);
  const expected = ofReferences.take(length).fill(0, 0, length);
  const first = ofFirst.take(length);
  const second = ofSecond.take(length);
  const counts = ofCounts.take(length).fill(0, 0, length);
  const best = ofBest.take(length);
  const matched = ofMatches.take(length);
  let alive = length;
  for (let n = 1; n <= maxOrder && alive > 0; n++) {
    let size = 16;
    while (size < 2 * alive) size *= 2;
    const mask = size - 1;
    const table = ofTable.take(size).fill(0, 0, size);
    let known = 0;
    let start = 0;
    for (const reference of references) {
      const { length: size } = reference;
      for (let i = 0; i < size; i++) {
        const prefix = expected[start + i]!;
        if (prefix < 0) continue;
        if (i + n > size) {
          expected[start + i] = -1;
          continue;
        }
        const last = reference[i + n - 1]!;
        let slot = hash(prefix, last) & mask;
        let id = table[slot]! - 1;
        while (id >= 0 && (first[id] !== prefix || second[id] !== last)) {
          slot = (slot + 1) & mask;
          id = table[slot]! - 1;
        }
        if (id < 0) {
          id = known++;
          table[slot] = known;
          first[id] = prefix;
          second[id] = last;
          best[id] = 0;
          matched[id] = 0;
        }
        expected[start + i] = id;
        const count = counts[id]! + 1;
        counts[id] = count;
        if (count > best[id]!) best[id] = count;
      }
      for (let i = 0; i < size; i++) {
        const id = expected[start + i]!;
        if (id >= 0) counts[id] = 0;
      }
      start += size;
    }
    let total = 0;
    for (let i = 0; i < prediction.length; i++) {
      const prefix = seen[i]!;
      if (prefix < 0) continue;
      seen[i] = -1;
      if (i + n > prediction.length) continue;
      const last = prediction[i + n - 1]!;
      if (last < 0) continue;
      let slot = hash(prefix, last) & mask;
      let id = table[slot]! - 1;
      while (id >= 0 && (first[id] !== prefix || second[id] !== last)) {
        slot = (slot + 1) & mask;
        id = table[slot]! - 1;
      }
      if (id < 0) continue;
      seen[i] = id;
      const count = matched[id]! + 1;
      matched[id] = count;
      if (count <= best[id]!) total += 1;
    }
    matches[offset + (n - 1) * stride] = total;
    if (total === 0) return;
    alive = 0;
    for (let i = 0; i < length; i++) {
      const id = expected[i]!;
      if (id < 0) continue;
      if (matched[id] === 0) expected[i] = -1;
      else alive += 1;
    }
  }
}

/** Spreads pairs of small numbers over 32 bits. */
function hash(first: number, second: number): number {
  const mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/**
 * Numbers the words of references, so that equal words have equal numbers, and then those of the prediction;
 * a word that no reference has becomes {@link ABSENT}.
 */
export function numberWords(
  prediction: readonly string[],
  references: readonly (readonly string[])[],
): { prediction: Int32Array; references: Int32Array[] } {
  const numbers = new Map<string, number>();
  const numbered = references.map((reference) => {
    const list = new Int32Array(reference.length);
    for (let i = 0; i < reference.length; i++) {
      const word = reference[i]!;
      let number = numbers.get(word);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(word, number);
      }
      list[i] = number;
    }
    return list;
  });
  const list = new Int32Array(prediction.length);
  for (let i = 0; i < prediction.length; i++) list[i] = numbers.get(prediction[i]!) ?? ABSENT;
  return { prediction: list, references: numbered };
}
