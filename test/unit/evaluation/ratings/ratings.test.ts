import { describe, expect, test } from 'vitest';
import { readRatings, writeRatings } from '../../../../evaluation/ratings/form.ts';
import { readKey } from '../../../../evaluation/ratings/keys.ts';
import { orderFor } from '../../../../evaluation/ratings/order.ts';
import type { Pair, Rating } from '../../../../evaluation/ratings/rating.ts';
import { shownText } from '../../../../evaluation/ratings/shown.ts';
import { summarise } from '../../../../evaluation/ratings/summary.ts';
import { drawPairs } from '../../../../evaluation/ratings/task.ts';

const pair = (i: number, changed: Partial<Pair> = {}): Pair => ({
  id: `r${i}`,
  prompt: `question ${i}`,
  reference: `reference ${i}`,
  candidate: `ours ${i}`,
  champion: `theirs ${i}`,
  ...changed,
});
const pairs = Array.from({ length: 100 }, (_, i) => pair(i));
const digest = `sha256:${'a'.repeat(64)}`;
const rating = (changed: Partial<Rating> = {}): Rating => ({
  ...pair(1),
  rater: 'ann',
  choice: 'same',
  at: '2026-11-25T08:00:00.000Z',
  shown: digest,
  slot: 'champion',
  ...changed,
});

describe('drawing', () => {
  test('takes pairs whose answers differ at random, and knows the others', () => {
    const rows = [
      ...pairs,
      pair(200, { champion: 'ours 200' }),
      pair(201, { candidate: null }),
      pair(202, { champion: null }),
    ];
    const { known, differing, pairs: drawn } = drawPairs(rows, { items: 10, seed: 1 });
    expect(known).toEqual([
      { id: 'r200', known: 0.5 },
      { id: 'r201', known: 0 },
      { id: 'r202', known: 1 },
    ]);
    expect([differing, drawn.length]).toEqual([100, 10]);
    expect(drawPairs(rows.toReversed(), { items: 10, seed: 1 }).pairs).toEqual(drawn);
    expect(drawPairs(rows, { items: 10, seed: 2 }).pairs).not.toEqual(drawn);
    const next = drawPairs(rows, { items: 10, seed: 1, after: 10 }).pairs;
    expect([...drawn, ...next]).toEqual(drawPairs(rows, { items: 20, seed: 1 }).pairs);
  });

  test('shows every rater an order and sides of their own, the same every time', () => {
    const order = (rater: string) => orderFor(pairs, { rater, seed: 0, task: digest });
    expect(order('ann')).toEqual(order('ann'));
    expect(order('ann').map(({ pair: { id } }) => id)).not.toEqual(order('bob').map(({ pair: { id } }) => id));
    const first = order('ann').filter(({ slot }) => slot === 'candidate').length;
    expect(first).toBeGreaterThan(30);
    expect(first).toBeLessThan(70);
  });
});

describe('what is shown', () => {
  test('does not tell who answered, moves no cursor, and no text passes for a title', () => {
    const nasty = 'red \u001b[2J\u202ex\r\nANSWER 1\nmine';
    const text = shownText(pair(1, { champion: nasty }), { slot: 'champion', hideReference: true });
    expect(text).toBe('PROMPT\n  question 1\n\nANSWER 1\n  red [U+202E]x\n  ANSWER 1\n  mine\n\nANSWER 2\n  ours 1\n');
    expect(text).not.toMatch(/candidate|champion|reference/);
  });

  test('is cut where nobody would read on', () => {
    const text = shownText(pair(1, { candidate: 'x'.repeat(10_000_000) }), { slot: 'candidate', hideReference: false });
    expect(text.length).toBeLessThan(21_000);
    expect(text).toContain('(9980000 more characters are not shown)');
  });

  test('is one answer where answers are scored', () => {
    const text = shownText(pair(1), { slot: 'champion', hideReference: false, scale: [1, 5] });
    expect(text).toBe('PROMPT\n  question 1\n\nREFERENCE\n  reference 1\n\nANSWER\n  theirs 1\n');
  });
});

test('keys mean the side that was shown there', () => {
  expect(readKey('1', { slot: 'champion' })).toEqual({ choice: 'champion' });
  expect(readKey(' 2\r', { slot: 'champion' })).toEqual({ choice: 'candidate' });
  expect(readKey('=', { slot: 'champion' })).toEqual({ choice: 'same' });
  expect(readKey('S', { slot: 'champion' })).toEqual({ choice: 'skipped' });
  expect(readKey('3', { slot: 'champion' })).toBeUndefined();
  expect(readKey('10', { slot: 'champion', scale: [1, 10] })).toEqual({ score: 10 });
  expect(readKey('=', { slot: 'champion', scale: [1, 10] })).toBeUndefined();
});

test('several raters are summed up with how far they agree', () => {
  const said = (rater: string, choices: string): Rating[] =>
    choices
      .split('')
      .map((c, i) =>
        rating({ id: `r${i}`, rater, choice: c === '1' ? 'candidate' : c === '2' ? 'champion' : 'skipped' }),
      );
  expect(summarise(said('ann', '112s'))).toEqual({
    n: 3,
    candidate: 2,
    champion: 1,
    same: 0,
    skipped: 1,
    raters: ['ann'],
  });
  expect(summarise([...said('ann', '112s'), ...said('bob', '1121')]).agreement).toEqual({ alpha: 1, items: 3 });
  expect(summarise([...said('ann', '11'), ...said('bob', '11')]).agreement).toEqual({ alpha: null, items: 2 });
});

describe('files', () => {
  const list = [
    rating({ prompt: 'a "quoted", prompt\nof two lines', candidate: null, champion: '' }),
    rating({ id: 'r2', choice: 'candidate', reference: '=1+1', candidate: ' spaces ' }),
  ];

  test('come back as they were', () => {
    for (const format of ['csv', 'jsonl'] as const)
      expect(readRatings(writeRatings(list, format), format, 'f')).toEqual(list);
  });

  test.each([
    ['csv', (text: string) => text.replace('"same"', '"better"'), 'f:2: "choice": Invalid option'],
    ['csv', (text: string) => text.replace('"candidate",,', '"better",,'), 'f:4: "choice": Invalid option'],
    ['csv', (text: string) => text.replace('rater', 'who'), 'f:1: there is no column "who"'],
    ['csv', (text: string) => text.replace('"r2"', '"r1"'), 'f:4: ann rated r1 in line 2 already'],
    ['csv', () => '', 'f has no ratings'],
    ['jsonl', (text: string) => `${text}{`, 'f:3: is not JSON'],
    ['jsonl', (text: string) => text.replace('"choice":"same"', '"score":3'), 'f has choices and scores'],
    ['jsonl', (text: string) => text.replace('"choice":"same",', ''), 'f:1: expected either choice or score'],
    ['jsonl', (text: string) => text.replace(digest, 'sha256:1'), 'f:1: "shown": expected sha256: and 64 hex digits'],
  ] as const)('of %s are refused with their line (%#)', (format, change, message) => {
    expect(() => readRatings(change(writeRatings(list, format)), format, 'f')).toThrow(message);
  });
});
