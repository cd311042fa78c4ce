import { Damage } from './damage.ts';

const FRAME = 0xfd2fb528;
/** The sixteen magic numbers of frames that hold no data (RFC 8878, 3.1.2). */
const SKIPPABLE = 0x184d2a5;

type State = 'magic' | 'skippable' | 'descriptor' | 'block';

/**
 * Finds where the frames of a Zstandard file end (RFC 8878, 3.1.1). Node's decoder passes over everything behind
 * the first frame without a word, while pzstd and `cat a.zst b.zst` write several.
 */
export class ZstdFrames {
  readonly #head = Buffer.alloc(4);
  #have = 0;
  #want = 4;
  #state: State = 'magic';
  #skip = 0;
  #endsAfterSkip = false;
  #checksum = 0;

  /** Whether the bytes so far end where a frame ends. */
  get areWhole(): boolean {
    return this.#state === 'magic' && this.#have === 0 && this.#skip === 0;
  }

  /** The places in the chunk behind which a frame ends. @throws Damage for bytes that begin no frame. */
  endsIn(chunk: Buffer): number[] {
    const ends: number[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        at += skipped;
      } else {
        this.#head[this.#have++] = chunk[at++] as number;
        if (this.#have < this.#want) continue;
        this.#have = 0;
        this.#step();
      }
      if (this.#skip === 0 && this.#endsAfterSkip) {
        ends.push(at);
        this.#endsAfterSkip = false;
        this.#expect('magic', 4);
      }
    }
    return ends;
  }

  #expect(state: State, bytes: number): void {
    this.#state = state;
    this.#want = bytes;
  }

  #step(): void {
    const head = this.#head;
    if (this.#state === 'magic') {
      const magic = head.readUInt32LE(0);
      if (magic === FRAME) return this.#expect('descriptor', 1);
      if (magic >>> 4 !== SKIPPABLE) throw new Damage('damaged', 'there is something that is no Zstandard frame');
      return this.#expect('skippable', 4);
    }
    if (this.#state === 'skippable') {
      this.#skip = head.readUInt32LE(0);
      this.#endsAfterSkip = true;
      return;
    }
    if (this.#state === 'descriptor') {
      const descriptor = head.readUInt8(0);
      const isSingle = (descriptor & 0x20) !== 0;
      this.#checksum = (descriptor & 4) !== 0 ? 4 : 0;
      const window = isSingle ? 0 : 1;
      const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
      const size = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
      this.#skip = window + dictionary + size;
      return this.#expect('block', 3);
    }
    const block = head.readUIntLE(0, 3);
    const isLast = (block & 1) === 1;
    const isRunLength = ((block >> 1) & 3) === 1;
    this.#skip = (isRunLength ? 1 : block >> 3) + (isLast ? this.#checksum : 0);
    this.#endsAfterSkip = isLast;
  }
}
