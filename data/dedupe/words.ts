/** What a UTF-16 unit means for finding words. */
const GAP = 0;
const LETTER = 1;
/** A word of its own: scripts that put no spaces between words are compared sign by sign. */
const ALONE = 2;
/** Neither in a word nor between two: apostrophes and what cannot be seen, which could hide a repeat. */
const NOTHING = 3;
const SURROGATE = 4;

const NOTHING_PATTERN = /[\p{Cf}'’ʼ`´\p{M}]/u;
const ALONE_PATTERN =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const LETTER_PATTERN = /[\p{L}\p{N}]/u;

function kindOf(character: string): number {
  if (LETTER_PATTERN.test(character)) return ALONE_PATTERN.test(character) ? ALONE : LETTER;
  return NOTHING_PATTERN.test(character) ? NOTHING : GAP;
}

/** What the first 128 characters stand for: lower case of a letter, GAP, or NOTHING. */
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  const kind = kindOf(character);
  return kind === LETTER ? character.toLowerCase().charCodeAt(0) : kind;
});

/** The kind of all 65,536 units; made when the first text needs it, since that takes some milliseconds. */
let all: Uint8Array | undefined;

function kinds(): Uint8Array {
  all ??= Uint8Array.from({ length: 65_536 }, (_, code) =>
    code >= 0xd800 && code <= 0xdfff ? SURROGATE : kindOf(String.fromCharCode(code)),
  );
  return all;
}

const START = 0x811c9dc5 | 0;

/**
 * The words of texts, one 32-bit hash each, in the form in which repeats are looked for: compatibility forms
 * folded, lower case, no accents that are signs of their own, no punctuation, no line breaks.
 */
export class Words {
  hashes = new Int32Array(1024);
  length = 0;
  private bytes = Buffer.alloc(4096);

  clear(): this {
    this.length = 0;
    return this;
  }

  /** Appends the words of a text. */
  add(text: string): this {
    // Bytes are read more quickly than characters; as many bytes as characters means nothing but ASCII.
    if (this.bytes.length < text.length * 3) this.bytes = Buffer.alloc(text.length * 4);
    if (this.bytes.write(text, 'utf8') === text.length) this.addAscii(text.length);
    else this.addAny(text.normalize('NFKC').toLowerCase());
    return this;
  }

  private addAscii(count: number): void {
    this.reserve(count);
    const { hashes, bytes } = this;
    let at = this.length;
    let hash = START;
    for (let i = 0; i < count; i += 1) {
      const letter = ASCII[bytes[i] as number] as number;
      if (letter > NOTHING) hash = Math.imul(hash ^ letter, 0x01000193);
      else if (letter === GAP && hash !== START) {
        hashes[at] = mix(hash);
        at += 1;
        hash = START;
      }
    }
    if (hash !== START) {
      hashes[at] = mix(hash);
      at += 1;
    }
    this.length = at;
  }

  private addAny(text: string): void {
    this.reserve(text.length);
    const table = kinds();
    let hash = START;
    const end = (): void => {
      if (hash === START) return;
      this.hashes[this.length] = mix(hash);
      this.length += 1;
      hash = START;
    };
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      let kind = table[code] as number;
      let low = 0;
      if (kind === SURROGATE) {
        const point = text.codePointAt(i) as number;
        kind = point > 0xffff ? kindOf(String.fromCodePoint(point)) : GAP;
        if (point > 0xffff) {
          i += 1;
          low = text.charCodeAt(i);
        }
      }
      if (kind === NOTHING) continue;
      if (kind !== LETTER) end();
      if (kind === GAP) continue;
      hash = Math.imul(hash ^ code, 0x01000193);
      if (low !== 0) hash = Math.imul(hash ^ low, 0x01000193);
      if (kind === ALONE) end();
    }
    end();
  }

  private reserve(more: number): void {
    const wanted = this.length + more;
    if (wanted <= this.hashes.length) return;
    const larger = new Int32Array(Math.max(wanted, this.hashes.length * 2));
    larger.set(this.hashes.subarray(0, this.length));
    this.hashes = larger;
  }
}

/** Spreads 32 bits evenly (the finalizer of MurmurHash3). */
export function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
