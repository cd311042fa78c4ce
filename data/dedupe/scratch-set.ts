/** A set of 32-bit numbers that is emptied in no time, for use once a row. */
export class ScratchSet {
  size = 0;
  private slots = new Int32Array(64);
  /** The slot counts only where this is the present round; so nothing has to be cleared. */
  private rounds = new Uint32Array(64);
  private round = 0;

  /** Empties the set and makes room for so many numbers. */
  clear(room: number): this {
    this.size = 0;
    this.round += 1;
    if (this.slots.length < room * 2 || this.round === 2 ** 32) {
      const size = 2 ** Math.ceil(Math.log2(Math.max(64, room * 2)));
      this.slots = new Int32Array(size);
      this.rounds = new Uint32Array(size);
      this.round = 1;
    }
    return this;
  }

  /** Whether the number was new. No more may be added than {@link clear} made room for. */
  add(value: number): boolean {
    const slot = this.find(value);
    if (this.rounds[slot] === this.round) return false;
    this.slots[slot] = value;
    this.rounds[slot] = this.round;
    this.size += 1;
    return true;
  }

  has(value: number): boolean {
    return this.rounds[this.find(value)] === this.round;
  }

  private find(value: number): number {
    const { slots, rounds, round } = this;
    const mask = slots.length - 1;
    let slot = Math.imul(value, 0x9e3779b1) >>> 7;
    slot &= mask;
    while (rounds[slot] === round && slots[slot] !== value) slot = (slot + 1) & mask;
    return slot;
  }
}
