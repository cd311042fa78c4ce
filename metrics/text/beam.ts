import { Scratch } from './scratch.ts';

/** Columns to each side of the diagonal that are filled in (tercom's beam). */
const BEAM = 25;
/** More than any distance, and still far from the end of 32 bits when a few edits are added. */
const UNREACHED = 1 << 29;

/** What is done at a step of the way from the prediction to the reference. */
export const KEEP = 0;
export const SUBSTITUTE = 1;
export const INSERT = 2;
export const DELETE = 3;

const ofCosts = new Scratch();
const ofSteps = new Scratch();
const ofFrom = new Scratch();
const ofTo = new Scratch();
const ofBase = new Scratch();
const ofRowA = new Scratch();
const ofRowB = new Scratch();

/**
 * Edit distance from arrangements of the same words to one reference, in the band around the diagonal that tercom
 * looks at. One arrangement at a time is the base: all rows of its table are kept, so that another arrangement is
 * computed only from the first word that differs, and only until its rows run alongside those of the base again.
 * It uses working arrays that all tables share: a new table ends the use of the one before.
 */
export class BeamTable {
  /** Cells computed so far: the work done. */
  cells = 0;
  readonly #reference: Int32Array;
  readonly #rows: number;
  readonly #columns: number;
  /** Of each row: its first column, the column after its last, and where it begins in the tables. */
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  readonly #at: Int32Array;
  readonly #costs: Int32Array;
  readonly #steps: Int32Array;
  #words: Int32Array;

  /** @param words the first base */
  constructor(words: Int32Array, reference: Int32Array) {
    this.#reference = reference;
    this.#words = words;
    this.#rows = words.length;
    this.#columns = reference.length + 1;
    this.#from = ofFrom.take(this.#rows + 1);
    this.#to = ofTo.take(this.#rows + 1);
    this.#at = ofBase.take(this.#rows + 1);
    const { ratio, beam } = bandOf(words.length, reference.length);
    let size = 0;
    for (let i = 0; i <= this.#rows; i++) {
      const diagonal = Math.floor(i * ratio);
      this.#from[i] = i === 0 ? 0 : Math.max(0, diagonal - beam);
      this.#to[i] = i === 0 || i === this.#rows ? this.#columns : Math.min(this.#columns, diagonal + beam);
      this.#at[i] = size;
      size += this.#to[i]! - this.#from[i]!;
    }
    this.#costs = ofCosts.take(size);
    this.#steps = ofSteps.take(size);
    for (let j = 0; j < this.#columns; j++) {
      this.#costs[j] = j;
      this.#steps[j] = INSERT;
    }
    this.#fill(1);
  }

  /** Edits from the base to the reference. */
  get distance(): number {
    return this.#costs[this.#at[this.#rows]! + this.#columns - 1 - this.#from[this.#rows]!]!;
  }

  /** Makes another arrangement the base; `first` is the first position that may differ. */
  rebase(words: Int32Array, first: number): void {
    this.#words = words;
    this.#fill(first + 1);
  }

  /** The steps from the base to the reference, last one first. */
  stepsBackwards(): number[] {
    const steps: number[] = [];
    let i = this.#rows;
    let j = this.#columns - 1;
    while (i > 0 || j > 0) {
      const step = this.#steps[this.#at[i]! + j - this.#from[i]!]!;
      steps.push(step);
      if (step !== INSERT) i -= 1;
      if (step !== DELETE) j -= 1;
    }
    return steps;
  }

