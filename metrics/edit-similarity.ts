import { distance } from 'fastest-levenshtein';

/** Longer texts would take seconds each. */
const LONGEST = 20_000;

/**
 * 1 − edits / length of the longer text, in [0, 1]: how much of the longer text need not be typed to make it of the
 * other. Levenshtein 1966; edits of UTF-16 units. Two empty texts are alike.
 *
 * @throws RangeError when both texts have more than 20,000 units.
 */
export function editSimilarity(prediction: string, reference: string): number {
  const longer = Math.max(prediction.length, reference.length);
  if (longer === 0) return 1;
  if (Math.min(prediction.length, reference.length) > LONGEST)
    throw new RangeError(`edits are counted in texts of at most ${LONGEST} characters, found ${longer}`);
  return 1 - distance(prediction, reference) / longer;
}
