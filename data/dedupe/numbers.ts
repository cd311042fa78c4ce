const BITS = 14;
const SIZE = 2 ** BITS;
const MASK = SIZE - 1;

/** A list of unsigned 32-bit numbers, 4 bytes each, that grows by 64 KiB at a time and never copies itself. */
export class Numbers {
  length = 0;
  private readonly pieces: Uint32Array[] = [];

  push(value: number): void {
    if ((this.length & MASK) === 0) this.pieces.push(new Uint32Array(SIZE));
    (this.pieces[this.length >>> BITS] as Uint32Array)[this.length & MASK] = value;
    this.length += 1;
  }

  /** The number at a place below `length`. */
  at(index: number): number {
    return (this.pieces[index >>> BITS] as Uint32Array)[index & MASK] as number;
  }

  set(index: number, value: number): void {
    (this.pieces[index >>> BITS] as Uint32Array)[index & MASK] = value;
  }
}
