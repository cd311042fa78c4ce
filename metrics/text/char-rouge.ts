import { bestOf, longest, Numbers, overlap, type RougeScore } from './rouge.ts';

const TYPES = ['charRouge1', 'charRouge2', 'charRougeL'] as const;
export type CharRougeType = (typeof TYPES)[number];

/**
 * ROUGE over characters, for Korean, Chinese and Japanese, which rouge_score leaves out: after NFKC and lower-casing
 * every Hangul syllable, kana and Chinese character is a token, and so is every run of other letters, marks and
 * digits; white space and punctuation are left out. It has no reference program; the counting is that of ROUGE.
 *
 * @param types What is wanted of it, default all.
 * @throws RangeError when both texts are so long that their longest common subsequence would take minutes.
 */
export function charRouge(
  prediction: string,
  reference: string,
  types: readonly CharRougeType[] = TYPES,
): Record<CharRougeType, RougeScore> {
  const numbers = new Numbers();
  const [expected, answered] = [numbers.of(tokensOf(reference)), numbers.of(tokensOf(prediction))];
  const measures = {
    charRouge1: () => overlap(expected, answered, 1),
    charRouge2: () => overlap(expected, answered, 2),
    charRougeL: () => longest(expected, answered),
  };
  return Object.fromEntries(types.map((type) => [type, measures[type]()])) as Record<CharRougeType, RougeScore>;
}

/** For each type the score against the reference with the highest F1. @throws RangeError without references. */
export function charRougeMulti(
  prediction: string,
  references: readonly string[],
  types: readonly CharRougeType[] = TYPES,
): Record<CharRougeType, RougeScore> {
  if (references.length === 0) throw new RangeError('ROUGE needs at least one reference');
  return bestOf(references.map((reference) => charRouge(prediction, reference, types)));
}

const tokensOf = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .match(
      /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|(?:(?![\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{M}\p{N}])+/gu,
    ) ?? [];
