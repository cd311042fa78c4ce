/** A row by its place. */
export interface Place {
  source: number;
  line: number;
}

/** Rows as 24 bytes each, for joins over millions of them: key, id and place. */
export interface Places {
  /** `key` and `id`: 16 hex digits. */
  add(key: string, id: string, source: number, line: number): void;
  size(): number;
  /** Numbers of the rows, by key, id, source and line. */
  sorted(): Uint32Array;
  /** Below 0, 0 or above 0: the key (with `byId` also the id) of one row beside that of another set's row. */
  compare(at: number, other: Places, otherAt: number, byId: boolean): number;
  place(at: number): Place & { id: string };
  words: () => Uint32Array;
}

const WIDTH = 6;

/** Starts an empty set of {@link Places}. */
export function createPlaces(): Places {
  let words = new Uint32Array(WIDTH * 1024);
  let size = 0;
  const compareWords = (a: number, other: Uint32Array, b: number, width: number): number => {
    for (let word = 0; word < width; word += 1) {
      const difference = words[a * WIDTH + word]! - other[b * WIDTH + word]!;
      if (difference !== 0) return difference;
    }
    return 0;
  };
  return {
    add(key, id, source, line) {
      if ((size + 1) * WIDTH > words.length) {
        const larger = new Uint32Array(words.length * 2);
        larger.set(words);
        words = larger;
      }
      const at = size * WIDTH;
      words[at] = parseInt(key.slice(0, 8), 16);
      words[at + 1] = parseInt(key.slice(8, 16), 16);
      words[at + 2] = parseInt(id.slice(0, 8), 16);
      words[at + 3] = parseInt(id.slice(8, 16), 16);
      words[at + 4] = source;
      words[at + 5] = line;
      size += 1;
    },
    size: () => size,
    sorted: () =>
      Uint32Array.from({ length: size }, (_, at) => at).toSorted((a, b) => compareWords(a, words, b, WIDTH)),
    compare: (at, other, otherAt, byId) => compareWords(at, other.words(), otherAt, byId ? 4 : 2),
    place: (at) => ({
      id: hex(words[at * WIDTH + 2]!) + hex(words[at * WIDTH + 3]!),
      source: words[at * WIDTH + 4]!,
      line: words[at * WIDTH + 5]!,
    }),
    words: () => words,
  };
}

const hex = (word: number): string => word.toString(16).padStart(8, '0');
