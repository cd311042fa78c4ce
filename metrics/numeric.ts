/** How far two numbers may be apart: by `absolute`, or by `relative` times the reference, whichever allows more. */
export interface Tolerance {
  absolute: number;
  relative: number;
}

/**
 * 1 when the last number of the answer is the last number of the reference, within the tolerance, else 0. Null: the
 * reference has no number. Thousands may be set apart by commas, thin or no-break spaces; a minus may be U+2212; a
 * number with a per cent sign is a hundredth of itself.
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

/** The last number of a text, undefined when it has none; digits of other scripts count as their value. */
export function lastNumber(text: string): number | undefined {
  const plain = text.slice(-SEARCHED).normalize('NFKC').replaceAll('\u2212', '-');
  const found = [
    ...plain.matchAll(
      /(?<![\p{L}\d.])-?(?:\d{1,3}(?:[,\u00a0\u2009\u202f' ]\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?\s?%?/gu,
    ),
  ];
  const last = found.at(-1)?.[0];
  if (last === undefined) return undefined;
  const value = Number(last.replaceAll(/[,\s']|%$/g, ''));
  if (!Number.isFinite(value)) return undefined;
  return last.endsWith('%') ? value / 100 : value;
}
