import { Damage } from './damage.ts';
import { Kept } from './kept.ts';
import { badRecord, parseRecord, tooLong } from './record.ts';
import type { FoundRecord, Splitter } from './source.ts';

const [NEWLINE, QUOTE, COMMA, COLON, BACKSLASH] = [10, 34, 44, 58, 92] as const;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125] as const;

/** Keys under which an object may hold the list of rows. */
const LIST_KEYS: ReadonlySet<string> = new Set(['data', 'rows', 'train', 'test', 'validation', 'examples', 'records']);
const LONGEST_KEY = 10;

/**
 * Cuts a JSON file into records in constant memory: a list of objects; an object with such a list under a usual
 * key; one object, which is then the only row; or several objects one behind the other. Only the ends of records
 * are looked for here, JSON.parse judges what is between them. After a Damage the file is not read on.
 * @throws Damage for a file that is cut short or goes on behind its end, once the rows before that are out.
 */
export class JsonSplitter implements Splitter {
  readonly #maxRowBytes: number;
  readonly #kept: Kept;
  #found: FoundRecord[] = [];
  #damage: Damage | undefined;
  #isStart = true;
  #line = 1;
  #depth = 0;
  #inText = false;
  #isEscaped = false;
  /** Depth on which records stand: 0 on the top level, 1 in a list, 2 in a list in an object; -1 behind a list. */
  #base = 0;
  /** A record has begun, on line `#began`, in this chunk at `#start`. */
  #record: 'none' | 'scalar' | 'other' = 'none';
  #began = 0;
  #start = 0;
  /** What came last on the level of the records. */
  #last: 'nothing' | 'value' | 'comma' = 'nothing';
  #lacksComma = false;
  /** The last text on the first level of an object. */
  #key = '';
  #isKey = false;
  /** Key of the list of rows; `#maybe` is one whose list has opened: what comes next decides. */
  #listKey: string | undefined;
  #maybe: string | undefined;
  lastGood = 0;

  constructor(maxRowBytes: number) {
    this.#maxRowBytes = maxRowBytes;
    this.#kept = new Kept(maxRowBytes);
  }

