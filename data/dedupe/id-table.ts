const SEGMENTS = 256;
const FIRST_SIZE = 16;
/** Fuller, and a look-up walks far; emptier, and memory is wasted. */
const FULL = 0.9;
const GROWTH = 1.35;

interface Segment {
  high: Int32Array;
  low: Int32Array;
  values: Uint32Array;
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
  private readonly segments: Segment[] = Array.from({ length: SEGMENTS }, () => emptySegment(FIRST_SIZE));

  /** The number held for a key; if there is none, 0, and the key gets this one. */
  add(high: number, low: number, value: number): number {
    let segment = this.segments[high >>> 24] as Segment;
    let slot = find(segment, high, low);
    const found = segment.values[slot] as number;
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
    return segment.values[find(segment, high, low)] as number;
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
    for (const { low, values } of this.segments)
      for (let i = 0; i < values.length; i += 1) if (values[i] !== 0) call(low[i] as number);
  }

  /** Bytes that the table takes. */
  get bytes(): number {
    return this.segments.reduce((sum, { values }) => sum + values.length * 12, 0);
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
  high: new Int32Array(size),
  low: new Int32Array(size),
  values: new Uint32Array(size),
  used: 0,
  limit: Math.floor(size * FULL),
});

/** Where the key stands, or the free slot where it would. */
function find({ high, low, values }: Segment, keyHigh: number, keyLow: number): number {
  const size = values.length;
  let slot = Math.floor(((keyLow >>> 0) / 2 ** 32) * size);
  while (values[slot] !== 0 && (low[slot] !== keyLow || high[slot] !== keyHigh)) {
    slot += 1;
    if (slot === size) slot = 0;
  }
  return slot;
}

function put(segment: Segment, slot: number, high: number, low: number, value: number): void {
  segment.high[slot] = high;
  segment.low[slot] = low;
  segment.values[slot] = value;
  segment.used += 1;
}

function grown({ high, low, values }: Segment): Segment {
  const larger = emptySegment(Math.ceil(values.length * GROWTH));
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] === 0) continue;
    const [keyHigh, keyLow] = [high[i] as number, low[i] as number];
    put(larger, find(larger, keyHigh, keyLow), keyHigh, keyLow, values[i] as number);
  }
  return larger;
}
