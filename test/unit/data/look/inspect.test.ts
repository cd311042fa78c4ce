import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { inspectRows } from '../../../../data/look/inspect.ts';
import { sampleRows } from '../../../../data/look/sample.ts';
import { anyRow, asked } from './rows.ts';

const findAt = (text: string) => [...text.matchAll(/@/g)].map(() => ({ kind: 'email' }));

test('any rows can be looked at, and what comes out is JSON', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow, { maxLength: 12 }), async (rows) => {
      const found = await inspectRows(rows, { findPii: findAt, countTokens: () => 7, maxTokens: 5, samples: 4 });
      expect(JSON.parse(JSON.stringify(found))).toEqual(found);
      const different = new Set(rows.map(({ id }) => id)).size;
      expect(found.duplicates.exact.rows).toBe(rows.length - different);
      expect(found.samples).toHaveLength(Math.min(4, different));
      expect(found.tokens).toMatchObject({ limit: 5, over: { rows: rows.length } });
      const { sampled, tooShort, found: languages } = found.languages;
      expect(sampled).toBe(different);
      expect(languages.reduce((sum, { rows }) => sum + rows, tooShort)).toBe(sampled);
    }),
    { numRuns: 60 },
  );
});

test('duplicates are told with the place of the first, also from a stream', async () => {
  async function* stream() {
    yield asked('a', 'x', 1);
    yield asked('b', 'x', 2);
    yield asked('a', 'x', 3);
    yield asked('a ', 'x', 4);
  }
  const { duplicates } = await inspectRows(stream());
  expect(duplicates).toEqual({
    exact: {
      rows: 2,
      examples: [
        { source: 0, line: 3, of: { source: 0, line: 1 } },
        { source: 0, line: 4, of: { source: 0, line: 1 } },
      ],
    },
  });
});

test('hits are counted by kind and row, and the text found is not kept', async () => {
  const rows = [asked('me@x and you@y', 'secret-one', 1), asked('none', 'me@z', 2)];
  const found = await inspectRows(rows, { findPii: findAt, findSecrets: () => [], samples: 0 });
  expect(found.pii).toEqual([
    {
      kind: 'email',
      hits: 3,
      rows: 2,
      places: [
        { source: 0, line: 1 },
        { source: 0, line: 2 },
      ],
    },
  ]);
  expect(found.secrets).toEqual([]);
  expect(JSON.stringify(found.pii)).not.toContain('me@');
});

test('what was not looked for is absent, and tokens that cannot be counted say why', async () => {
  const found = await inspectRows([asked('a', 'b')], { countTokens: 'there is no tokenizer' });
  expect(Object.keys(found)).toEqual(['statistics', 'languages', 'duplicates', 'tokens', 'samples']);
  expect(found.tokens).toBe('there is no tokenizer');
});

test('near duplicates and leaks come from helpers that see every row', async () => {
  const seen: number[] = [];
  const leaks = {
    add: () => {},
    result: () => ({ rows: 1, examples: [{ source: 0, line: 2, reason: 'in eval@v1' }] }),
  };
  const near = { add: ({ line }: { line: number }) => seen.push(line), result: () => ({ rows: 0, examples: [] }) };
  const found = await inspectRows([asked('a', 'b', 1), asked('c', 'd', 2)], { leaks, near });
  expect(seen).toEqual([1, 2]);
  expect(found.leaks).toEqual(leaks.result());
  expect(found.duplicates.near).toEqual({ rows: 0, examples: [] });
});

test('languages are guessed where a text is long enough', async () => {
  const found = await inspectRows([
    asked('Where can I find the invoice of last month, please?', 'billing', 1),
    asked('Wo finde ich die Rechnung vom letzten Monat, bitte schön?', 'billing', 2),
    asked('ok', 'billing', 3),
  ]);
  expect(found.languages.tooShort).toBe(1);
  expect(found.languages.found.map(({ name, rows }) => [name, rows])).toEqual([
    ['de', 1],
    ['en', 1],
  ]);
});

test('samples are spread over classes and cut short, the same ones in whatever order rows come', async () => {
  const rows = Array.from({ length: 300 }, (_, at) =>
    asked(`question ${at} ${'x'.repeat(400)}`, at < 290 ? 'common' : at < 295 ? 'rare' : 'rarer', at + 1),
  );
  const { samples } = await inspectRows(rows, { samples: 6, seed: 3 });
  const labels = samples.map(({ label }) => label);
  expect(['common', 'rare', 'rarer'].map((name) => labels.filter((label) => label === name).length)).toEqual([2, 2, 2]);
  expect(samples.every(({ prompt }) => prompt.length === 300 && prompt.endsWith('…'))).toBe(true);
  expect((await inspectRows(rows.toReversed(), { samples: 6, seed: 3 })).samples).toEqual(samples);
});

test('a few short answers are not classes that fill the samples', async () => {
  const rows = Array.from({ length: 400 }, (_, at) =>
    asked(`q${at}`, at < 20 ? `short ${at}` : 'long '.repeat(30), at),
  );
  const { samples } = await inspectRows(rows, { samples: 8 });
  expect(samples.filter(({ answer }) => answer.startsWith('long')).length).toBeGreaterThan(4);
  expect(samples.map(({ label }) => label)).toEqual(Array(8).fill(null));
});

test('rows are drawn independent of their order, another seed draws others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow, { maxLength: 60 }), fc.nat(20), fc.nat(), async (rows, count, seed) => {
      const drawn = await sampleRows(rows, { count, seed });
      expect(drawn).toHaveLength(Math.min(count, new Set(rows.map(({ id }) => id)).size));
      const back = await sampleRows(rows.toReversed(), { count, seed });
      expect(back.map(({ id, source, line }) => [id, source, line])).toEqual(
        drawn.map(({ id, source, line }) => [id, source, line]),
      );
    }),
    { numRuns: 60 },
  );
  const rows = Array.from({ length: 1000 }, (_, at) => asked(`q${at}`, at % 2 ? 'odd' : 'even', at + 1));
  const one = await sampleRows(rows, { count: 10, seed: 1, label: 'odd' });
  const two = await sampleRows(rows, { count: 10, seed: 2, label: 'odd' });
  expect(one.every(({ line }) => line % 2 === 0)).toBe(true);
  expect(one).not.toEqual(two);
});

test('every row is drawn about equally often over seeds', async () => {
  const rows = Array.from({ length: 20 }, (_, at) => asked(`q${at}`, 'a', at + 1));
  const drawn = new Map<number, number>();
  for (let seed = 0; seed < 2000; seed += 1) {
    for (const { line } of await sampleRows(rows, { count: 5, seed })) drawn.set(line, (drawn.get(line) ?? 0) + 1);
  }
  // 500 expected, standard deviation 19.4.
  for (const times of drawn.values()) expect(Math.abs(times - 500)).toBeLessThan(97);
  expect(drawn.size).toBe(20);
});
