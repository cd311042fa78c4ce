import { countMatches, numberWords } from './ngrams.ts';
import { checkCorpus, missing, present, referenceCount, SACREBLEU, sumStatistics } from './references.ts';
import type { ReferenceCount, References } from './references.ts';
import { TOKENIZERS, type Tokenizer } from './tokenizers/tokenize.ts';
import { trimEnd } from './words.ts';

/** What to do where an order has no match (Chen and Cherry 2014, W14-3346, methods 0 to 3). */
export type Smoothing = 'none' | 'floor' | 'add-k' | 'exp';

/** How BLEU is computed; what is left out is sacrebleu's default. */
export interface BleuOptions {
  /** @default '13a' */
  tokenize?: Tokenizer;
  /** @default 'exp' */
  smoothing?: Smoothing;
  /** Count given to an order without a match under `floor` (default 0.1), or added to all above 1 under `add-k` (1). */
  smoothingValue?: number;
  /** Compare without regard to case. @default false */
  lowercase?: boolean;
  /** Longest n-gram. @default 4 */
  maxOrder?: number;
  /** Leave out orders that the prediction is too short for. @default true for one sentence, false for a corpus */
  effectiveOrder?: boolean;
}

/** BLEU with what it was made of; the lists have an entry for each order. */
export interface BleuScore {
  /** 0 to 100. */
  score: number;
  /** Percent. */
  precisions: number[];
  brevityPenalty: number;
  /** Tokens. */
  predictionLength: number;
  /** Tokens of the references that are closest in length. */
  referenceLength: number;
  /** Matching n-grams; under `add-k` with what was added. */
  counts: number[];
  totals: number[];
  /** sacrebleu's line on how the score was computed. */
  signature: string;
}

const DEFAULT_VALUES = { none: null, floor: 0.1, 'add-k': 1, exp: null } as const satisfies Record<
  Smoothing,
  number | null
>;

/**
 * BLEU of a whole set (Papineni et al. 2002), equal to that of sacrebleu 2.6: the n-grams of all items are pooled.
 *
 * @param references those of each prediction, in its order
 * @throws RangeError when there are no items, lists of different lengths, an item without a reference, or an
 *   option out of range.
 */
export function corpusBleu(
  predictions: readonly string[],
  references: readonly References[],
  options: BleuOptions = {},
): BleuScore {
  checkCorpus('BLEU', predictions, references);
  const items = predictions.map((prediction, i) => bleuStatistics(prediction, references[i]!, options));
  return bleuOf(sumStatistics(items), options, referenceCount(references));
}

/**
 * BLEU of one item; orders that it is too short for are left out unless `effectiveOrder` is false.
 *
 * @throws RangeError as {@link corpusBleu}.
 */
export function sentenceBleu(prediction: string, references: References, options: BleuOptions = {}): BleuScore {
  return corpusBleu([prediction], [references], { effectiveOrder: true, ...options });
}

/**
 * What one item adds to BLEU: tokens of the prediction, tokens of the reference closest in length, then the matching
 * n-grams of each order, then all n-grams of the prediction of each order. These are added up over the items.
 *
 * An empty prediction without references counts as one with a reference of −1 tokens, since sacrebleu does so.
 *
 * @throws RangeError when no reference is there, or an option is out of range.
 */
export function bleuStatistics(prediction: string, references: References, options: BleuOptions = {}): Float64Array {
  const { tokenize, lowercase, maxOrder } = checked(options);
  const tokens = (text: string): string[] => TOKENIZERS[tokenize](trimEnd(lowercase ? text.toLowerCase() : text));
  const predicted = tokens(prediction);
  const expected = present(references).map(tokens);
  if (expected.length === 0 && predicted.length > 0) throw missing('BLEU');
  const statistics = new Float64Array(2 + 2 * maxOrder);
  statistics[0] = predicted.length;
  statistics[1] = closestLength(predicted.length, expected);
  const symbols = numberWords(predicted, expected);
  countMatches(symbols.prediction, symbols.references, maxOrder, statistics, 2, 1);
  for (let n = 1; n <= maxOrder; n++) statistics[1 + maxOrder + n] = Math.max(0, predicted.length - n + 1);
  return statistics;
}

