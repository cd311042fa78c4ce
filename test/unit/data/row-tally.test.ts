import { describe, expect, test } from 'vitest';
import { RowTally } from '../../../data/row-tally.ts';

describe('a tally of rows', () => {
  const tallyOf = (good: number, ...bad: { line: number; reason: string; columns?: string[] }[]): RowTally => {
    const tally = new RowTally();
    tally.good = good;
    for (const found of bad) tally.refuse(found);
    return tally;
  };

  test('is content up to the share that is allowed, and says what was put aside', () => {
    const tally = tallyOf(19, { line: 7, reason: 'is broken' });
    expect(tally.problem('rows.jsonl', [], 0.05)).toBeUndefined();
    expect(tally.note('rows.jsonl')).toMatchInlineSnapshot(
      `"rows.jsonl: 1 of 20 rows put aside; the first: line 7 is broken"`,
    );
    expect(tallyOf(3).note('rows.jsonl')).toBeUndefined();
    expect(tallyOf(3).problem('rows.jsonl', [], 0)).toBeUndefined();
  });

  test('above it names the first bad row and the nearest column', () => {
    const columns = ['txt', 'label'];
    const tally = tallyOf(
      1,
      { line: 2, reason: 'has no column "text"; its columns are txt, label', columns },
      { line: 3, reason: 'has no column "text"; its columns are txt, label', columns },
    );
    expect(tally.problem('rows.jsonl', ['text', 'label'], 0.05)).toMatchInlineSnapshot(
      `"rows.jsonl:2 has no column "text"; its columns are txt, label. 2 of 3 rows are bad, more than maxBadShare 0.05 allows. Did you mean {{txt}} in data.template? Mend the rows, or raise data.maxBadShare"`,
    );
  });

  test('of no rows at all is a problem', () => {
    expect(tallyOf(0).problem('rows.jsonl', [], 1)).toMatchInlineSnapshot(
      `"rows.jsonl has no rows: expected JSONL, one JSON object a line"`,
    );
  });
});
