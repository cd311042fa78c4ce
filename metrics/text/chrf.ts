import { countMatches, numberWords } from './ngrams.ts';
import { checkCorpus, missing, present, referenceCount, SACREBLEU, sumStatistics } from './references.ts';
import type { ReferenceCount, References } from './references.ts';
import { isSpace, words } from './words.ts';

/** How chrF is computed; what is left out is sacrebleu's default. `wordOrder: 2` makes it chrF++. */
export interface ChrfOptions {
  /** Longest character n-gram. @default 6 */
  charOrder?: number;
  /** Longest word n-gram. @default 0 */
  wordOrder?: number;
  /** How many times as much recall weighs as precision. @default 2 */
  beta?: number;
  /** Keep white space as characters. @default false */
  whitespace?: boolean;
  /** Compare without regard to case. @default false */
  lowercase?: boolean;
  /** Average the F-scores of all orders, each at least 1e-16, instead of those orders that both texts have. */
  epsSmoothing?: boolean;
}

/** chrF, 0 to 100, and sacrebleu's line on how it was computed. */
export interface ChrfScore {
  score: number;
  signature: string;
}

const EPSILON = 1e-16;

/**
 * chrF or chrF++ of a whole set (Popović 2015 and 2017), equal to that of sacrebleu 2.6: the n-grams of all items are
 * pooled, each item with the reference that suits it best.
 *
 * @param references those of each prediction, in its order
 * @throws RangeError when there are no items, lists of different lengths, an item without a reference, or an
 *   option out of range.
 */
export function corpusChrf(
  predictions: readonly string[],
  references: readonly References[],
  options: ChrfOptions = {},
): ChrfScore {
  checkCorpus('chrF', predictions, references);
  const items = predictions.map((prediction, i) => chrfStatistics(prediction, references[i]!, options));
  return chrfOf(sumStatistics(items), options, referenceCount(references));
}

/**
 * chrF of one item.
 *
 * @throws RangeError as {@link corpusChrf}.
 */
export function sentenceChrf(prediction: string, references: References, options: ChrfOptions = {}): ChrfScore {
  return corpusChrf([prediction], [references], options);
}

/**
 * What one item adds to chrF: for each order of characters, then of words, the n-grams of the prediction, those
 * of the reference, and those that match, with the reference that gives the best score. These are added up.
 *
 * @throws RangeError when no reference is there, or an option is out of range.
 */
export function chrfStatistics(prediction: string, references: References, options: ChrfOptions = {}): Float64Array {
  const settings = checked(options);
  const { charOrder, wordOrder, whitespace, lowercase } = settings;
  const cased = (text: string): string => (lowercase ? text.toLowerCase() : text);
  const predicted = cased(prediction);
  const predictedChars = codePoints(predicted, whitespace);
  const predictedWords = wordOrder > 0 ? punctuated(predicted) : [];
  let best: Float64Array | undefined;
  let bestScore = -1;
  for (const reference of present(references)) {
    const expected = cased(reference);
    const statistics = new Float64Array(3 * (charOrder + wordOrder));
    fill(statistics, 0, predictedChars, codePoints(expected, whitespace), charOrder);
    if (wordOrder > 0) {
      const symbols = numberWords(predictedWords, [punctuated(expected)]);
      fill(statistics, 3 * charOrder, symbols.prediction, symbols.references[0]!, wordOrder);
    }
    const score = fScore(statistics, settings);
    if (score > bestScore) {
      bestScore = score;
      best = statistics;
    }
  }
  if (!best) throw missing('chrF');
  return best;
}

/** chrF out of the sum of {@link chrfStatistics}; `references` is only for the signature. */
export function chrfOf(statistics: Float64Array, options: ChrfOptions = {}, references: ReferenceCount = 1): ChrfScore {
  return { score: fScore(statistics, checked(options)), signature: chrfSignature(options, references) };
}

/** sacrebleu's line on how chrF is computed, for items with that many references. It does not tell beta. */
export function chrfSignature(options: ChrfOptions = {}, references: ReferenceCount = 1): string {
  const { charOrder, wordOrder, whitespace, lowercase, epsSmoothing } = checked(options);
  return [
    `nrefs:${references}`,
    `case:${lowercase ? 'lc' : 'mixed'}`,
    `eff:${epsSmoothing ? 'no' : 'yes'}`,
    `nc:${charOrder}`,
    `nw:${wordOrder}`,
    `space:${whitespace ? 'yes' : 'no'}`,
    `version:${SACREBLEU}`,
  ].join('|');
}

