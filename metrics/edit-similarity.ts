import { distance } from 'fastest-levenshtein';

/** Longer texts would take seconds each. */
const LONGEST = 20_000;

/**
 * 1 − edits / length of the longer text, in [0, 1]: how much of the longer text need not be typed to make it of the
 * other. Levenshtein 1966; lengths and edits of code points, so that an emoji is one. Two empty texts are alike.
 *
 * @throws RangeError when a text has more than 20,000 code points.
 */
export function editSimilarity(prediction: string, reference: string): number {
  const [a, b] = [codePoints(prediction), codePoints(reference)];
  const longer = Math.max(a.length, b.length);
  if (longer === 0) return 1;
  return 1 - distance(...units(a, b)) / longer;
}

function codePoints(text: string): string[] {
  const points = text.length > 2 * LONGEST ? [] : Array.from(text);
  if (text.length > 2 * LONGEST || points.length > LONGEST)
    throw new RangeError(`edits are counted in texts of at most ${LONGEST} characters, and one is longer`);
  return points;
}

/** Both texts with one UTF-16 unit for each code point, which is what `distance` counts; at most 40,000 differ. */
function units(a: readonly string[], b: readonly string[]): [string, string] {
  const ids = new Map<string, string>();
  const idOf = (point: string): string => {
    let id = ids.get(point);
    if (id === undefined) ids.set(point, (id = String.fromCharCode(ids.size)));
    return id;
  };
  return [a.map(idOf).join(''), b.map(idOf).join('')];
}
