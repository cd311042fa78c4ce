import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fewShot } from '../../../../data/policies/few-shot.ts';
import type { EvalSet } from '../../../../data/policies/policy.ts';
import type { Row } from '../../../../data/row.ts';
import { anyText, ask, asTest, runThrough, worldWith } from './support.ts';

const choose = async (rows: readonly Row[], count = 8, evalSets: EvalSet[] = [], seed = 1): Promise<Row[]> => {
  const run = await fewShot.start({ policy: 'fewShot', count }, worldWith(evalSets, seed));
  expect(runThrough(run, rows).every((decision) => decision === undefined)).toBe(true);
  return run.chosen?.() ?? [];
};

const rowsOf = (label: string, size: number): Row[] =>
  Array.from({ length: size }, (_, i) => ask(`${label} question number ${i}`, label, i + 1));

const labels = (rows: Row[]): string[] => rows.map(({ messages }) => String(messages[1]?.content));

test('examples come from every class in turn, the largest first', async () => {
  const rows = [...rowsOf('rare', 1), ...rowsOf('some', 20), ...rowsOf('many', 50)];
  expect(labels(await choose(rows, 6))).toEqual(['many', 'some', 'rare', 'many', 'some', 'many']);
});

test('within a class they are unlike each other', async () => {
  const alike = Array.from({ length: 30 }, (_, i) =>
    ask(`please send the invoice for my last order again ${i}`, 'a', i + 1),
  );
  const others = ['the app is down on my phone', 'can I pay by card'].map((text, i) => ask(text, 'a', 100 + i));
  const chosen = await choose([...alike, ...others], 3);
  expect(chosen.filter(({ line }) => line >= 100)).toHaveLength(2);
});

test('the choice is the same for any order of the rows, and another for another seed', async () => {
  const rows = [...rowsOf('a', 60), ...rowsOf('b', 60)];
  const first = await choose(rows);
  expect(await choose(rows.toReversed())).toEqual(first);
  expect(await choose(rows, 8, [], 2)).not.toEqual(first);
});

test('no example repeats a test row, whatever its case', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => ask(`Question number ${i}`, 'a', i + 1));
  const tested = rows
    .slice(0, 35)
    .map((row, i) => asTest(ask(String(row.messages[0]?.content).toUpperCase(), 'a', i + 1)));
  const chosen = await choose(rows, 8, [{ digest: '', name: 'tests', rows: tested }]);
  expect(chosen.map(({ line }) => line).toSorted((a, b) => a - b)).toEqual([36, 37, 38, 39, 40]);
});

test('a prompt is chosen once, and a very long row never', async () => {
  const rows = [ask('same', 'a', 1), ask('same', 'a', 2), ask('x '.repeat(20_000), 'a', 3)];
  expect(await choose(rows)).toHaveLength(1);
});

test('of any rows as many as asked for are chosen, or all that can be', async () => {
  const text = fc.oneof(anyText, fc.constantFrom('a', 'b', ''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(text, text), { maxLength: 30 }),
      fc.integer({ min: 1, max: 12 }),
      async (pairs, count) => {
        const rows = pairs.map(([prompt, answer], i) => ask(prompt, answer, i + 1));
        const chosen = await choose(rows, count);
        const kinds = new Set(
          rows.map(({ promptId, messages }) => `${promptId} ${String(messages[1]?.content).trim()}`),
        );
        expect(chosen).toHaveLength(Math.min(count, kinds.size));
        expect(chosen.every((row) => rows.includes(row))).toBe(true);
      },
    ),
  );
});

test('more classes than there is room for still give examples', async () => {
  const rows = Array.from({ length: 3000 }, (_, i) => ask(`q ${i}`, `answer ${i}`, i + 1));
  expect(await choose(rows, 20)).toHaveLength(20);
});
