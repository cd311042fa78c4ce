import { expect, test } from 'vitest';
import type { JudgeAsk } from '../../../../evaluation/judges/asker.ts';
import { judged, judgesOf, judgingOf, rowOf, shownIn, textOf } from './support.ts';

const judges = judgesOf({ better: { kind: 'pairwise', criteria: 'questionAnswering' } });
const rows = Array.from({ length: 40 }, (_, i) => ({
  row: rowOf(`Question ${i}`, 'because'),
  candidate: `candidate ${i}`,
  champion: `champion ${i}`,
}));
const says = (verdict: string): string => JSON.stringify({ explanation: 'so it is', verdict });
const slotOf = (ask: JudgeAsk, side: string): 'A' | 'B' => (shownIn(ask, 'Answer A')?.startsWith(side) ? 'A' : 'B');

test('a judge that favours the candidate gives it 1 and the champion 0', () => {
  const { items, asked, report } = judged(judgingOf(judges, rows), (ask) => says(slotOf(ask, 'candidate')));
  expect(asked).toHaveLength(80);
  expect(items.every(({ candidate, champion }) => candidate['better'] === 1 && champion['better'] === 0)).toBe(true);
  expect(report.judges['better']).toMatchObject({
    wins: 40,
    ties: 0,
    losses: 0,
    unmeasured: 0,
    slotBias: { value: 0, n: 40 },
    flipRate: { value: 0, n: 40 },
    calibration: 'required',
    model: 'small',
  });
});

test('a judge that favours the first place gives both ½, and its bias is reported', () => {
  const { items, report } = judged(judgingOf(judges, rows), () => says('A'));
  expect(items.every(({ candidate }) => candidate['better'] === 0.5)).toBe(true);
  const { slotBias, flipRate, ties } = report.judges['better']!;
  expect(ties).toBe(40);
  expect(slotBias?.value).toBe(0.5);
  expect(slotBias?.ci[0]).toBeGreaterThan(0.35);
  expect(flipRate).toMatchObject({ value: 1, n: 40 });
});

test('SAME in one order and a winner in the other is ½', () => {
  const { items, report } = judged(judgingOf(judges, rows.slice(0, 1)), (ask) =>
    says(slotOf(ask, 'candidate') === 'A' ? 'SAME' : 'B'),
  );
  expect(items[0]?.candidate['better']).toBe(0.5);
  expect(report.judges['better']).toMatchObject({ flipRate: { value: 1 }, slotBias: { value: -0.25 } });
});

test('one order without a verdict leaves the row unmeasured', () => {
  const { items, report } = judged(judgingOf(judges, rows.slice(0, 1)), (ask) =>
    slotOf(ask, 'candidate') === 'A' ? says('A') : 'no comment',
  );
  expect(items[0]).toMatchObject({ candidate: { better: null }, champion: { better: null } });
  expect(report.judges['better']).not.toHaveProperty('slotBias');
});

test('an answer beats none, equal answers are equal, and nobody is asked', () => {
  const row = rowOf('Question');
  const { asked, items } = judged(
    judgingOf(judges, [
      { row, candidate: 'x', champion: null },
      { row, candidate: null, champion: 'x' },
      { row, candidate: null, champion: null },
      { row, candidate: 'same', champion: 'same' },
    ]),
    () => says('A'),
  );
  expect(asked).toHaveLength(0);
  expect(items.map(({ candidate, champion }) => [candidate['better'], champion['better']])).toEqual([
    [1, 0],
    [0, 1],
    [0.5, 0.5],
    [0.5, 0.5],
  ]);
});

test('repeats and votes are asked under keys of their own, and their mean counts', () => {
  const again = judgesOf({ better: { kind: 'pairwise', criteria: ['shorter'], repeats: 2 } });
  const { asked, items, report } = judged(judgingOf(again, rows.slice(0, 1), 2), (ask) =>
    says(ask.ask.index === 0 ? 'A' : slotOf(ask, 'candidate')),
  );
  expect(asked).toHaveLength(8);
  expect(new Set(asked.map(({ key }) => key)).size).toBe(8);
  expect(new Set(asked.map(({ ask }) => ask.seed)).size).toBe(4);
  expect(items[0]?.candidate['better']).toBe((0.5 + 3) / 4);
  expect(report.judges['better']).toMatchObject({ repeats: 4, n: 1, wins: 1, flipRate: { value: 0.25, n: 1 } });
});

test('a second judging finds every reply, and more votes ask for what is new alone', () => {
  const first = judged(judgingOf(judges, rows), () => says('B'));
  expect(judged(judgingOf(judges, rows), () => says('A'), first.replies)).toMatchObject({
    asked: [],
    items: first.items,
    report: first.report,
  });
  expect(judged(judgingOf(judges, rows, 1), () => says('A'), first.replies).asked).toHaveLength(80);
});

test('equal texts in two rows are asked about once', () => {
  const twice = [rows[0]!, { ...rows[0]!, row: { ...rows[0]!.row, id: 'another' } }];
  const { asked, items } = judged(judgingOf(judges, twice), (ask) => says(slotOf(ask, 'candidate')));
  expect(asked).toHaveLength(2);
  expect(items.map(({ candidate }) => candidate['better'])).toEqual([1, 1]);
});

test('the criteria stand in the question, and neither side is named', () => {
  const { asked } = judged(judgingOf(judges, [{ row: rowOf('Why?'), candidate: 'x', champion: 'y' }]), () => says('A'));
  const text = textOf(asked[0]!);
  for (const criterion of ['Fully answers', 'Grounded', 'Relevance', 'Comprehensive'])
    expect(text).toContain(criterion);
  expect(text).not.toMatch(/candidate|champion/i);
});
