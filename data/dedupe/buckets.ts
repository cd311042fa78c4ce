import { mix } from './words.ts';

const FIRST_SIZE = 1024;
const FULL = 0.75;
/** Rows kept under one key; a template that all rows share would otherwise make every row be held against all. */
const CROWDED = 32;

interface Band {
  /** Key and row side by side, since a look-up needs both. The row counts from 1; 0 where the slot is free. */
  slots: Int32Array;
  used: number;
}

/** Rows by the bands of their sketches: rows in one bucket may be alike. 8 bytes a row and band, and some air. */
export class Buckets {
  /** How often a row found its bucket full and was not put in. */
  crowded = 0;
  /** Most rows that one search can give. */
  readonly most: number;
  private readonly width: number;
  private readonly bands: Band[];
  private readonly keys: Int32Array;

  constructor(bands: number, width: number) {
    this.most = bands * CROWDED;
    this.width = width;
    this.keys = new Int32Array(bands);
    // Bands start at different sizes, so that they do not all grow at the same row.
    this.bands = Array.from({ length: bands }, (_, band) =>
      emptyBand(Math.ceil(FIRST_SIZE * 2 ** ((band * 0.97) / bands))),
    );
  }

  /** Looks a sketch up: gives every row that shares a bucket to `visit`, until it says that this is enough. */
  search(values: Int32Array, visit: (row: number) => boolean): boolean {
    for (let band = 0; band < this.bands.length; band += 1) {
      const key = this.keyOf(values, band);
      this.keys[band] = key;
      const { slots } = this.bands[band] as Band;
      let slot = home(key, slots.length);
      for (let row = slots[slot + 1] as number; row !== 0; row = slots[slot + 1] as number) {
        if (slots[slot] === key && visit(row - 1)) return true;
        slot += 2;
        if (slot === slots.length) slot = 0;
      }
    }
    return false;
  }

  /** Puts the row in whose sketch was searched last, all through. */
  add(row: number): void {
    for (const [number, key] of this.keys.entries()) {
      let band = this.bands[number] as Band;
      if (band.used * 2 >= band.slots.length * FULL) {
        band = grown(band);
        this.bands[number] = band;
      }
      if (!put(band, key, row + 1)) this.crowded += 1;
    }
  }

  /** Bytes that the buckets take. */
  get bytes(): number {
    return this.bands.reduce((sum, { slots }) => sum + slots.byteLength, 0);
  }

  private keyOf(values: Int32Array, band: number): number {
    let key = band;
    const from = band * this.width;
    for (let i = from; i < from + this.width; i += 1) {
      key = Math.imul(key ^ (values[i] as number), 0x9e3779b1);
      key ^= key >>> 15;
    }
    return mix(key);
  }
}

const emptyBand = (size: number): Band => ({ slots: new Int32Array(size * 2), used: 0 });

/** Where the search for a key starts. */
const home = (key: number, length: number): number => Math.floor(((key >>> 0) / 2 ** 33) * length) * 2;

function put(band: Band, key: number, row: number): boolean {
  const { slots } = band;
  let slot = home(key, slots.length);
  let alike = 0;
  while (slots[slot + 1] !== 0) {
    if (slots[slot] === key) {
      alike += 1;
      if (alike === CROWDED) return false;
    }
    slot += 2;
    if (slot === slots.length) slot = 0;
  }
  slots[slot] = key;
  slots[slot + 1] = row;
  band.used += 1;
  return true;
}

function grown({ slots }: Band): Band {
  const larger = emptyBand(slots.length);
  for (let i = 0; i < slots.length; i += 2)
    if (slots[i + 1] !== 0) put(larger, slots[i] as number, slots[i + 1] as number);
  return larger;
}
