const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Bytes of a record that a chunk did not end, copied, and no more of them than a record may have. */
export class Kept {
  readonly #most: number;
  #pieces: Buffer[] = [];
  #held = 0;
  /** Bytes that were added, kept or not. */
  size = 0;

  constructor(maxRowBytes: number) {
    // One byte more than allowed: of a record that is too long the beginning is shown.
    this.#most = maxRowBytes + 1;
  }

  add(bytes: Buffer): void {
    this.size += bytes.length;
    if (bytes.length === 0 || this.#held >= this.#most) return;
    const piece = Buffer.from(bytes.subarray(0, this.#most - this.#held));
    this.#pieces.push(piece);
    this.#held += piece.length;
  }

  /** What was kept; empties it. */
  take(): { bytes: Buffer; size: number } {
    const bytes = this.#pieces.length === 1 && this.#pieces[0] ? this.#pieces[0] : Buffer.concat(this.#pieces);
    const { size } = this;
    this.#pieces = [];
    this.#held = 0;
    this.size = 0;
    return { bytes, size };
  }
}

/** The bytes without the byte order mark that Windows programs write first. */
export const withoutMark = (bytes: Buffer): Buffer =>
  bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes;
