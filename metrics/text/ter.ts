import { checkCorpus, missing, present, referenceCount, SACREBLEU, sumStatistics } from './references.ts';
import type { ReferenceCount, References } from './references.ts';
import { countEdits } from './shifts.ts';
import { tokenizeTercom, type TercomOptions } from './tokenizers/tercom.ts';
import { trimEnd } from './words.ts';

/** How TER is computed; what is left out is sacrebleu's default. */
export interface TerOptions {
  /** Set punctuation apart and undo line breaks and entities first. @default false */
  normalized?: boolean;
  /** @default false */
  caseSensitive?: boolean;
  /** Leave punctuation out. @default false */
  noPunct?: boolean;
  /** With `normalized`, each ideograph is a word; with `noPunct`, Asian punctuation goes too. @default false */
  asianSupport?: boolean;
}

/** TER with what it was made of. */
export interface TerScore {
  /** Edits for 100 words of reference: 0 is best, and there is no upper end. */
  score: number;
  edits: number;
  /** Words of the references, averaged over those of an item. */
  referenceLength: number;
  /** sacrebleu's line on how the score was computed. */
  signature: string;
}

/**
 * Translation edit rate of a whole set (Snover et al. 2006), equal to that of sacrebleu 2.6: all edits by all words
 * of reference, each item with the edits to the reference that needs fewest.
 * Texts of more than 1,500 words may meet the limits named in shifts.ts.
 *
 * @param references those of each prediction, in its order
 * @throws RangeError when there are no items, lists of different lengths, or an item without a reference.
 */
export function corpusTer(
  predictions: readonly string[],
  references: readonly References[],
  options: TerOptions = {},
): TerScore {
  checkCorpus('TER', predictions, references);
  const items = predictions.map((prediction, i) => terStatistics(prediction, references[i]!, options));
  return terOf(sumStatistics(items), options, referenceCount(references));
}

/**
 * TER of one item.
 *
 * @throws RangeError as {@link corpusTer}.
 */
export function sentenceTer(prediction: string, references: References, options: TerOptions = {}): TerScore {
  return corpusTer([prediction], [references], options);
}

/**
 * What one item adds to TER: the fewest edits to one of its references, and their average number of words.
 *
 * @throws RangeError when no reference is there.
 */
export function terStatistics(prediction: string, references: References, options: TerOptions = {}): Float64Array {
  const settings = complete(options);
  const numbers = new Map<string, number>();
  const numbered = (list: readonly string[]): Int32Array => {
    const found = new Int32Array(list.length);
    for (let i = 0; i < list.length; i++) {
      const word = list[i]!;
      let number = numbers.get(word);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(word, number);
      }
      found[i] = number;
    }
    return found;
  };
  const texts = present(references);
  if (texts.length === 0) throw missing('TER');
  const prepared = (text: string): string[] => tokenizeTercom(trimEnd(text), settings);
  // sacrebleu prepares references twice, which shows only where normalizing again splits more: of ". .1" the ".1".
  const preparedTwice = (text: string): string[] =>
    settings.normalized ? prepared(prepared(text).join(' ')) : prepared(text);
  const predicted = numbered(prepared(prediction));
  let fewest = Number.POSITIVE_INFINITY;
  let length = 0;
  for (const text of texts) {
    const expected = numbered(preparedTwice(text));
    length += expected.length;
    fewest = Math.min(fewest, countEdits(predicted, expected));
  }
  return Float64Array.of(fewest, length / texts.length);
}

/** TER out of the sum of {@link terStatistics}; `references` is only for the signature. */
export function terOf(statistics: Float64Array, options: TerOptions = {}, references: ReferenceCount = 1): TerScore {
  const [edits = 0, referenceLength = 0] = statistics;
  // Edits without a word of reference: all of the answer is wrong. Neither: nothing is.
  const rate = referenceLength > 0 ? edits / referenceLength : edits > 0 ? 1 : 0;
  return { score: 100 * rate, edits, referenceLength, signature: terSignature(options, references) };
}

/** sacrebleu's line on how TER is computed, for items with that many references. */
export function terSignature(options: TerOptions = {}, references: ReferenceCount = 1): string {
  const { normalized, caseSensitive, noPunct, asianSupport } = complete(options);
  return [
    `nrefs:${references}`,
    `case:${caseSensitive ? 'mixed' : 'lc'}`,
    'tok:tercom',
    `norm:${normalized ? 'yes' : 'no'}`,
    `punct:${noPunct ? 'no' : 'yes'}`,
    `asian:${asianSupport ? 'yes' : 'no'}`,
    `version:${SACREBLEU}`,
  ].join('|');
}

const complete = ({
  normalized = false,
  caseSensitive = false,
  noPunct = false,
  asianSupport = false,
}: TerOptions): TercomOptions => ({ normalized, caseSensitive, noPunct, asianSupport });
