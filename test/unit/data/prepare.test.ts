import { describe, expect, test } from 'vitest';
import { canonicalText, toChat } from '../../../data/chat.ts';
import { prepareRows, type Account, type Prepared, type SourceRow } from '../../../data/prepare.ts';
import { seeded } from '../support/random.ts';

const template = { prompt: '{{text}}', completion: '{{label}}' };
const rowsOf = (...pairs: [text: string, label: string][]): SourceRow[] =>
  pairs.map(([text, label], i) => ({ line: i + 1, row: { text, label } }));
const promptOf = (row: { messages: { role: string; content: string }[] }): string =>
  canonicalText(
    row.messages
      .filter(({ role }) => role === 'user')
      .map(({ content }) => content)
      .join(),
  );

describe('with a test file', () => {
  const prepared = prepareRows(
    template,
    rowsOf(['a', '1'], ['b', '2'], ['a', '1'], [' b ', '2'], ['b', '3'], ['t', '9'], ['c', '1']),
    rowsOf(['t', '1'], ['u', '2'], ['t', '1'], ['t', '2']),
    0,
  );

  test('duplicates go, and rows whose prompt is tested', () => {
    expect(prepared.train.map(({ line }) => line)).toEqual([1, 2, 5, 7]);
    expect(prepared.test.map(({ line }) => line)).toEqual([1, 2, 4]);
    expect(prepared.statistics.train).toEqual({ in: 7, kept: 4, duplicates: 2, inTestSet: 1, toTest: 0 });
    expect(prepared.statistics.test).toEqual({ in: 4, kept: 3, duplicates: 1, inTestSet: 0, toTest: 0 });
  });

  test('a training row is the whole conversation, a test row stops before the answer', () => {
    expect(prepared.train[0]).toEqual({
      id: toChat(template, { text: 'a', label: '1' }).id,
      line: 1,
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: '1' },
      ],
    });
    expect(prepared.test[0]).toEqual({
      id: toChat(template, { text: 't', label: '1' }).id,
      line: 1,
      messages: [{ role: 'user', content: 't' }],
      reference: '1',
    });
  });

  test('completions are counted on both sides, the most frequent first', () => {
    expect(prepared.statistics.completions).toEqual([
      { completion: '1', train: 2, test: 1 },
      { completion: '2', train: 1, test: 2 },
      { completion: '3', train: 1, test: 0 },
    ]);
  });

  test('lengths are those of the kept training rows', () => {
    const { statistics } = prepareRows(
      { system: 'sys', prompt: '{{text}}', completion: '{{label}}' },
      rowsOf(['12345', '1'], ['123', '123']),
      rowsOf(['x'.repeat(99), 'y'.repeat(99)]),
      0,
    );
    expect(statistics.length).toEqual({ promptMean: 7, promptMax: 8, completionMean: 2, completionMax: 3 });
  });
});

test('nothing in gives nothing out, without dividing by zero', () => {
  expect(prepareRows(template, [], undefined, 0.5)).toEqual({
    train: [],
    test: [],
    statistics: {
      train: { in: 0, kept: 0, duplicates: 0, inTestSet: 0, toTest: 0 },
      test: { in: 0, kept: 0, duplicates: 0, inTestSet: 0, toTest: 0 },
      completions: [],
      length: { promptMean: 0, promptMax: 0, completionMean: 0, completionMax: 0 },
    },
  });
});

test('a row keeps its side when other rows arrive', () => {
  const rows = rowsOf(...Array.from({ length: 300 }, (_, i): [string, string] => [`question ${i}`, `${i % 3}`]));
  const half = prepareRows(template, rows.slice(0, 150), undefined, 0.3);
  const whole = prepareRows(template, rows, undefined, 0.3);
  const sideIn = (prepared: Prepared): Map<string, string> =>
    new Map([
      ...prepared.train.map(({ id }) => [id, 'train'] as const),
      ...prepared.test.map(({ id }) => [id, 'test'] as const),
    ]);
  const later = sideIn(whole);
  for (const [id, side] of sideIn(half)) expect(later.get(id)).toBe(side);
});

test('only the fifty most frequent completions are listed, each cut to 200 characters', () => {
  const rows = rowsOf(...Array.from({ length: 60 }, (_, i): [string, string] => [`q${i}`, `${i}`.padEnd(300, 'x')]));
  const { completions } = prepareRows(template, rows, undefined, 0.01).statistics;
  expect(completions).toHaveLength(50);
  expect(Math.max(...completions.map(({ completion }) => completion.length))).toBe(200);
});

describe.each(['split', 'test file'])('for 150 random inputs (%s)', (kind) => {
  const total = ({ kept, duplicates, inTestSet, toTest }: Account): number => kept + duplicates + inTestSet + toTest;
  const cases = Array.from({ length: 150 }, (_, seed) => {
    const random = seeded(seed + (kind === 'split' ? 0 : 1000));
    // Few different texts, so that duplicates and shared prompts are common; white space that must not matter.
    const pool = 1 + Math.floor(random() * 30);
    const some = (): SourceRow[] =>
      Array.from({ length: Math.floor(random() * 60) }, (_, i) => ({
        line: i + 1,
        row: {
          text: `${random() < 0.3 ? '  ' : ''}question${random() < 0.5 ? ' ' : '\n'}${Math.floor(random() * pool)}`,
          label: `answer ${Math.floor(random() * 4)}`,
        },
      }));
    const [train, test] = [some(), kind === 'split' ? undefined : some()];
    return { seed, train, test, prepared: prepareRows(template, train, test, random()) };
  });

  test('the accounts add up', () => {
    for (const { seed, train, test, prepared } of cases) {
      const { statistics } = prepared;
      expect(total(statistics.train), `seed ${seed}`).toBe(statistics.train.in);
      expect(total(statistics.test), `seed ${seed}`).toBe(statistics.test.in);
      expect(statistics.train.in).toBe(train.length);
      expect(statistics.test.in).toBe(test?.length ?? statistics.train.toTest);
      expect(statistics.train.kept).toBe(prepared.train.length);
      expect(statistics.test.kept).toBe(prepared.test.length);
      const counted = statistics.completions.reduce((sum, side) => sum + side.train + side.test, 0);
      expect(counted).toBe(prepared.train.length + prepared.test.length);
    }
  });

  test('no prompt of the test set is learned', () => {
    for (const { seed, prepared } of cases) {
      const tested = new Set(prepared.test.map(promptOf));
      expect(
        prepared.train.map(promptOf).filter((prompt) => tested.has(prompt)),
        `seed ${seed}`,
      ).toEqual([]);
    }
  });

  test('no row is there twice', () => {
    for (const { seed, prepared } of cases) {
      const ids = [...prepared.train, ...prepared.test].map(({ id }) => id);
      expect(new Set(ids).size, `seed ${seed}`).toBe(ids.length);
    }
  });

  test('the order of the file is kept', () => {
    for (const { seed, prepared } of cases) {
      for (const side of [prepared.train, prepared.test]) {
        const lines = side.map(({ line }) => line);
        expect(lines, `seed ${seed}`).toEqual(lines.toSorted((a, b) => a - b));
      }
    }
  });

  test('every row that was put in is accounted for by its prompt and answer', () => {
    for (const { seed, train, test, prepared } of cases) {
      const known = new Set([...prepared.train, ...prepared.test].map(({ id }) => id));
      const tested = new Set((test ?? []).map(({ row }) => toChat(template, row).promptId));
      for (const { row } of train) {
        const chat = toChat(template, row);
        expect(known.has(chat.id) || tested.has(chat.promptId), `seed ${seed}`).toBe(true);
      }
    }
  });
});