  /** Edits from another arrangement to the reference; positions before `first` and from `end` on are as in the base. */
  distanceOf(words: Int32Array, first: number, end: number): number {
    const costs = this.#costs;
    let above = costs;
    let aboveAt = this.#at[first]!;
    let row = ofRowA.take(this.#columns);
    let spare = ofRowB.take(this.#columns);
    for (let i = first + 1; i <= this.#rows; i++) {
      this.#row(i, words[i - 1]!, above, aboveAt, row, 0, null);
      const at = this.#at[i]!;
      const width = this.#to[i]! - this.#from[i]!;
      if (i >= end) {
        const ahead = row[0]! - costs[at]!;
        let j = 1;
        while (j < width && ahead === row[j]! - costs[at + j]!) j += 1;
        if (j === width) return this.distance + ahead;
      }
      above = row;
      aboveAt = 0;
      [row, spare] = [spare, row];
    }
    return above[aboveAt + this.#columns - 1 - this.#from[this.#rows]!]!;
  }

  #fill(start: number): void {
    for (let i = start; i <= this.#rows; i++)
      this.#row(i, this.#words[i - 1]!, this.#costs, this.#at[i - 1]!, this.#costs, this.#at[i]!, this.#steps);
  }

  /** Fills one row in from the one above; of equal ways it takes keep or substitute, then delete, then insert. */
  #row(
    i: number,
    word: number,
    above: Int32Array,
    aboveAt: number,
    costs: Int32Array,
    at: number,
    steps: Int32Array | null,
  ): void {
    const from = this.#from[i]!;
    const to = this.#to[i]!;
    const aboveFrom = this.#from[i - 1]!;
    const aboveTo = this.#to[i - 1]!;
    const reference = this.#reference;
    this.cells += to - from;
    let left = UNREACHED;
    let diagonal = from > aboveFrom && from <= aboveTo ? above[aboveAt + from - 1 - aboveFrom]! : UNREACHED;
    for (let j = from; j < to; j++) {
      const up = j < aboveTo ? above[aboveAt + j - aboveFrom]! : UNREACHED;
      let cost = UNREACHED;
      let step = KEEP;
      if (j > 0) {
        step = reference[j - 1] === word ? KEEP : SUBSTITUTE;
        cost = Math.min(UNREACHED, diagonal + step);
      }
      if (up + 1 < cost) {
        cost = up + 1;
        step = DELETE;
      }
      if (left + 1 < cost) {
        cost = left + 1;
        step = INSERT;
      }
      costs[at + j - from] = cost;
      if (steps) steps[at + j - from] = step;
      left = cost;
      diagonal = up;
    }
  }
}

/** Cells that the table of texts of these lengths has, at most. */
export const tableSize = (words: number, reference: number): number =>
  words * Math.min(reference + 1, 2 * BEAM + 2) + 3 * (reference + 1);

/** Columns of reference for each word, and how far the band reaches to each side: more where a word spans more. */
function bandOf(words: number, reference: number): { ratio: number; beam: number } {
  const ratio = words > 0 ? reference / words : 1;
  return { ratio, beam: BEAM < ratio / 2 ? Math.ceil(ratio / 2 + BEAM) : BEAM };
}

/**
 * Edit distance in the same band without a table to come back to, for texts whose table would not fit in memory.
 */
export function bandDistance(words: Int32Array, reference: Int32Array): number {
  const { ratio, beam } = bandOf(words.length, reference.length);
  const columns = reference.length + 1;
  let above = Int32Array.from({ length: columns }, (_, j) => j);
  let row = new Int32Array(columns);
  let aboveTo = columns;
  let aboveFrom = 0;
  for (let i = 1; i <= words.length; i++) {
    const middle = Math.floor(i * ratio);
    const from = Math.max(0, middle - beam);
    const to = i === words.length ? columns : Math.min(columns, middle + beam);
    for (let j = from; j < to; j++) {
      let cost = UNREACHED;
      if (j > aboveFrom && j <= aboveTo) cost = above[j - 1]! + (reference[j - 1] === words[i - 1] ? 0 : 1);
      if (j < aboveTo) cost = Math.min(cost, above[j]! + 1);
      if (j > from) cost = Math.min(cost, row[j - 1]! + 1);
      row[j] = cost;
    }
    [above, row] = [row, above];
    aboveFrom = from;
    aboveTo = to;
  }
  return above[columns - 1]!;
}
