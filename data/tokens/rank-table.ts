/**
 * Ranks of byte pairs, keyed by the bytes as characters 0 to 255. A part of a text is looked up where it stands:
 * cutting it out and hashing it as a string, as a Map needs, takes many times as long.
 */
export class RankTable {
  readonly #tokens: (string | undefined)[];
  readonly #ranks: Int32Array;
  readonly #mask: number;

  constructor(tokens: Iterable<readonly [token: string, rank: number]>) {
    const all = [...tokens];
    // At most half full, so that a miss is found out after a place or two.
    const size = 2 ** Math.ceil(Math.log2(2 * all.length + 2));
    this.#tokens = Array.from({ length: size });
    this.#ranks = new Int32Array(size);
    this.#mask = size - 1;
    for (const [token, rank] of all) {
      let slot = hashOf(token, 0, token.length) & this.#mask;
      while (this.#tokens[slot] !== undefined) slot = (slot + 1) & this.#mask;
      this.#tokens[slot] = token;
      this.#ranks[slot] = rank;
    }
  }

  /** The rank of `text` from `from` to `end`, -1 when that is no token. */
  find(text: string, from: number, end: number): number {
    let slot = hashOf(text, from, end) & this.#mask;
    for (let token = this.#tokens[slot]; token !== undefined; token = this.#tokens[slot]) {
      if (isAt(token, text, from, end)) return this.#ranks[slot] as number;
      slot = (slot + 1) & this.#mask;
    }
    return -1;
  }
}

/** FNV-1a over UTF-16, folded so that the low bits depend on all of it. */
export function hashOf(text: string, from: number, end: number): number {
  let hash = end - from;
  for (let at = from; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93);
  return hash ^ (hash >>> 15);
}

/** Whether `text` from `from` to `end` is `piece`. */
export function isAt(piece: string, text: string, from: number, end: number): boolean {
  const length = end - from;
  if (piece.length !== length) return false;
  for (let at = 0; at < length; at++) if (piece.charCodeAt(at) !== text.charCodeAt(from + at)) return false;
  return true;
}
