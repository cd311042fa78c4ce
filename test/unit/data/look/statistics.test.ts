import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLengths } from '../../../../data/look/lengths.ts';
import { createStatistics } from '../../../../data/look/statistics.ts';
import type { DatasetStatistics } from '../../../../data/look/statistics.ts';
import { identify } from '../../../../data/row.ts';
import type { Row } from '../../../../data/row.ts';
import { anyRow, asked } from './rows.ts';

const statisticsOf = (rows: readonly Row[]): DatasetStatistics => {
  const statistics = createStatistics();
  for (const row of rows) statistics.add(row);
  return statistics.result();
};

test('any rows are counted, kinds and sources add up and shares sum to 1', () => {
  fc.assert(
    fc.property(fc.array(anyRow, { maxLength: 30 }), (rows) => {
      const found = statisticsOf(rows);
      expect(found.rows).toBe(rows.length);
      expect(Object.values(found.kinds).reduce((sum, n) => sum + n, 0)).toBe(rows.length);
      expect(found.sources.reduce((sum, { rows }) => sum + rows, 0)).toBe(rows.length);
      const { labelled, unlabelled, top, others } = found.labels;
      expect(labelled + unlabelled).toBe(rows.length);
      expect(top.reduce((sum, { rows }) => sum + rows, others.rows)).toBe(labelled);
      const shares = top.reduce((sum, { share }) => sum + share, others.share);
      expect(shares).toBeCloseTo(labelled > 0 ? 1 : 0, 9);
      expect(found.roles.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(found.roles.length > 0 ? 1 : 0, 9);
      expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    }),
  );
});

test('a histogram holds every value within its edges, and quantiles are off by at most 5 %', () => {
  const value = fc.oneof(fc.nat(40), fc.nat(5000), fc.nat(2 ** 31 - 1));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
      const lengths = createLengths();
      for (const value of values) lengths.add(value);
      const found = lengths.result()!;
      const sorted = values.toSorted((a, b) => a - b);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(found.mean).toBeCloseTo(mean, 3);
      expect([found.min, found.max]).toEqual([sorted[0], sorted.at(-1)]);
      expect(found.histogram.length).toBeLessThanOrEqual(16);
      for (const { from, to, rows } of found.histogram) {
        expect(values.filter((value) => value >= from && value < to)).toHaveLength(rows);
      }
      expect(found.histogram.reduce((sum, { rows }) => sum + rows, 0)).toBe(values.length);
      for (const [share, estimate] of [
        [0.5, found.median],
        [0.95, found.p95],
      ] as const) {
        const exact = sorted[Math.max(0, Math.ceil(values.length * share) - 1)]!;
        expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(exact * 0.05);
      }
    }),
  );
});

test('what is not a length is refused, and nothing has no lengths', () => {
  const lengths = createLengths();
  expect(() => lengths.add(Number.NaN)).toThrow('not a length: NaN');
  expect(() => lengths.add(-1)).toThrow('not a length: -1');
  expect(lengths.result()).toBeNull();
});

test('answers are classes when they are short and few', () => {
  const { labels } = statisticsOf([asked('a', 'bug'), asked('b', ' bug '), asked('c', 'billing')]);
  expect(labels).toEqual({
    by: 'answer',
    labelled: 3,
    unlabelled: 0,
    different: 2,
    top: [
      { label: 'bug', rows: 2, share: 2 / 3 },
      { label: 'billing', rows: 1, share: 1 / 3 },
    ],
    others: { labels: 0, rows: 0, share: 0 },
  });
});

test('there are no classes among 201 different answers, nor when most answers are long', () => {
  const many = Array.from({ length: 201 }, (_, at) => asked(`q${at}`, `answer ${at}`));
  expect(statisticsOf(many).labels).toMatchObject({ by: 'none', labelled: 0, unlabelled: 201, different: 0, top: [] });
  const long = [asked('a', 'yes'), asked('b', 'x'.repeat(65)), asked('c', 'y'.repeat(65))];
  expect(statisticsOf(long).labels).toMatchObject({ by: 'none', unlabelled: 3 });
});

test('a label of the row goes before its answer, and classes past the first 50 are summed up', () => {
  const rows = Array.from({ length: 60 }, (_, at) => asked(`q${at}`, 'same', at, { label: `class ${at}` }));
  const { labels } = statisticsOf([...rows, asked('twice', 'same', 99, { label: 'class 59' })]);
  expect(labels).toMatchObject({ by: 'label', different: 60, others: { labels: 10, rows: 10 } });
  expect(labels.top[0]).toEqual({ label: 'class 59', rows: 2, share: 2 / 61 });
});

test('prompt, answer, tools, weights and origin are told apart', () => {
  const call = { type: 'function' as const, function: { name: 'look_up', arguments: '{}' } };
  const origin = { strategy: 'evolve', generator: 'local', settings: '', seed: 1, prompt: '', parents: [] };
  const found = statisticsOf([
    asked('12345', '123', 1, { weight: 2, origin }),
    identify(
      {
        messages: [
          { role: 'system', content: 'ab' },
          { role: 'user', content: [{ type: 'text', text: 'cd' }] },
          { role: 'assistant', content: null, tool_calls: [call], weight: 0 },
        ],
        tools: [{ type: 'function', function: { name: 'look_up' } }],
      },
      1,
      1,
    ),
    identify({ messages: [], document: { text: 'a document' } }, 1, 2),
    identify({ messages: [{ role: 'user', content: 'only asked' }] }, 1, 3),
  ]);
  expect(found.kinds).toEqual({ conversation: 2, preference: 0, document: 1, feedback: 0, prompt: 1 });
  expect(found.prompt).toMatchObject({ n: 3, min: 4, max: 10 });
  expect(found.answer).toMatchObject({ n: 2, min: 0, max: 3 });
  expect(found.document).toMatchObject({ n: 1, max: 10 });
  expect(found.tools).toEqual({ offered: 1, called: 1, names: [{ name: 'look_up', rows: 1, share: 1 }] });
  expect(found.weights).toEqual({ rows: 1, min: 2, max: 2, mean: 2, unlearned: 1 });
  expect(found.synthetic).toEqual({
    rows: 1,
    share: 0.25,
    confirmed: 0,
    strategies: [{ name: 'evolve', rows: 1, share: 1 }],
    generators: [{ name: 'local', rows: 1, share: 1 }],
  });
  expect(found.sources).toEqual([
    { source: 0, rows: 1 },
    { source: 1, rows: 3 },
  ]);
});