function checked(options: ChrfOptions): Required<ChrfOptions> {
  const {
    charOrder = 6,
    wordOrder = 0,
    beta = 2,
    whitespace = false,
    lowercase = false,
    epsSmoothing = false,
  } = options;
  for (const [name, order] of Object.entries({ charOrder, wordOrder }))
    if (!Number.isInteger(order) || order < 0 || order > 1000)
      throw new RangeError(`${name} of chrF is a whole number from 0 to 1000, found ${order}.`);
  if (charOrder + wordOrder === 0) throw new RangeError('chrF needs a charOrder or a wordOrder above 0, found none.');
  if (!(beta >= 0 && beta <= 1e6)) throw new RangeError(`beta of chrF is a number from 0 to 1000000, found ${beta}.`);
  return { charOrder, wordOrder, beta, whitespace, lowercase, epsSmoothing };
}

function fill(
  statistics: Float64Array,
  offset: number,
  prediction: Int32Array,
  reference: Int32Array,
  order: number,
): void {
  for (let n = 1; n <= order; n++) {
    const expected = Math.max(0, reference.length - n + 1);
    // Without n-grams in the reference, those of the prediction do not count either.
    statistics[offset + 3 * (n - 1)] = expected > 0 ? Math.max(0, prediction.length - n + 1) : 0;
    statistics[offset + 3 * (n - 1) + 1] = expected;
  }
  countMatches(prediction, [reference], order, statistics, offset + 2, 3);
}

/** (1 + β²)PR / (β²P + R), of the averages of P and R or, smoothed, averaged over the orders; 0 to 100. */
function fScore(statistics: Float64Array, { charOrder, wordOrder, beta, epsSmoothing }: Required<ChrfOptions>): number {
  const order = charOrder + wordOrder;
  const factor = beta ** 2;
  let sum = 0;
  let precisions = 0;
  let recalls = 0;
  let shared = 0;
  for (let i = 0; i < order; i++) {
    const predicted = statistics[3 * i]!;
    const expected = statistics[3 * i + 1]!;
    const matching = statistics[3 * i + 2]!;
    const precision = predicted > 0 ? matching / predicted : EPSILON;
    const recall = expected > 0 ? matching / expected : EPSILON;
    const below = factor * precision + recall;
    sum += below > 0 ? ((1 + factor) * precision * recall) / below : EPSILON;
    if (predicted > 0 && expected > 0) {
      precisions += precision;
      recalls += recall;
      shared += 1;
    }
  }
  if (epsSmoothing) return (100 * sum) / order;
  if (shared === 0 || precisions + recalls === 0) return 0;
  const precision = precisions / shared;
  const recall = recalls / shared;
  return (100 * ((1 + factor) * precision * recall)) / (factor * precision + recall);
}

/** The code points of a text, without white space unless asked for. A lone surrogate is one. */
function codePoints(text: string, whitespace: boolean): Int32Array {
  const points = new Int32Array(text.length);
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code >= 0xd800 && code <= 0xdbff && i + 1 < text.length) {
      const low = text.charCodeAt(i + 1);
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = (code - 0xd800) * 0x400 + low - 0xdc00 + 0x10000;
        i += 1;
      }
    } else if (!whitespace && isSpace(code)) continue;
    points[count++] = code;
  }
  return points.subarray(0, count);
}

/** Words with one ASCII punctuation mark split off: the last character or, if that is none, the first. */
function punctuated(text: string): string[] {
  const found: string[] = [];
  for (const word of words(text)) {
    if (word.length > 1 && isPunctuation(word.charCodeAt(word.length - 1)))
      found.push(word.slice(0, -1), word.slice(-1));
    else if (word.length > 1 && isPunctuation(word.charCodeAt(0))) found.push(word.charAt(0), word.slice(1));
    else found.push(word);
  }
  return found;
}

const isPunctuation = (code: number): boolean =>
  (code >= 33 && code <= 47) ||
  (code >= 58 && code <= 64) ||
  (code >= 91 && code <= 96) ||
  (code >= 123 && code <= 126);
