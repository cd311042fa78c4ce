import { countMerged } from './merge.ts';
import { pieceEnd, type PieceRules } from './pieces.ts';
import { hashOf, isAt, RankTable } from './rank-table.ts';

/** Encodings of OpenAI's models whose vocabulary is public. */
export type EncodingName = 'o200k_base' | 'cl100k_base';

/**
 * Counts the tokens of a text, literal control tokens such as `<|endoftext|>` read as the plain text they are.
 * Vocabulary and pattern are those of gpt-tokenizer; its own counting takes quadratic time on a long run of letters,
 * refuses control tokens unless told, and is slower than the Python tiktoken, which this is measured against.
 */
export async function loadEncoding(name: EncodingName): Promise<(text: string) => number> {
  const known = loaded.get(name);
  if (known) return known;
  const [{ default: tokens }, { CL100K_TOKEN_SPLIT_REGEX, O200K_TOKEN_SPLIT_REGEX }] = await Promise.all([
    name === 'o200k_base' ? import('gpt-tokenizer/bpeRanks/o200k_base') : import('gpt-tokenizer/bpeRanks/cl100k_base'),
    import('gpt-tokenizer/encodingParams/constants'),
  ]);
  const pattern = name === 'o200k_base' ? O200K_TOKEN_SPLIT_REGEX : CL100K_TOKEN_SPLIT_REGEX;
  const count = counterOf(ranksOf(tokens), {
    pattern: asPython(pattern.source),
    caseMatters: name === 'o200k_base',
  });
  loaded.set(name, count);
  return count;
}

const loaded = new Map<EncodingName, (text: string) => number>();

// JavaScript's \s holds U+FEFF and lacks U+0085; the encodings were made with Unicode's White_Space.
// Their contractions ignore case as Unicode does, to which the long s belongs.
const asPython = (source: string): RegExp =>
  new RegExp(
    source
      .replaceAll(String.raw`\s`, String.raw`\p{White_Space}`)
      .replaceAll(String.raw`\S`, String.raw`\P{White_Space}`)
      .replaceAll('[sS]', '[sS\u017f]'),
    'uy',
  );

/** A token is text where its bytes are valid UTF-8, else a list of bytes; holes are unused ranks. */
function ranksOf(tokens: readonly (string | readonly number[] | undefined)[]): [string, number][] {
  const ranks: [string, number][] = [];
  tokens.forEach((token, rank) => {
    if (token !== undefined)
      ranks.push([typeof token === 'string' ? bytesOf(token) : String.fromCharCode(...token), rank]);
  });
  return ranks;
}

// eslint-disable-next-line no-control-regex
const NOT_ASCII = /[^\x00-\x7f]/;

const bytesOf = (text: string): string => (NOT_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text);

function counterOf(tokens: readonly [string, number][], rules: PieceRules): (text: string) => number {
  const ranks = new RankTable(tokens);
  const known = new PieceTable();
  for (const [token] of tokens) if (!NOT_ASCII.test(token)) known.put(token, 1);
  return (text) => {
    let total = 0;
    let at = 0;
    while (at < text.length) {
      const end = pieceEnd(text, at, rules);
      let count = known.find(text, at, end);
      if (count === 0) {
        const piece = text.slice(at, end);
        count = countMerged(bytesOf(piece), ranks);
        // V8 copies short slices; a longer one would keep the whole text it was cut from in memory.
        known.put(piece.length < 13 ? piece : Buffer.from(piece, 'utf16le').toString('utf16le'), count);
      }
      total += count;
      at = end;
    }
    return total;
  };
}

/**
 * Token counts of the vocabulary and of pieces seen before, found without cutting the piece out of its text: cutting
 * and hashing a string for each piece is what most of the time would go into. A place is taken over by who comes last.
 */
class PieceTable {
  readonly #pieces: (string | undefined)[] = Array.from({ length: SLOTS });
  readonly #counts = new Uint16Array(SLOTS);

  /** Its count, 0 when it is not known. */
  find(text: string, from: number, end: number): number {
    if (end - from > LONGEST) return 0;
    const slot = hashOf(text, from, end) & (SLOTS - 1);
    const piece = this.#pieces[slot];
    return piece !== undefined && isAt(piece, text, from, end) ? (this.#counts[slot] as number) : 0;
  }

  put(piece: string, count: number): void {
    if (piece.length > LONGEST) return;
    const slot = hashOf(piece, 0, piece.length) & (SLOTS - 1);
    this.#pieces[slot] = piece;
    this.#counts[slot] = count;
  }
}

const SLOTS = 1 << 19;
const LONGEST = 32;
