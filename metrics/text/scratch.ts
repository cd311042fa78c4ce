/** Longest working array, in entries, that is kept between calls. */
const KEPT = 1 << 20;

/**
 * A supply of working arrays that are used again: metrics are computed for one short text after another, and making
 * typed arrays would take longer than filling them. Whoever takes one has it until the next `take`.
 * What it holds at first is left over from before.
 */
export class Scratch {
  #kept = new Int32Array(1024);

  /** An array of at least `length` entries. */
  take(length: number): Int32Array {
    if (length <= this.#kept.length) return this.#kept;
    const made = new Int32Array(2 ** Math.ceil(Math.log2(length)));
    if (made.length <= KEPT) this.#kept = made;
    return made;
  }
}