  push(chunk: Buffer): FoundRecord[] {
    if (this.#damage) throw this.#damage;
    this.#found = [];
    this.#start = 0;
    for (let at = 0; at < chunk.length && !this.#damage; at++) {
      const byte = chunk[at] as number;
      if (byte === NEWLINE) this.#line += 1;
      // Most bytes are those of texts that are no keys.
      if (this.#inText && !this.#isKey && byte !== QUOTE && byte !== BACKSLASH) this.#isEscaped = false;
      else if (this.#inText) this.#insideText(byte, chunk, at);
      else this.#outsideText(byte, chunk, at);
    }
    if (this.#record !== 'none') this.#kept.add(chunk.subarray(this.#start));
    return this.#found;
  }

  end(): FoundRecord[] {
    if (this.#damage) throw this.#damage;
    this.#found = [];
    if (this.#record === 'scalar' && this.#base === 0) this.#finish(Buffer.alloc(0), 0);
    if (this.#record !== 'none') {
      throw new Damage('cut short', `the record that begins on line ${this.#began} does not end`);
    }
    if (this.#base > 0) throw new Damage('cut short', 'the list of rows is not closed with ]');
    if (this.#depth > 0) throw new Damage('cut short', 'the object around the list of rows is not closed with }');
    return this.#found;
  }

  #insideText(byte: number, bytes: Buffer, at: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) {
      this.#inText = false;
      if (this.#record !== 'none' && this.#depth === this.#base) this.#finish(bytes, at + 1);
    } else if (this.#isKey && this.#key.length <= LONGEST_KEY) this.#key += String.fromCharCode(byte);
  }

  #outsideText(byte: number, bytes: Buffer, at: number): void {
    // The byte order mark is passed over like white space, wherever a chunk cuts it.
    const isMark = this.#isStart && (byte === 0xef || byte === 0xbb || byte === 0xbf);
    const isSpace = byte === 32 || (byte >= 9 && byte <= 13) || isMark;
    const isEnd = isSpace || byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT;
    if (this.#record === 'scalar' && isEnd) this.#finish(bytes, at);
    if (isSpace) return;
    this.#isStart = false;
    if (this.#maybe !== undefined) this.#decide(byte, at);
    if (this.#record === 'none' && this.#depth === this.#base) {
      if (byte === COMMA) return this.#comma(bytes, at);
      if (byte === CLOSE_LIST && this.#base > 0) return this.#closeList(bytes, at);
      if (byte === OPEN_LIST && this.#base === 0 && this.#last === 'nothing') {
        this.#depth = this.#base = 1;
        return;
      }
      this.#begin(byte, at);
    }
    if (this.#base === -1 && this.#depth === 0) {
      this.#damage = new Damage('damaged', `on line ${this.#line} something stands behind the end of the list of rows`);
      return;
    }
    this.#follow(byte, bytes, at);
  }

  /** Keeps count of what is open. */
  #follow(byte: number, bytes: Buffer, at: number): void {
    if (byte === QUOTE) {
      this.#inText = true;
      this.#isKey = this.#depth === 1 && this.#base < 1;
      if (this.#isKey) this.#key = '';
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      const isListOfObject = byte === OPEN_LIST && this.#depth === 1 && this.#base < 1;
      if (isListOfObject && LIST_KEYS.has(this.#key)) this.#maybe = this.#key;
      this.#depth += 1;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      this.#depth -= 1;
      if (this.#record !== 'none' && this.#depth <= this.#base) {
        this.#depth = this.#base;
        this.#finish(bytes, at + 1);
      }
    } else if (byte === COMMA && this.#depth === 1) this.#key = '';
    // A text that no colon follows is a value, not a key.
    else if (byte !== COLON && this.#depth === 1) this.#key = '';
  }

  /** A list under a usual key holds rows if its first element is an object. */
  #decide(byte: number, at: number): void {
    const key = this.#maybe;
    this.#maybe = undefined;
    if (byte !== OPEN_OBJECT || key === undefined) return;
    if (this.#listKey !== undefined) {
      const message = `it holds several lists of rows, "${this.#listKey}" and "${key}": make a file of each`;
      this.#damage = new Damage('damaged', message);
      return;
    }
    this.#listKey = key;
    this.#kept.take();
    this.#base = 2;
    this.#record = 'none';
    this.#last = 'nothing';
    this.#start = at;
  }

  #begin(byte: number, at: number): void {
    const isScalar = byte !== OPEN_OBJECT && byte !== OPEN_LIST && byte !== QUOTE;
    this.#record = isScalar ? 'scalar' : 'other';
    this.#began = this.#line;
    this.#start = at;
    this.#lacksComma = this.#base > 0 && this.#last === 'value';
  }

  #finish(bytes: Buffer, end: number): void {
    this.#kept.add(bytes.subarray(this.#start, end));
    const { bytes: record, size } = this.#kept.take();
    const reason =
      size > this.#maxRowBytes
        ? tooLong(size, this.#maxRowBytes)
        : this.#lacksComma
          ? 'is not valid JSON: there is no comma before it'
          : undefined;
    const found = reason === undefined ? parseRecord(this.#began, record) : badRecord(this.#began, reason, record);
    if (found) this.#found.push(found);
    if (found && 'value' in found) this.lastGood = this.#began;
    this.#record = 'none';
    this.#last = 'value';
  }

  #comma(bytes: Buffer, at: number): void {
    if (this.#last !== 'value' || this.#base < 1) this.#stray('before', bytes, at);
    this.#last = 'comma';
  }

  #closeList(bytes: Buffer, at: number): void {
    if (this.#last === 'comma') this.#stray('behind', bytes, at);
    this.#depth -= 1;
    this.#base = -1;
    this.#key = '';
  }

  #stray(side: 'before' | 'behind', bytes: Buffer, at: number): void {
    const reason = `is not valid JSON: a comma with no row ${side} it`;
    this.#found.push(badRecord(this.#line, reason, bytes.subarray(at, at + 1)));
  }
}
