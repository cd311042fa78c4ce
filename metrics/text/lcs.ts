/**
 * Most cells of a table that are computed: two texts of 65,000 words each, some seconds. Longer ones are refused, so
 * that one answer of megabytes does not hold everything up.
 */
const MAX_CELLS = 2 ** 32;
/** Most cells of a table that is kept, in bytes. */
const MAX_KEPT = 2 ** 28;

/** Length of the longest common subsequence; memory grows with the shorter list only. @throws RangeError when both are too long. */
export function lcsLength(a: Int32Array, b: Int32Array): number {
  const [rows, columns] = a.length > b.length ? [a, b] : [b, a];
  check(rows.length * columns.length, MAX_CELLS);
  let above = new Int32Array(columns.length + 1);
  let row = new Int32Array(columns.length + 1);
  for (const word of rows) {
    for (let j = 1; j <= columns.length; j += 1) {
      if (word === columns[j - 1]) row[j] = (above[j - 1] as number) + 1;
      else {
        const [up, left] = [above[j] as number, row[j - 1] as number];
        row[j] = up > left ? up : left;
      }
    }
    [above, row] = [row, above];
  }
  return above[columns.length] as number;
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

function check(cells: number, most: number): void {
  if (cells > most)
    throw new RangeError(
      `ROUGE of two texts this long would take ${cells.toExponential(1)} comparisons, more than ${most.toExponential(1)}: shorten them`,
    );
}
