import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FilterList } from '../../../../configs/synthesis-filters.ts';
import { coverageOf, distinctN, diversityOf, selfBleu } from '../../../../data/synthesis/diversity.ts';
import { limitShare, mostBeside } from '../../../../data/synthesis/limit-share.ts';
import { pageInputOf } from '../../../../data/synthesis/report-page.ts';
import { countLabels, reportOf } from '../../../../data/synthesis/report.ts';
import { runFilters } from '../../../../data/synthesis/run-filters.ts';
import { countYield, type Outcome } from '../../../../data/synthesis/yield.ts';
import { candidate, triage, triageGiven, triageRows, worldOf } from './support.ts';

const words = (...texts: string[]): string[][] => texts.map((text) => text.split(' '));

test('distinct-n is the share of different runs of words', () => {
  expect(distinctN(words('a b a', 'b a'), 1)).toBe(2 / 5);
  expect(distinctN(words('a b a', 'b a'), 2)).toBe(2 / 3);
  expect(distinctN(words('a', 'b'), 2)).toBeNull();
});

test('self-BLEU is 1 for texts that are all the same, and as worked out by hand otherwise', () => {
  expect(selfBleu(words('a b c d e', 'a b c d e'))).toBeCloseTo(1);
  expect(selfBleu(words('only one'))).toBeNull();
  // Each text: p1 = 2/3, p2 = 1/2, p3 = 0.5/1 (nothing in common, smoothed); lengths are equal.
  expect(selfBleu(words('a b c', 'a b d'))).toBeCloseTo(Math.cbrt((2 / 3) * (1 / 2) * (1 / 2)));
  // The short one: p1 = 1, p2 = 1, brevity exp(1 - 4/2); the long one: p1 = 2/4, p2 = 1/3, p3 = 0.5/2, p4 = 0.5/1.
  const short = Math.exp(-1);
  const long = ((2 / 4) * (1 / 3) * (1 / 4) * (1 / 2)) ** (1 / 4);
  expect(selfBleu(words('a b', 'a b c d'))).toBeCloseTo((short + long) / 2);
});

test('more varied texts have the better figures, which stay within 0 and 1 for any text', () => {
  const same = diversityOf(
    Array.from({ length: 50 }, (_, i) => `where is my parcel number ${i}`),
    1,
  );
  const varied = diversityOf(
    Array.from({ length: 50 }, (_, i) => `${i} ${i * 7 + 100} ${i * 13 + 1000} q${i}`),
    1,
  );
  expect(varied.selfBleu as number).toBeLessThan(same.selfBleu as number);
  expect(varied.distinct[2] as number).toBeGreaterThan(same.distinct[2] as number);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
      const { distinct, selfBleu: bleu, n } = diversityOf(texts, 1);
      expect(n).toBe(texts.length);
      const figures = [distinct[1], distinct[2], distinct[3], bleu].filter((figure) => figure !== null);
      expect(figures.every((figure) => figure >= 0 && figure <= 1 + 1e-9)).toBe(true);
    }),
  );
});

test('coverage says what each class had, got and has', () => {
  expect(
    coverageOf(
      new Map([['b', 2]]),
      new Map([
        ['b', 1],
        ['a', 3],
      ]),
    ),
  ).toEqual([
    { label: 'a', before: 0, added: 3, after: 3 },
    { label: 'b', before: 2, added: 1, after: 3 },
  ]);
});

