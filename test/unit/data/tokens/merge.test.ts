import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { countMerged } from '../../../../data/tokens/merge.ts';
import { RankTable } from '../../../../data/tokens/rank-table.ts';

/** Merges the pair of lowest rank, leftmost first, until none is left: the definition. */
function merged(bytes: string, ranks: ReadonlyMap<string, number>): number {
  const parts = bytes.split('');
  for (;;) {
    let best = -1;
    let lowest = Infinity;
    for (let at = 0; at + 1 < parts.length; at++) {
      const rank = ranks.get(`${parts[at]}${parts[at + 1]}`) ?? Infinity;
      if (rank < lowest) [lowest, best] = [rank, at];
    }
    if (best < 0) return parts.length;
    parts.splice(best, 2, `${parts[best]}${parts[best + 1]}`);
  }
}

const letters = (maxLength: number, minLength = 0): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength, maxLength });

test('short pieces and long ones are merged by the definition, whatever the vocabulary', () => {
  const vocabulary = fc.uniqueArray(letters(4, 2), { maxLength: 25 });
  fc.assert(
    fc.property(vocabulary, fc.oneof(letters(64), letters(300, 65)), (words, piece) => {
      const ranks = new Map(['a', 'b', 'c', ...words].map((word, rank) => [word, rank]));
      // A piece that is a token as a whole is one, however its parts would merge.
      const expected = piece === '' ? 0 : ranks.has(piece) ? 1 : merged(piece, ranks);
      expect(countMerged(piece, new RankTable(ranks))).toBe(expected);
    }),
    { numRuns: 400, seed: 3 },
  );
});
