import { Scratch } from './scratch.ts';

/**
 * Most cells of a table of which the length alone is wanted: two texts of 185,000 words each, some seconds. Longer ones
 * are refused, so that one answer of megabytes does not hold everything up.
 */
const MAX_CELLS = 2 ** 35;
/** Most cells of a table that is kept, in bytes. */
const MAX_KEPT = 2 ** 28;

const masks = new Scratch();
const carries = new Scratch();
const BITS = 32;

/**
 * Length of the longest common subsequence of two lists of whole numbers from 0, as small as can be; memory grows with
 * the longer list and the largest number. 32 columns of the table are computed at once, a bit each (Hyyrö 2004, "Bit-
 * parallel LCS-length computation revisited"): V ← (V + (V & M)) | (V & ~M), where the addition carries over to the
 * next 32 columns, and the zeros that are left are counted.
 *
 * @throws RangeError when both are too long.
 */
export function lcsLength(a: Int32Array, b: Int32Array): number {
  const [rows, columns] = a.length > b.length ? [a, b] : [b, a];
  check(rows.length * columns.length, MAX_CELLS);
  let largest = 0;
  for (let i = 0; i < rows.length; i += 1) if ((rows[i] as number) > largest) largest = rows[i] as number;
  for (let j = 0; j < columns.length; j += 1) if ((columns[j] as number) > largest) largest = columns[j] as number;
  const mask = masks.take(largest + 1);
  for (let i = 0; i < rows.length; i += 1) mask[rows[i] as number] = 0;
  const isOne = columns.length <= BITS;
  const carried = carries.take(isOne ? 0 : rows.length);
  if (!isOne) carried.fill(0, 0, rows.length);
  let length = 0;
  for (let start = 0; start < columns.length; start += BITS) {
    const end = Math.min(columns.length, start + BITS);
    for (let j = start; j < end; j += 1) mask[columns[j] as number] = 0;
    for (let j = start; j < end; j += 1) mask[columns[j] as number]! |= 1 << (j - start);
    const left = isOne ? alone(rows, mask) : block(rows, mask, carried);
    const width = end - start;
    length += zeros(left, width);
    for (let j = start; j < end; j += 1) mask[columns[j] as number] = 0;
  }
  return length;
}

/** The bits of all columns after all rows, where no other columns follow. */
function alone(rows: Int32Array, mask: Int32Array): number {
  let v = -1;
  for (let i = 0; i < rows.length; i += 1) {
    const m = mask[rows[i] as number] as number;
    v = (v + (v & m)) | (v & ~m);
  }
  return v;
}

/** The bits of 32 columns after all rows; `carried` has what each row's addition carries, and gets what it carries on. */
function block(rows: Int32Array, mask: Int32Array, carried: Int32Array): number {
  let v = -1;
  for (let i = 0; i < rows.length; i += 1) {
    const m = mask[rows[i] as number] as number;
    const sum = (v >>> 0) + ((v & m) >>> 0) + (carried[i] as number);
    carried[i] = sum > 0xffff_ffff ? 1 : 0;
    v = sum | (v & ~m);
  }
  return v;
}

/** Zeros among the lowest bits. */
function zeros(bits: number, width: number): number {
  let count = 0;
  for (let left = width === BITS ? ~bits : ~bits & ((1 << width) - 1); left !== 0; left &= left - 1) count += 1;
  return count;
}

const DIAGONAL = 0;
const LEFT = 1;
const UP = 2;

/**
 * Places in `reference` of one longest common subsequence, in descending order: read backwards, a match is taken
 * where there is one, else the way with the longer subsequence, and up where both are equal.
 * @throws RangeError when both are too long.
 */
export function lcsPlaces(reference: Int32Array, candidate: Int32Array): number[] {
  const columns = candidate.length;
  if (reference.length === 0 || columns === 0) return [];
  check(reference.length * columns, MAX_KEPT);
  const ways = new Uint8Array(reference.length * columns);
  let above = new Int32Array(columns + 1);
  let row = new Int32Array(columns + 1);
  for (const [i, word] of reference.entries()) {
    for (let j = 1; j <= columns; j += 1) {
      const [up, left] = [above[j] as number, row[j - 1] as number];
      if (word === candidate[j - 1]) {
        row[j] = (above[j - 1] as number) + 1;
        ways[i * columns + j - 1] = DIAGONAL;
      } else {
        row[j] = up > left ? up : left;
        ways[i * columns + j - 1] = left > up ? LEFT : UP;
      }
    }
    [above, row] = [row, above];
  }
  const places: number[] = [];
  let [i, j] = [reference.length, columns];
  while (i > 0 && j > 0) {
    const way = ways[(i - 1) * columns + j - 1];
    if (way === DIAGONAL) places.push(i - 1);
    if (way !== LEFT) i -= 1;
    if (way !== UP) j -= 1;
  }
  return places;
}

/** Cells that one pair of sentences counts for, however short they are. */
const PAIR = 64;
/** Most cells of all pairs of sentences of two texts, some seconds. */
const MAX_SUMMARY = 2 ** 31;

/** @throws RangeError when so many sentences (of words in all) would take minutes to hold against each other. */
export function checkSummary(sentences: readonly [number, number], words: readonly [number, number]): void {
  check(words[0] * words[1] + PAIR * sentences[0] * sentences[1], MAX_SUMMARY);
}

function check(cells: number, most: number): void {
  if (cells > most)
    throw new RangeError(
      `ROUGE of two texts this long would take ${cells.toExponential(1)} comparisons, more than ${most.toExponential(1)}: shorten them`,
    );
}