test('as many synthetic rows as the share allows stay, and not one more', () => {
  fc.assert(
    fc.property(fc.nat({ max: 100_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (real, share) => {
      const most = mostBeside(real, share);
      expect(most === 0 ? 0 : most / (most + real)).toBeLessThanOrEqual(share);
      expect((most + 1) / (most + 1 + real)).toBeGreaterThan(share);
    }),
  );
  expect(mostBeside(100, 0.5)).toBe(100);
  expect(mostBeside(90, 0.1)).toBe(10);
  expect(mostBeside(0, 0.5)).toBe(0);
  expect(mostBeside(5, 1)).toBe(Infinity);
});

test('the cut keeps classes in proportion, and the same rows whatever their order', () => {
  const rows = [
    ...Array.from({ length: 60 }, (_, i) => candidate(triage(`a ${i}`, 'a', i))),
    ...Array.from({ length: 30 }, (_, i) => candidate(triage(`b ${i}`, 'b', i))),
  ];
  const { kept, leftOut } = limitShare(rows, 45, 0.5);
  expect(Object.fromEntries(countLabels(kept.map(({ row }) => row)))).toEqual({ a: 30, b: 15 });
  expect(kept.length + leftOut.length).toBe(90);
  const ids = (some: typeof rows): string[] => some.map(({ row }) => row.id).toSorted();
  expect(ids(limitShare(rows.toReversed(), 45, 0.5).kept)).toEqual(ids(kept));
  expect(limitShare(rows, 45, 1).leftOut).toEqual([]);
  expect(limitShare(rows, 45, 0.5, 9).kept).toHaveLength(9);
});

test('all totals of a run add up, and a count that does not is a fault', async () => {
  const rows = Array.from({ length: 10 }, (_, i) =>
    candidate(triage(`where is parcel ${i % 7}`, i === 9 ? 'nowhere' : 'delivery', i + 1)),
  );
  const filters = FilterList.parse([{ filter: 'rules' }, { filter: 'dedupe', near: 'none' }]);
  const filtered = await runFilters(filters, rows, worldOf(triageGiven), async () => []);
  const ask = { ...rows[0]!.ask, rows: 5 };
  const outcomes: Outcome[] = [
    { ask, rows: 6 },
    { ask, rows: 4, wasRepaired: true },
    { ask, problem: 'does not fit the schema: rows.3.answer is not one of the values allowed' },
    { ask, problem: 'does not fit the schema: rows.1.answer is not one of the values allowed' },
  ];
  const { kept, leftOut } = limitShare(filtered.accepted, 4, 0.5);
  const counts = countYield(outcomes, filtered, leftOut.length);
  expect(counts).toEqual({
    asked: 4,
    answered: 2,
    repaired: 1,
    failed: 2,
    failures: { 'does not fit the schema: rows.#.answer is not one of the values allowed': 2 },
    rowsAsked: 20,
    candidates: 10,
    rejected: 6,
    accepted: 4,
    filters: [
      { filter: 'rules', in: 10, out: 1, reasons: { 'its class is not known': 1 } },
      { filter: 'dedupe', in: 9, out: 2, reasons: { 'repeats a row': 2 } },
      { filter: 'limits', in: 7, out: 3, reasons: { 'beyond the limits': 3 } },
    ],
  });
  expect(() => countYield(outcomes.slice(1), filtered)).toThrow(
    'synthesis: 4 candidates, but 7 accepted and 3 rejected',
  );
  const report = reportOf({ rows: triageRows, kept, counts, spending: [], findings: filtered.findings, seed: 1 });
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  expect(report.coverage.find(({ label }) => label === 'delivery')).toEqual({
    label: 'delivery',
    before: 12,
    added: 4,
    after: 16,
  });
  expect(report.share).toBe(4 / 24);
  expect(report.origins).toEqual([{ strategy: 's', generator: 'g', rows: 4 }]);
  const spent = { requests: 5, askedAgain: 1, inputTokens: 100, outputTokens: 10 };
  const page = pageInputOf({
    ...report,
    spending: [
      { generator: 'paid', ...spent, usd: 0.25 },
      { generator: 'local', ...spent, usd: null },
    ],
  });
  // On the page, what each filter lets out is what the next one takes in.
  expect(page.yields.map(({ in: before, out }) => [before, out])).toEqual([
    [10, 9],
    [9, 7],
    [7, 4],
  ]);
  expect(page.coverage).toContainEqual({ label: 'delivery', real: 12, synthetic: 4 });
  expect(page.spending).toEqual({ promptTokens: 200, completionTokens: 20, usd: null });
  expect(page.reasked).toBe(2);
});
