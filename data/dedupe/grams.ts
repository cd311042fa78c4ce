import { mix, type Words } from './words.ts';

const FIRST = 0x2c1b3c6d | 1;
const SECOND = 0x297a2d39 | 1;
const TWIST = 0x9e3779b1 | 0;

/**
 * Runs of `size` words as 64-bit hashes, one for each place; of fewer words the one run they are. Rolling sums, so
 * that a longer run costs no more; two with factors of their own, so that two runs meet by chance once in 2^64.
 */
export class Grams {
  readonly size: number;
  high = new Int32Array(1024);
  low = new Int32Array(1024);
  length = 0;
  /** What a word that leaves the run was multiplied with. */
  private readonly firstOut: number;
  private readonly secondOut: number;

  constructor(size: number) {
    this.size = size;
    this.firstOut = power(FIRST, size);
    this.secondOut = power(SECOND, size);
  }

  /** Reads the runs of these words, in place of those read before. */
  read({ hashes, length }: Pick<Words, 'hashes' | 'length'>): this {
    const { size, firstOut, secondOut } = this;
    this.length = length === 0 ? 0 : Math.max(1, length - size + 1);
    if (this.length > this.high.length) {
      this.high = new Int32Array(this.length * 2);
      this.low = new Int32Array(this.length * 2);
    }
    const { high, low } = this;
    let first = 0;
    let second = 0;
    for (let i = 0; i < length; i += 1) {
      const word = hashes[i] as number;
      first = (Math.imul(first, FIRST) + word) | 0;
      second = (Math.imul(second, SECOND) + twist(word)) | 0;
      if (i >= size) {
        const gone = hashes[i - size] as number;
        first = (first - Math.imul(gone, firstOut)) | 0;
        second = (second - Math.imul(twist(gone), secondOut)) | 0;
      }
      if (i >= size - 1) {
        high[i - size + 1] = mix(first);
        low[i - size + 1] = mix(second);
      }
    }
    if (length > 0 && length < size) {
      // The length goes in, so that a short text never equals a run that happens to have its sum.
      high[0] = mix(first ^ length);
      low[0] = mix(second ^ Math.imul(length, TWIST));
    }
    return this;
  }
}

const twist = (word: number): number => Math.imul(word, TWIST) ^ (word >>> 15);

function power(base: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i += 1) result = Math.imul(result, base);
  return result;
}
