import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Eight bytes a turn ("slicing by 8"): eight times as fast as the table of the client library. */
const TABLES: readonly Int32Array[] = makeTables();
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

function makeTables(): Int32Array[] {
  const first = Int32Array.from({ length: 256 }, (_, n) => {
    let value = n;
    // The Castagnoli polynomial, bits reversed.
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    return value;
  });
  const tables = [first];
  for (let i = 1; i < 8; i++) {
    const last = tables[i - 1] as Int32Array;
    tables.push(last.map((value) => (value >>> 8) ^ (first[value & 255] as number)));
  }
  return tables;
}

/** CRC32C of bytes that follow those of `crc`; 0 to begin with. */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  let value = ~crc;
  let i = 0;
  const byte = (at: number): number => bytes[at] as number;
  const at = (table: Int32Array, index: number): number => table[index] as number;
  for (const even = bytes.length - (bytes.length % 8); i < even; i += 8) {
    value ^= byte(i) | (byte(i + 1) << 8) | (byte(i + 2) << 16) | (byte(i + 3) << 24);
    value =
      at(T7, value & 255) ^
      at(T6, (value >>> 8) & 255) ^
      at(T5, (value >>> 16) & 255) ^
      at(T4, value >>> 24) ^
      at(T3, byte(i + 4)) ^
      at(T2, byte(i + 5)) ^
      at(T1, byte(i + 6)) ^
      at(T0, byte(i + 7));
  }
  for (; i < bytes.length; i++) value = at(T0, (value ^ byte(i)) & 255) ^ (value >>> 8);
  return ~value;
}

/** As Cloud Storage writes it: four bytes, the highest first, in base64. */
export function crcText(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(crc | 0);
  return bytes.toString('base64');
}

/** For the client library, in place of its own. */
export class Crc32c {
  #value = 0;

  update(data: Uint8Array): void {
    this.#value = crc32c(data, this.#value);
  }

  validate(value: unknown): boolean {
    return String(value) === this.toString();
  }

  toString(): string {
    return crcText(this.#value);
  }
}

/** What a file is known by, here and in the bucket. */
export interface Sums {
  /** `sha256:…` */
  digest: string;
  /** Base64, as in the metadata of an object. */
  crc: string;
  bytes: number;
}

/** Both sums of bytes in memory. */
export function sumsOf(bytes: Uint8Array): Sums {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { digest, crc: crcText(crc32c(bytes)), bytes: bytes.length };
}

/** Both sums of a file, read once. */
export async function sumsOfFile(path: string): Promise<Sums> {
  const file = await open(path);
  try {
    const hash = createHash('sha256');
    let [crc, bytes] = [0, 0];
    for await (const chunk of file.createReadStream({ highWaterMark: 1 << 20, autoClose: false })) {
      hash.update(chunk as Buffer);
      crc = crc32c(chunk as Buffer, crc);
      bytes += (chunk as Buffer).length;
    }
    return { digest: `sha256:${hash.digest('hex')}`, crc: crcText(crc), bytes };
  } finally {
    await file.close();
  }
}
