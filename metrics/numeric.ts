/** How far two numbers may be apart: by `absolute`, or by `relative` times the reference, whichever allows more. */
export interface Tolerance {
  absolute: number;
  relative: number;
}

/**
 * 1 when the last number of the answer is the last number of the reference, within the tolerance, else 0. Null: the
 * reference has no number. Thousands may be set apart by commas, apostrophes, thin or no-break spaces; a minus may be
 * U+2212; a number with a per cent sign is a hundredth of itself.
 */
export function numericMatch(prediction: string, reference: string, { absolute, relative }: Tolerance): 0 | 1 | null {
  const expected = lastNumber(reference);
  if (expected === undefined) return null;
  const found = lastNumber(prediction);
  if (found === undefined) return 0;
  return Math.abs(found - expected) <= Math.max(absolute, relative * Math.abs(expected)) ? 1 : 0;
}

/** Longest end of an answer that is searched for its last number. */
const SEARCHED = 100_000;

/** Spaces that hold a number together; an ordinary one parts two numbers. */
const JOINING = /(?<=\d)[\u00a0\u2007\u2009\u202f](?=\d{3}(?!\d))/gu;

/**
 * A number that is not the tail of a Latin, Greek or Cyrillic word ("x2") or of a version ("1.2.3"). Behind Korean,
 * Chinese and Japanese letters, which are written without spaces, it is one.
 */
const NUMBER =
  /(?<![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\d]|\d\.)-?(?:\d{1,3}(?:[,']\d{3})+(?!\d)|\d+|(?=\.\d))(?:\.\d+)?(?:[eE][+-]?\d{1,3}(?!\d))?(?:\s?%)?/gu;

/** The last number of a text, undefined when it has none; full-width digits count as their value. */
export function lastNumber(text: string): number | undefined {
  const plain = text
    .slice(-SEARCHED)
    .replaceAll(JOINING, ',')
    .replaceAll('\u2212', '-')
    // Not NFKC, which makes 102 of 10².
    .replaceAll(/[\uff01-\uff5e]/gu, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));
  let last: string | undefined;
  for (const [found] of plain.matchAll(NUMBER)) last = found;
  if (last === undefined) return undefined;
  const value = Number(last.replaceAll(/[,\s'%]/g, ''));
  if (!Number.isFinite(value)) return undefined;
  return last.endsWith('%') ? value / 100 : value;
}
