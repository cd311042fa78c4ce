import { expect, test } from 'vitest';
import { terminal } from '../../../../configs/failure.ts';
import { textOf, type Row } from '../../../../data/row.ts';
import { countTokens, estimateTokens } from '../../../../data/tokens/count.ts';
import type { TokenCounter } from '../../../../data/tokens/counter.ts';
import { roughCounter } from '../../../../data/tokens/rough.ts';
import { row } from './rows.ts';

/** A token for every letter but spaces; keeps which rows it was asked for. */
function letters(): TokenCounter & { asked: Set<number> } {
  const asked = new Set<number>();
  const text = ({ messages }: Row): string => messages.map(textOf).join('');
  return {
    name: 'letters',
    asked,
    countText: (said) => said.replaceAll(' ', '').length,
    countRow(counted) {
      asked.add(counted.line);
      if (text(counted) === 'bad') throw terminal('BadData', 'source 0 line 9 is bad', { why: 'is bad' });
      return text(counted).replaceAll(' ', '').length;
    },
    atMost: (counted) => text(counted).length,
  };
}

const said = (content: string, line: number): Row => row({ messages: [{ role: 'user', content }] }, line);

/** Lengths 1 to 40, nine of ten characters letters or so, never two rows alike. */
function* many(count: number): Generator<Row> {
  for (let line = 1; line <= count; line++)
    yield said(`${'x'.repeat(10 + (line % 31))}${' '.repeat(line % 7)}${line.toString(36)}`, line);
}

const totalOf = (rows: Iterable<Row>): number => {
  const counter = letters();
  return [...rows].reduce((sum, counted) => sum + counter.countRow(counted), 0);
};

test('a small set is counted row by row', async () => {
  const rows = [said('abc', 1), said('a b c d', 2), said('bad', 3), said('', 4), said('abcdefgh', 5)];
  expect(await countTokens(rows, letters(), { max: 4 })).toMatchInlineSnapshot(`
    {
      "counted": 4,
      "exact": true,
      "histogram": [
        {
          "from": 0,
          "rows": 1,
          "to": 1,
        },
        {
          "from": 1,
          "rows": 0,
          "to": 2,
        },
        {
          "from": 2,
          "rows": 1,
          "to": 4,
        },
        {
          "from": 4,
          "rows": 1,
          "to": 8,
        },
        {
          "from": 8,
          "rows": 1,
          "to": 16,
        },
      ],
      "overLimit": {
        "count": 1,
        "first": [
          {
            "line": 5,
            "source": 0,
            "tokens": 8,
          },
        ],
      },
      "refused": {
        "count": 1,
        "first": [
          {
            "line": 3,
            "source": 0,
            "why": "is bad",
          },
        ],
      },
      "rows": 5,
      "total": {
        "high": 15,
        "low": 15,
        "value": 15,
      },
    }
  `);
});

test('no rows at all are no tokens', async () => {
  const counts = await countTokens([], letters());
  expect(counts).toMatchObject({
    rows: 0,
    counted: 0,
    total: { value: 0, low: 0, high: 0 },
    histogram: [],
    exact: true,
  });
});

test('of a large set a sample is counted, and the interval holds the true total', async () => {
  const counter = letters();
  const counts = await countTokens(many(30_000), counter, { exactUpTo: 1_000 });
  const truth = totalOf(many(30_000));
  expect(counts).toMatchObject({ rows: 30_000, counted: 3_000, exact: false });
  expect(counter.asked.size).toBe(3_000);
  expect(counts.total.low).toBeLessThanOrEqual(truth);
  expect(counts.total.high).toBeGreaterThanOrEqual(truth);
  expect(counts.total.high / counts.total.low).toBeLessThan(1.03);
  expect(counts.total.low).toBeLessThan(counts.total.high);
  const inHistogram = counts.histogram.reduce((sum, { rows }) => sum + rows, 0);
  expect(Math.abs(inHistogram - 30_000)).toBeLessThan(counts.histogram.length);
});

test('the interval holds the truth about as often as it says', async () => {
  let held = 0;
  for (let set = 0; set < 25; set++) {
    // Lengths that the bound does not explain: half the rows are mostly spaces.
    const rows = Array.from({ length: 3_000 }, (_, at) =>
      said(`${set}-${at}${(at % 2 === 0 ? ' ' : 'x').repeat(20 + ((at * 7) % 13))}`, at + 1),
    );
    const { total } = await countTokens(rows, letters(), { exactUpTo: 0 });
    const truth = totalOf(rows);
    if (total.low <= truth && truth <= total.high) held++;
  }
  expect(held).toBeGreaterThanOrEqual(20);
});

test('the same rows are drawn whatever their order', async () => {
  const there = await countTokens(many(9_000), letters(), { exactUpTo: 0 });
  const back = await countTokens([...many(9_000)].toReversed(), letters(), { exactUpTo: 0 });
  expect(back.total).toEqual(there.total);
});

test('every row over the limit is found beyond the bound as well', async () => {
  const long = said('y'.repeat(90), 25_001);
  const spaces = said(`z${' '.repeat(90)}`, 25_002);
  async function* rows(): AsyncGenerator<Row> {
    yield* many(25_000);
    yield long;
    yield spaces;
  }
  const counts = await countTokens(rows(), letters(), { max: 80, exactUpTo: 100 });
  expect(counts.overLimit).toEqual({ first: [{ source: 0, line: 25_001, tokens: 90 }], count: 1 });
  expect(counts.exact).toBe(false);
});

test('without a cheap bound a limit has every row counted', async () => {
  const { atMost: _, ...counter } = letters();
  const counts = await countTokens(many(3_000), counter, { max: 30, exactUpTo: 10 });
  expect(counts).toMatchObject({ counted: 3_000, exact: true, total: { value: totalOf(many(3_000)) } });
  const unlimited = await countTokens(many(3_000), counter, { exactUpTo: 10 });
  expect(unlimited).toMatchObject({ counted: 2_010, exact: false });
});

test('rows over the limit are named up to a thousand and counted all', async () => {
  const counts = await countTokens(many(1_500), letters(), { max: 1 });
  expect(counts.overLimit.count).toBe(1_500);
  expect(counts.overLimit.first).toHaveLength(1_000);
});

test('a fault of the program is no refused row', async () => {
  const broken: TokenCounter = {
    ...letters(),
    countRow: () => {
      throw new RangeError('bug');
    },
  };
  await expect(countTokens(many(1), broken)).rejects.toThrow('bug');
});

test('an estimate tells rows that are likely over from those that may be', async () => {
  const rows = [said('x'.repeat(30), 1), said('x'.repeat(120), 2), said('x'.repeat(1_200), 3)];
  const { likelyOver, perhapsOver, total } = await estimateTokens(rows, roughCounter(), { max: 40 });
  expect(likelyOver.first.map(({ line }) => line)).toEqual([3]);
  expect(perhapsOver.first.map(({ line }) => line)).toEqual([2]);
  expect(total.low).toBeLessThan(total.high);
});