/** BLEU out of the sum of {@link bleuStatistics}; `references` is only for the signature. */
export function bleuOf(statistics: Float64Array, options: BleuOptions = {}, references: ReferenceCount = 1): BleuScore {
  const { smoothing, maxOrder, effectiveOrder, ...rest } = checked(options);
  const value = rest.smoothingValue ?? 0;
  const [predictionLength = 0, referenceLength = 0] = statistics;
  const counts = [...statistics.subarray(2, 2 + maxOrder)];
  const totals = [...statistics.subarray(2 + maxOrder, 2 + 2 * maxOrder)];
  const precisions = counts.map(() => 0);
  const shortage = predictionLength > 0 ? Math.exp(1 - referenceLength / predictionLength) : 0;
  const brevityPenalty = predictionLength < referenceLength ? shortage : 1;
  let score = 0;
  if (counts.some((count) => count > 0)) {
    let halving = 1;
    let orders = maxOrder;
    for (let i = 0; i < maxOrder; i++) {
      if (smoothing === 'add-k' && i > 0) {
        counts[i]! += value;
        totals[i]! += value;
      }
      const count = counts[i]!;
      const total = totals[i]!;
      if (total === 0) break;
      if (effectiveOrder) orders = i + 1;
      if (count > 0) precisions[i] = (100 * count) / total;
      else if (smoothing === 'floor') precisions[i] = (100 * value) / total;
      else if (smoothing === 'exp') {
        halving *= 2;
        precisions[i] = 100 / (halving * total);
      }
    }
    const logs = precisions.slice(0, orders).map((precision) => Math.log(precision));
    score = brevityPenalty * Math.exp(logs.reduce((sum, log) => sum + log, 0) / orders);
  }
  const signature = bleuSignature(options, references);
  return { score, precisions, brevityPenalty, predictionLength, referenceLength, counts, totals, signature };
}

/** sacrebleu's line on how BLEU is computed, for items with that many references. */
export function bleuSignature(options: BleuOptions = {}, references: ReferenceCount = 1): string {
  const { tokenize, smoothing, smoothingValue, lowercase, effectiveOrder } = checked(options);
  const smooth = smoothingValue === null ? smoothing : `${smoothing}[${twoDecimals(smoothingValue)}]`;
  return [
    `nrefs:${references}`,
    `case:${lowercase ? 'lc' : 'mixed'}`,
    `eff:${effectiveOrder ? 'yes' : 'no'}`,
    `tok:${tokenize}`,
    `smooth:${smooth}`,
    `version:${SACREBLEU}`,
  ].join('|');
}

/** Options with the defaults of a corpus filled in. */
function checked(options: BleuOptions): Required<Omit<BleuOptions, 'smoothingValue'>> & {
  smoothingValue: number | null;
} {
  const { tokenize = '13a', smoothing = 'exp', lowercase = false, maxOrder = 4, effectiveOrder = false } = options;
  if (!Object.hasOwn(TOKENIZERS, tokenize))
    throw new RangeError(`BLEU has no tokenizer "${tokenize}": use one of ${Object.keys(TOKENIZERS).join(', ')}.`);
  if (!Object.hasOwn(DEFAULT_VALUES, smoothing))
    throw new RangeError(`BLEU has no smoothing "${smoothing}": use one of ${Object.keys(DEFAULT_VALUES).join(', ')}.`);
  if (!Number.isInteger(maxOrder) || maxOrder < 1 || maxOrder > 1000)
    throw new RangeError(`maxOrder of BLEU is a whole number from 1 to 1000, found ${maxOrder}.`);
  const usual = DEFAULT_VALUES[smoothing];
  const smoothingValue = usual === null ? null : (options.smoothingValue ?? usual);
  if (smoothingValue !== null && !(smoothingValue >= 0 && smoothingValue <= 1e6))
    throw new RangeError(`smoothingValue of BLEU is a number from 0 to 1000000, found ${smoothingValue}.`);
  return { tokenize, smoothing, smoothingValue, lowercase, maxOrder, effectiveOrder };
}

/** The length nearest to that of the prediction; of two as near, the shorter one. */
function closestLength(length: number, references: readonly (readonly string[])[]): number {
  let closest = -1;
  for (const { length: found } of references) {
    const nearer = Math.abs(found - length) - Math.abs(closest - length);
    if (closest < 0 || nearer < 0 || (nearer === 0 && found < closest)) closest = found;
  }
  return closest;
}

/** A number with two decimals as Python writes it: a half that is exact goes to the even digit, not up. */
function twoDecimals(value: number): string {
  const eighths = value * 8;
  const isHalf = Number.isInteger(eighths) && eighths % 2 !== 0;
  if (!isHalf) return value.toFixed(2);
  const hundredths = Math.floor(value * 100);
  return ((hundredths % 2 === 0 ? hundredths : hundredths + 1) / 100).toFixed(2);
}
