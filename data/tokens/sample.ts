import type { Row } from '../row.ts';

interface Drawn {
  row: Row;
  size: number;
}

/**
 * A sample of a fixed size out of a stream of unknown length: the rows with the lowest hashes of their ids. The same
 * rows are drawn whatever their order.
 */
export class HashSample {
  readonly #limit: number;
  #kept: (Drawn & { hash: number })[] = [];
  #threshold = Infinity;
  #offered = 0;
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  offer(row: Row, size: number): void {
    this.#offered++;
    this.#size += size;
    const hash = hashOf(row.id);
    if (hash >= this.#threshold) return;
    this.#kept.push({ row, size, hash });
    if (this.#kept.length >= 2 * this.#limit) this.#cut();
  }

  /** What was drawn, out of how many rows and of what size in all. */
  close(): { drawn: readonly Drawn[]; offered: number; size: number } {
    if (this.#kept.length > this.#limit) this.#cut();
    return { drawn: this.#kept, offered: this.#offered, size: this.#size };
  }

  #cut(): void {
    this.#kept.sort((a, b) => a.hash - b.hash);
    this.#kept.length = this.#limit;
    this.#threshold = this.#kept.at(-1)?.hash ?? Infinity;
  }
}

/** FNV-1a, mixed once more so that ids that differ in one digit fall far apart. */
function hashOf(id: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01_00_01_93);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
