import { Buckets } from './buckets.ts';
import { Grams } from './grams.ts';
import { Numbers } from './numbers.ts';
import { ScratchSet } from './scratch-set.ts';
import { bandsFor, sketch, SKETCH_SIZE } from './sketch.ts';
import { Words } from './words.ts';

/** Numbers in one piece of the store; a row's never lie in two. */
const PIECE = 2 ** 18;
/** Most shingles kept of a row. */
const MOST_KEPT = 4096;

/** A row seen before, and how like it a row is. */
export interface Near {
  /** As it was given with the earlier row. */
  place: number;
  /** Jaccard similarity of the two sets of shingles, 0 to 1. */
  similarity: number;
}

/**
 * Finds rows that nearly repeat an earlier one. Sketches in buckets say which rows may be alike; the shingles
 * themselves, kept as 32-bit hashes, say whether they are. Texts of more than 4096 shingles are compared by a fixed
 * sample of 2048 to 4096 of them, right to about 0.01.
 *
 * Memory for each row kept: 4 bytes a shingle (at most 16 KiB), 16 bytes, and some 12 bytes a band (18 bands at a
 * threshold of 0.8); about 440 bytes for a prompt of 40 words. Rows that repeat another take none.
 */
export class NearIndex {
  private readonly threshold: number;
  private readonly words = new Words();
  private readonly grams: Grams;
  private readonly buckets: Buckets;
  private readonly values = new Int32Array(SKETCH_SIZE);
  private readonly own = new ScratchSet();
  private readonly tried = new ScratchSet();
  private readonly pieces: Int32Array[] = [];
  private free = PIECE;
  private shingles = new Int32Array(1024);
  private readonly rows = { piece: new Numbers(), start: new Numbers(), count: new Numbers(), place: new Numbers() };

  constructor(threshold: number, shingle: number) {
    this.threshold = threshold;
    this.grams = new Grams(shingle);
    const { bands, rows } = bandsFor(threshold);
    this.buckets = new Buckets(bands, rows);
  }

  /**
   * The earlier row that these texts, taken as one, nearly repeat. A row without such is kept for later ones; one
   * without any word is neither compared nor kept.
   */
  add(texts: readonly string[], place: number): Near | undefined {
    this.words.clear();
    for (const text of texts) this.words.add(text);
    const count = this.readShingles();
    if (count === 0) return undefined;
    sketch(this.shingles, count, this.values);
    const level = levelOf(count);
    const kept = level === 0 ? count : this.sample(count, level);
    this.tried.clear(this.buckets.most);
    let found: Near | undefined;
    this.buckets.search(this.values, (row) => {
      if (!this.tried.add(row)) return false;
      const similarity = this.compare(row, kept, level);
      if (similarity < this.threshold) return false;
      found = { place: this.rows.place.at(row), similarity };
      return true;
    });
    if (found) return found;
    this.keep(kept, level, place);
    return undefined;
  }

  /** What the index holds: rows, the bytes they take, and how often a bucket was full. */
  get held(): { rows: number; bytes: number; crowded: number } {
    const rows = this.rows.place.length;
    return {
      rows,
      bytes: this.pieces.length * PIECE * 4 + rows * 16 + this.buckets.bytes,
      crowded: this.buckets.crowded,
    };
  }

  /** Each different shingle once, in `shingles` and in `own`. */
  private readShingles(): number {
    const { high, length } = this.grams.read(this.words);
    if (length > this.shingles.length) this.shingles = new Int32Array(length * 2);
    const { shingles, own } = this;
    own.clear(length);
    let count = 0;
    for (let i = 0; i < length; i += 1) {
      const shingle = high[i] as number;
      if (!own.add(shingle)) continue;
      shingles[count] = shingle;
      count += 1;
    }
    return count;
  }

  /** Leaves only the shingles of a level in `shingles` and `own`. */
  private sample(count: number, level: number): number {
    const { shingles, own } = this;
    own.clear(count);
    let kept = 0;
    for (let i = 0; i < count; i += 1) {
      const shingle = shingles[i] as number;
      if (!isIn(shingle, level)) continue;
      own.add(shingle);
      shingles[kept] = shingle;
      kept += 1;
    }
    return kept;
  }

  private compare(row: number, count: number, level: number): number {
    const packed = this.rows.count.at(row);
    const otherCount = packed & 0xffff;
    const otherLevel = packed >>> 16;
    // At the rarer of two levels both are samples of one kind.
    const common = Math.max(level, otherLevel);
    const mine = level === common ? count : countIn(this.shingles, 0, count, common);
    const store = this.pieces[this.rows.piece.at(row)] as Int32Array;
    const start = this.rows.start.at(row);
    const others = otherLevel === common ? otherCount : countIn(store, start, otherCount, common);
    // Sets of such different sizes cannot be alike enough, whatever they hold.
    if (Math.min(mine, others) < this.threshold * Math.max(mine, others)) return 0;
    let shared = 0;
    for (let i = start; i < start + otherCount; i += 1) {
      const shingle = store[i] as number;
      if (isIn(shingle, common) && this.own.has(shingle)) shared += 1;
    }
    return shared / Math.max(1, mine + others - shared);
  }

  private keep(count: number, level: number, place: number): void {
    if (this.free + count > PIECE) {
      this.pieces.push(new Int32Array(PIECE));
      this.free = 0;
    }
    (this.pieces.at(-1) as Int32Array).set(this.shingles.subarray(0, count), this.free);
    this.buckets.add(this.rows.place.length);
    this.rows.piece.push(this.pieces.length - 1);
    this.rows.start.push(this.free);
    this.rows.count.push(count | (level << 16));
    this.rows.place.push(place);
    this.free += count;
  }
}

/** How many times a set has to be halved until it is small enough to keep. */
const levelOf = (count: number): number => (count <= MOST_KEPT ? 0 : Math.ceil(Math.log2(count / MOST_KEPT)));

/** Whether a shingle is in the sample of a level: one of 2^level, always the same ones. */
const isIn = (shingle: number, level: number): boolean => level === 0 || shingle >>> (32 - level) === 0;

function countIn(numbers: Int32Array, start: number, count: number, level: number): number {
  let found = 0;
  for (let i = start; i < start + count; i += 1) if (isIn(numbers[i] as number, level)) found += 1;
  return found;
}
