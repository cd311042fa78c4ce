import { mix } from './words.ts';

/** Values in a sketch, a power of two. */
export const SKETCH_SIZE = 128;
const BIN_SHIFT = 32 - Math.log2(SKETCH_SIZE);
const ROUNDS = 2 * SKETCH_SIZE;
const ROUND_SHIFT = 23;
const VALUE_MASK = 2 ** ROUND_SHIFT - 1;
const EMPTY = 0x7fffffff;

const SEEDS = Int32Array.from({ length: ROUNDS }, (_, round) => mix((round + 1) * 0x9e3779b1));

/**
 * Fills `out` with 128 minima of a set such that two sets agree in a value with the probability of their Jaccard
 * similarity, as MinHash of 128 permutations does. Every round throws each member into one bin, and rounds end when
 * no bin is empty: about 700 hashes for any set, not 128 for each member. From round 128 on each bin takes all
 * members, so that the smallest set fills them. (Dahlgaard, Knudsen, Thorup: Fast Similarity Sketching, 2017.)
 */
export function sketch(members: Int32Array, count: number, out: Int32Array): void {
  out.fill(EMPTY);
  let empty = SKETCH_SIZE;
  for (let round = 0; round < ROUNDS && empty > 0; round += 1) {
    const seed = SEEDS[round] as number;
    // Later rounds are larger than earlier ones, so that they decide only where nothing came before.
    const prefix = round << ROUND_SHIFT;
    const fixedBin = round - SKETCH_SIZE;
    for (let i = 0; i < count; i += 1) {
      let hash = Math.imul((members[i] as number) ^ seed, 0x85ebca6b);
      hash ^= hash >>> 13;
      hash = Math.imul(hash, 0xc2b2ae35);
      const bin = fixedBin < 0 ? hash >>> BIN_SHIFT : fixedBin;
      const value = prefix | ((hash >>> 2) & VALUE_MASK);
      const before = out[bin] as number;
      if (value < before) {
        out[bin] = value;
        if (before === EMPTY) empty -= 1;
      }
    }
  }
}

/** Chance that a pair just at the threshold is looked at. */
const CERTAINTY = 0.98;

/**
 * How 128 values are cut into bands: two rows that agree in all values of one band are compared. The longest bands,
 * and so the fewest useless comparisons, that still find a pair at the threshold with 98 % certainty; pairs above it
 * are found more surely. What is found is compared for good, so that only misses count.
 */
export function bandsFor(threshold: number): { bands: number; rows: number } {
  let rows = 1;
  for (let longer = 2; longer <= SKETCH_SIZE; longer += 1) {
    const missed = (1 - threshold ** longer) ** Math.floor(SKETCH_SIZE / longer);
    if (missed <= 1 - CERTAINTY) rows = longer;
  }
  return { bands: Math.floor(SKETCH_SIZE / rows), rows };
}
