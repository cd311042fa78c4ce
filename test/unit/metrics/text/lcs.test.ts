import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lcsLength, lcsPlaces } from '../../../../metrics/text/lcs.ts';

/** The table of the textbook, cell by cell. */
function table(a: readonly number[], b: readonly number[]): number {
  let above = b.map(() => 0);
  for (const one of a) {
    const row: number[] = [];
    for (const [j, other] of b.entries())
      row.push(one === other ? (above[j - 1] ?? 0) + 1 : Math.max(above[j] ?? 0, row[j - 1] ?? 0));
    above = row;
  }
  return above.at(-1) ?? 0;
}

/** Lists of few and of many different numbers, some longer than the 32 columns that are computed at once. */
const lists = fc.integer({ min: 0, max: 40 }).chain((max) => {
  const list = fc.array(fc.integer({ min: 0, max }), { maxLength: 150, size: 'max' });
  return fc.tuple(list, list);
});

test('the longest common subsequence is as long as the table says, and is one', () => {
  fc.assert(
    fc.property(lists, ([a, b]) => {
      const [one, other] = [Int32Array.from(a), Int32Array.from(b)];
      const length = table(a, b);
      expect(lcsLength(one, other)).toBe(length);
      const places = lcsPlaces(one, other);
      expect(places).toHaveLength(length);
      let at = 0;
      for (const place of places.toReversed()) {
        at = b.indexOf(a[place] as number, at) + 1;
        expect(at).toBeGreaterThan(0);
      }
    }),
    { numRuns: 300 },
  );
});

test.each([31, 32, 33, 64, 65])('a list of %d is its own longest common subsequence', (length) => {
  for (const list of [Int32Array.from({ length }, (_, i) => i), new Int32Array(length)])
    expect(lcsLength(list, list)).toBe(length);
});
