import { readFileSync } from 'node:fs';
import { messageOf } from '../../configs/failure.ts';

/** A file that cannot be compared: unreadable, not JSON, or not of the shape of metrics-vectors.json. */
export class ShapeError extends Error {
  override name = 'ShapeError';
}

/** One item: an answer with its references, and what the reference programs gave for them. */
export interface Pair {
  hyp: string;
  refs: (string | null)[];
  fields: Readonly<Record<string, unknown>>;
}

/** A set of items, by their `id`, and what the reference programs gave for it. */
export interface Corpus {
  /** How many references of each item are used; var: all of them. */
  numRefs: number | 'var';
  segments: number[];
  fields: Readonly<Record<string, unknown>>;
}

/** A file of vectors. */
export interface Vectors {
  header: unknown;
  pairs: Map<number, Pair>;
  corpora: Corpus[];
  stats: unknown;
  /** Names of top-level fields that no such file has. */
  others: string[];
}

/**
 * Reads a file of vectors.
 *
 * @throws ShapeError with one sentence.
 */
export function readVectors(file: string): Vectors {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ShapeError(`${file} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  return parseVectors(text, file);
}

/**
 * Takes the text of a file of vectors apart; what is in the fields of pairs, corpora and stats is left as it is.
 *
 * @throws ShapeError with one sentence.
 */
export function parseVectors(text: string, file: string): Vectors {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    throw new ShapeError(`${file} is not JSON: ${messageOf(error)}.`, { cause: error });
  }
  const wrong = (path: string, expected: string): ShapeError =>
    new ShapeError(`${file} does not have the shape of metrics-vectors.json: ${path} should be ${expected}.`);
  if (!isObject(root)) throw wrong('the whole', 'an object');
  const repeated = repeatedKey(text);
  if (repeated !== null)
    throw new ShapeError(`${file} has the field ${JSON.stringify(repeated)} twice in one object: keep one of them.`);
  const { header, pairs = [], corpora = [], stats, ...rest } = root;
  if (!isObject(header)) throw wrong('header', 'an object');
  if (stats !== undefined && !isObject(stats)) throw wrong('stats', 'an object');
  if (!Array.isArray(pairs)) throw wrong('pairs', 'a list');
  if (!Array.isArray(corpora)) throw wrong('corpora', 'a list');
  const found: Vectors = { header, pairs: new Map(), corpora: [], stats, others: Object.keys(rest) };
  for (const [i, pair] of pairs.entries()) {
    if (!isObject(pair)) throw wrong(`pairs[${i}]`, 'an object');
    const { id, kind, hyp, refs, ...fields } = pair;
    if (!Number.isInteger(id) || found.pairs.has(id as number))
      throw wrong(`pairs[${i}].id`, 'a whole number of its own');
    if (typeof kind !== 'string') throw wrong(`pairs[${i}].kind`, 'a text');
    if (typeof hyp !== 'string') throw wrong(`pairs[${i}].hyp`, 'a text');
    if (!Array.isArray(refs) || !refs.every((ref) => ref === null || typeof ref === 'string'))
      throw wrong(`pairs[${i}].refs`, 'a list of texts, null where one is missing');
    found.pairs.set(id as number, { hyp, refs, fields });
  }
  for (const [i, corpus] of corpora.entries()) {
    if (!isObject(corpus)) throw wrong(`corpora[${i}]`, 'an object');
    const { id, kind, num_refs: numRefs, segments, ...fields } = corpus;
    if (!Number.isInteger(id)) throw wrong(`corpora[${i}].id`, 'a whole number');
    if (typeof kind !== 'string') throw wrong(`corpora[${i}].kind`, 'a text');
    if (numRefs !== 'var' && !(Number.isInteger(numRefs) && (numRefs as number) > 0))
      throw wrong(`corpora[${i}].num_refs`, 'a whole number above 0, or "var"');
    if (!Array.isArray(segments) || !segments.every((segment) => found.pairs.has(segment as number)))
      throw wrong(`corpora[${i}].segments`, 'a list of the ids of pairs');
    found.corpora.push({ numRefs: numRefs as number | 'var', segments, fields });
  }
  return found;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first name that one object of a JSON text has twice; the parser would keep the last and say nothing. */
function repeatedKey(text: string): string | null {
  const open: (Set<string> | null)[] = [];
  for (const { 0: token } of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token.endsWith(':')) {
      const key = JSON.parse(token.slice(0, -1)) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return null;
}
