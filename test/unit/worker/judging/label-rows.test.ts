import { expect, test } from 'vitest';
import { Judge } from '../../../../configs/judges.ts';
import { identify, type TestRow } from '../../../../data/row.ts';
import { labelledItems, unlabelledItems } from '../../../../worker/judging/label-rows.ts';

const generator = { kind: 'endpoint', baseUrl: 'http://127.0.0.1:9/v1', model: 'fake' };
const pointwise = Judge.parse({ kind: 'pointwise', rubric: 'Is it right?', scale: [1, 5], generator });
const pairwise = Judge.parse({ kind: 'pairwise', criteria: ['shorter'], generator });
const records = (...rows: Record<string, unknown>[]) => rows.map((value, i) => ({ at: `labels.csv:${i + 2}`, value }));
const read = (judge: Judge, ...rows: Record<string, unknown>[]) => [
  ...labelledItems(judge, records(...rows), undefined).values(),
];

test('labels of all raters of one answer stand together, brought to 0 to 1', () => {
  const row = { prompt: 'Q', prediction: 'yes', slice: 'short', family: 'qwen' };
  const items = read(
    pointwise,
    { ...row, rater: 'ann', label: '5' },
    { ...row, rater: 'bob', label: 2, slice: 'easy' },
    { ...row, prediction: 'no', rater: 'ann', label: 1 },
  );
  expect(items).toHaveLength(2);
  expect(items[0]).toMatchObject({
    labels: [
      { rater: 'ann', value: 1 },
      { rater: 'bob', value: 0.25 },
    ],
    slices: ['short', 'easy'],
    length: 3,
    family: 'qwen',
    row: { candidate: 'yes', champion: null },
  });
});

test.each([
  ['candidate', 1],
  ['A', 1],
  ['champion', 0],
  ['b', 0],
  ['SAME', 0.5],
])('of a pair, %s is %d for the candidate', (label, value) => {
  const [item] = read(pairwise, { question: 'Q', candidate: 'long one', champion: 'short', rater: 'ann', label });
  expect(item?.labels).toEqual([{ rater: 'ann', value }]);
  expect(item?.length).toBe(3);
});

test('ratings as they are exported are labels; what was passed over is none', () => {
  const rating = { id: '1', prompt: 'Q', candidate: 'x', champion: 'y', rater: 'ann', at: '2026-01-01T00:00:00.000Z' };
  const shown = { shown: `sha256:${'0'.repeat(64)}`, slot: 'champion' };
  expect(read(pairwise, { ...rating, ...shown, choice: 'same' })[0]?.labels[0]?.value).toBe(0.5);
  expect(read(pairwise, { ...rating, ...shown, choice: 'skipped' })).toEqual([]);
  const [scored] = read(pointwise, { ...rating, ...shown, score: 3 });
  expect(scored).toMatchObject({ labels: [{ value: 0.5 }], row: { candidate: 'y', champion: null } });
});

test('rows that only name a row of the test set are completed from it', () => {
  const row: TestRow = { ...identify({ messages: [{ role: 'user', content: 'Q' }] }, 0, 1), reference: 'R' };
  const known = new Map([[row.id, row]]);
  const labelled = records({ id: row.id, prediction: 'x', rater: 'ann', label: 4 });
  const [item] = labelledItems(pointwise, labelled, known).values();
  expect(item?.row.row).toMatchObject({ reference: 'R', messages: row.messages });
  expect(() => labelledItems(pointwise, records({ id: 'else', prediction: 'x', rater: 'a', label: 4 }), known)).toThrow(
    'labels.csv:2: the test set has no row "else": give the set that was labelled',
  );
});

test.each([
  [{ prediction: 'x', rater: 'a', label: 1 }, 'has no "prompt"'],
  [{ prompt: 'Q', rater: 'a', label: 1 }, 'has no "prediction"'],
  [{ prompt: 'Q', prediction: 7, rater: 'a', label: 1 }, '"prediction" has to be a text or null'],
  [{ prompt: 'Q', prediction: 'x', label: 1 }, 'has no "rater"'],
  [{ prompt: 'Q', prediction: 'x', rater: 'a' }, 'has no "label"'],
  [{ prompt: 'Q', prediction: 'x', rater: 'a', label: 6 }, 'expected a label from 1 to 5, found 6'],
  [{ prompt: 'Q', prediction: 'x', rater: 'a', label: 'good' }, 'expected a label from 1 to 5, found "good"'],
  [{ prompt: 'Q', prediction: 'x', rater: 'a', label: NaN }, 'expected a label from 1 to 5'],
])('%j is refused with its place', (row, message) => {
  expect(() => read(pointwise, row)).toThrow(`labels.csv:2: ${message}`);
});

test('a word of an object is no verdict', () => {
  const row = { prompt: 'Q', candidate: 'x', champion: 'y', rater: 'a', label: 'constructor' };
  expect(() => read(pairwise, row)).toThrow('expected candidate (or A), champion (or B) or same as the label');
});

test('rows without labels need neither rater nor label', () => {
  const items = unlabelledItems(
    pointwise,
    records({ prompt: 'Q', prediction: 'x' }, { prompt: 'Q', prediction: 'x' }),
    undefined,
  );
  expect([...items.values()]).toMatchObject([{ labels: [], row: { candidate: 'x' } }]);
});
