const SEGMENTS = 256;
const FIRST_SIZE = 64;
/** Fuller, and a look-up walks far; emptier, and memory is wasted. */
const FULL = 0.85;
const GROWTH = 1.35;
/** Numbers in a slot. */
const WIDTH = 3;

interface Segment {
  /** Value, lower and higher half of the key side by side, since a look-up needs all of them. */
  slots: Int32Array<ArrayBuffer>;
  size: number;
  used: number;
  limit: number;
}

/**
 * From 64-bit keys to numbers above 0: open addressing over typed arrays, about 16 bytes a key. There are 256
 * segments that grow one at a time and by a third, so that memory never doubles at once. Keys have to be hashes:
 * their own bits say where they stand.
 */
export class IdTable {
  /** How many keys are held. */
  size = 0;
  private readonly segments: Segment[] = Array.from({ length: SEGMENTS }, (_, i) =>
    // Segments start at different sizes, so that they do not all grow at the same key.
    emptySegment(Math.ceil(FIRST_SIZE * GROWTH ** (i / SEGMENTS))),
  );

  /** The number held for a key; if there is none, 0, and the key gets this one. */
  add(high: number, low: number, value: number): number {
    let segment = this.segments[high >>> 24] as Segment;
    let slot = find(segment, high, low);
    const found = (segment.slots[slot] as number) >>> 0;
    if (found !== 0) return found;
    if (segment.used >= segment.limit) {
      segment = grown(segment);
      this.segments[high >>> 24] = segment;
      slot = find(segment, high, low);
    }
    put(segment, slot, high, low, value);
    this.size += 1;
    return 0;
  }

  /** The number held for a key, or 0. */
  get(high: number, low: number): number {
    const segment = this.segments[high >>> 24] as Segment;
    return (segment.slots[find(segment, high, low)] as number) >>> 0;
  }

  /** {@link add} for the id of a row. */
  addId(id: string, value: number): number {
    return this.add(hex(id, 0), hex(id, 8), value);
  }

  /** {@link get} for the id of a row. */
  getId(id: string): number {
    return this.get(hex(id, 0), hex(id, 8));
  }

  /** Calls with the lower half of every key. */
  forEachLow(call: (low: number) => void): void {
    for (const { slots } of this.segments)
      for (let at = 0; at < slots.length; at += WIDTH) if (slots[at] !== 0) call(slots[at + 1] as number);
  }

  /** Bytes that the table takes. */
  get bytes(): number {
    return this.segments.reduce((sum, { slots }) => sum + slots.byteLength, 0);
  }
}

/** Eight hex digits from `at` as a number; without a slice, which would be garbage for every row. */
function hex(id: string, at: number): number {
  let value = 0;
  for (let i = at; i < at + 8; i += 1) {
    const code = id.charCodeAt(i);
    value = (value << 4) | ((code > 57 ? code - 87 : code - 48) & 15);
  }
  return value;
}

const emptySegment = (size: number): Segment => ({
  slots: new Int32Array(size * WIDTH),
  size,
  used: 0,
  limit: Math.floor(size * FULL),
});

/** Where the slot of the key begins, or the free one where it would. */
function find({ slots, size }: Segment, high: number, low: number): number {
  let at = Math.floor(((low >>> 0) / 2 ** 32) * size) * WIDTH;
  while (slots[at] !== 0 && (slots[at + 1] !== low || slots[at + 2] !== high)) {
    at += WIDTH;
    if (at === slots.length) at = 0;
  }
  return at;
}

function put(segment: Segment, at: number, high: number, low: number, value: number): void {
  const { slots } = segment;
  slots[at] = value;
  slots[at + 1] = low;
  slots[at + 2] = high;
  segment.used += 1;
}

function grown({ slots, size }: Segment): Segment {
  const larger = emptySegment(Math.ceil(size * GROWTH));
  for (let at = 0; at < slots.length; at += WIDTH) {
    const value = slots[at] as number;
    if (value === 0) continue;
    const [low, high] = [slots[at + 1] as number, slots[at + 2] as number];
    put(larger, find(larger, high, low), high, low, value);
  }
  // Gives the memory back at once; left to the garbage collector, a third of a large table would be waiting for it.
  slots.buffer.transfer(0);
  return larger;
}
