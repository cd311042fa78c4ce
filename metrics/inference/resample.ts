import { sum } from './moments.ts';
import { summer } from './resample-simd.ts';

/** What mulberry32 adds to its state before each draw: draw k of a seed needs no draw before it. */
const STRIDE = 0x6d2b79f5;

/** Largest number of items: above it a draw of 32 bits times n has no exact double. */
const MOST = 2 ** 21;

/**
 * Draws items with replacement by the rule of the parity vectors: draw k, row by row, is ⌊u·n⌋ with u the k-th number
 * of mulberry32 (32 bits, from 0 to below 1).
 *
 * @returns fills a row with the next draws
 * @throws RangeError when there are no items, or more than 2²¹.
 */
export function resampler(n: number, seed: number): (row: Int32Array) => void {
  checkSize(n);
  const scale = n / 2 ** 32;
  let state = seed | 0;
  return (row) => {
    for (let i = 0; i < row.length; i += 1) {
      state = (state + STRIDE) | 0;
      row[i] = bits(state) * scale;
    }
  };
}

/** From this number of values on, means are added four draws at a time instead of in numpy's order. */
const MANY = 4096;

/**
 * Means of resamples, drawn as {@link resampler} does. Below 4096 values they are added as numpy does, so that they are
 * equal to the last digit; above, only the last digits can differ.
 *
 * @throws RangeError when there are no values, or more than 2²¹.
 */
export function resampledMeans(values: Float64Array, resamples: number, seed: number): Float64Array {
  checkSize(values.length);
  return values.length < MANY ? fewMeans(values, resamples, seed) : manyMeans(values, resamples, seed);
}

function fewMeans(values: Float64Array, resamples: number, seed: number): Float64Array {
  const n = values.length;
  const row = new Float64Array(n);
  const draw = resampler(n, seed);
  const indices = new Int32Array(n);
  return new Float64Array(resamples).map(() => {
    draw(indices);
    for (let i = 0; i < n; i += 1) row[i] = values[indices[i]!]!;
    return sum(row) / n;
  });
}

function manyMeans(values: Float64Array, resamples: number, seed: number): Float64Array {
  const n = values.length;
  const scale = n / 2 ** 32;
  const quads = n >>> 2;
  const four = summer(values, STRIDE);
  let state = seed | 0;
  return new Float64Array(resamples).map(() => {
    let total = four.sum(quads, state);
    state = (state + Math.imul(4 * quads, STRIDE)) | 0;
    for (let i = 4 * quads; i < n; i += 1) {
      state = (state + STRIDE) | 0;
      total += values[(bits(state) * scale) | 0]!;
    }
    return total / n;
  });
}

/** The 32 bits that mulberry32 makes of a state. */
function bits(state: number): number {
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return (t ^ (t >>> 14)) >>> 0;
}

function checkSize(n: number): void {
  if (n < 1 || n > MOST) throw new RangeError(`a bootstrap needs from 1 to ${MOST} items, got ${n}`);
}
