import { isUtf8 } from 'node:buffer';
import { Kept, withoutMark } from './kept.ts';
import { badRecord, parseRecord, parseValid, tooLong } from './record.ts';
import type { FoundRecord, Splitter } from './source.ts';

const NEWLINE = 10;

/** Cuts JSON Lines (https://jsonlines.org) into records; blank lines are passed over but counted. */
export class JsonlSplitter implements Splitter {
  readonly #maxRowBytes: number;
  readonly #kept: Kept;
  #line = 0;
  lastGood = 0;

  constructor(maxRowBytes: number) {
    this.#maxRowBytes = maxRowBytes;
    this.#kept = new Kept(maxRowBytes);
  }

  push(chunk: Buffer): FoundRecord[] {
    const last = chunk.lastIndexOf(NEWLINE);
    const found: FoundRecord[] = [];
    if (last === -1) {
      this.#kept.add(chunk);
      return found;
    }
    let start = 0;
    if (this.#kept.size > 0) {
      start = chunk.indexOf(NEWLINE) + 1;
      this.#kept.add(chunk.subarray(0, start - 1));
      this.#finish(found);
    }
    // One check for all lines of the chunk costs less than one for each.
    const areValid = isUtf8(chunk.subarray(start, last + 1));
    while (start <= last) {
      const end = chunk.indexOf(NEWLINE, start);
      // The first line may begin with a byte order mark.
      if (areValid && this.#line > 0 && end - start <= this.#maxRowBytes) {
        this.#line += 1;
        this.#put(found, parseValid(this.#line, chunk, start, end));
      } else this.#add(found, chunk.subarray(start, end), end - start);
      start = end + 1;
    }
    this.#kept.add(chunk.subarray(start));
    return found;
  }

  end(): FoundRecord[] {
    const found: FoundRecord[] = [];
    if (this.#kept.size > 0) this.#finish(found);
    return found;
  }

  #finish(found: FoundRecord[]): void {
    const { bytes, size } = this.#kept.take();
    this.#add(found, bytes, size);
  }

  #add(found: FoundRecord[], bytes: Buffer, size: number): void {
    this.#line += 1;
    const isLong = size > this.#maxRowBytes;
    const shown = isLong ? bytes.subarray(0, this.#maxRowBytes + 1) : bytes;
    const text = this.#line === 1 ? withoutMark(shown) : shown;
    this.#put(
      found,
      isLong ? badRecord(this.#line, tooLong(size, this.#maxRowBytes), text) : parseRecord(this.#line, text),
    );
  }

  #put(found: FoundRecord[], record: FoundRecord | undefined): void {
    if (!record) return;
    if ('value' in record) this.lastGood = record.line;
    found.push(record);
  }
}
