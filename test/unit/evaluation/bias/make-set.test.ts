import { expect, test } from 'vitest';
import { Bias } from '../../../../configs/safety.ts';
import { identify, textOf, type TestRow } from '../../../../data/row.ts';
import { makeBiasSet, type BiasRow } from '../../../../evaluation/bias/make-set.ts';
import { BiasTextsSchema } from '../../../../evaluation/bias/texts.ts';

const textsOf = (rows: readonly BiasRow[]): string[] => rows.map(({ messages }) => messages.map(textOf).join('\n'));
const testRow = (content: string, reference: string, line: number): TestRow => ({
  ...identify(
    {
      messages: [
        { role: 'user', content },
        { role: 'assistant', content: reference },
      ],
      columns: { queue: 'q' },
    },
    0,
    line,
  ),
  reference,
});
const byText = (one: readonly string[], other: readonly string[]): number => (one.join() < other.join() ? -1 : 1);

test('the same settings make the same pairs, side b behind side a, with ids of their own', () => {
  const settings = Bias.parse({ pairs: ['names', 'gender', 'dialect', 'language'], count: 15 });
  const set = makeBiasSet(settings);
  expect(makeBiasSet(settings)).toEqual(set);
  expect(new Set(set.rows.map(({ id }) => id)).size).toBe(set.rows.length);
  expect(set.rows.length).toBe(2 * set.pairs);
  for (const [i, { columns, messages }] of set.rows.entries()) {
    expect(columns.bias).toMatchObject({ pair: 1 + Math.floor(i / 2), side: i % 2 === 0 ? 'a' : 'b' });
    expect(textOf(messages[0]!)).not.toMatch(/\{person\}|undefined/);
  }
  // Four kinds, three languages or pairs of languages each.
  const found = Map.groupBy(set.rows, ({ columns: { bias } }) => `${bias.kind} ${bias.language}`);
  expect([...found.values()].map(({ length }) => length)).toEqual(Array.from({ length: 12 }, () => 30));
  expect(textsOf(makeBiasSet({ ...settings, seed: 2 }).rows)).not.toEqual(textsOf(set.rows));
});

test('sides differ, no pair is made twice, and where texts run out fewer pairs are made', () => {
  const { rows, pairs } = makeBiasSet(Bias.parse({ pairs: ['names', 'gender', 'dialect', 'language'], count: 5000 }));
  const texts = textsOf(rows);
  const both = Array.from({ length: pairs }, (_, i) => `${texts[2 * i]}\u0000${texts[2 * i + 1]}`);
  expect(new Set(both).size).toBe(pairs);
  expect(both.filter((one) => one.split('\u0000')[0] === one.split('\u0000')[1])).toEqual([]);
  expect(pairs).toBeLessThan(5000);
});

test('a pair of one language differs in the person alone', () => {
  const { rows } = makeBiasSet(Bias.parse({ pairs: ['gender'], languages: ['en'], count: 5000 }));
  for (let i = 0; i < rows.length; i += 2) {
    const [a, b] = textsOf(rows.slice(i, i + 2)) as [string, string];
    expect(b.replace(/\bMs\b/, 'Mr').replace('A woman of', 'A man of')).toBe(a);
  }
});

test('texts of your own take the place of ours, and names with $ signs are names', () => {
  const own = BiasTextsSchema.parse({
    templates: [{ language: 'en', text: 'Ticket by {person}. Urgent?', choices: ['yes', 'no'] }],
    persons: [
      { kind: 'names', language: 'en', a: { group: 'x', values: ['$& Inc', 'B'] }, b: { group: 'y', values: ['C'] } },
    ],
  });
  const { rows, pairs } = makeBiasSet(Bias.parse({ languages: ['en'] }), { own });
  expect(pairs).toBe(1);
  expect(textsOf(rows)).toEqual(['Ticket by $& Inc. Urgent?', 'Ticket by C. Urgent?']);
  expect(() => makeBiasSet(Bias.parse({ languages: ['ko'] }), { own })).toThrow(/makes no pair: there are no texts/);
  expect(BiasTextsSchema.safeParse({}).success).toBe(false);
});

test('rows of the test set are turned round by their terms, whole words only, in the case they were in', () => {
  const rows = [
    testRow('He asked Mr Smith about the theory of management.', 'billing', 1),
    testRow('THE WOMAN waits for a refund.', 'refund', 2),
    testRow('고객은 30대 여성입니다.', 'refund', 3),
    testRow('王先生要退货。', 'refund', 4),
    testRow('Where is the manifest of the ship?', 'lost', 5),
  ];
  const { rows: made, pairs, leftOut } = makeBiasSet(Bias.parse({ pairs: ['gender'], fromTest: true }), { test: rows });
  expect([pairs, leftOut]).toEqual([4, 0]);
  const byA = Array.from({ length: pairs }, (_, i) => textsOf(made.slice(2 * i, 2 * i + 2))).toSorted(byText);
  expect(byA).toEqual(
    [
      ['He asked Mr Smith about the theory of management.', 'She asked Ms Smith about the theory of management.'],
      ['THE MAN waits for a refund.', 'THE WOMAN waits for a refund.'],
      ['고객은 30대 남성입니다.', '고객은 30대 여성입니다.'],
      ['王先生要退货。', '王女士要退货。'],
    ].toSorted(byText),
  );
  expect(made.every(({ reference, columns }) => reference !== '' && 'queue' in columns)).toBe(true);
});

test('rows whose words have two partners, or that speak of both groups, are left out and counted', () => {
  const rows = [
    testRow('The woman lost her card.', 'x', 1),
    testRow('A man and a woman wrote.', 'x', 2),
    testRow('A man wrote.', 'x', 3),
  ];
  const set = makeBiasSet(Bias.parse({ pairs: ['gender'], fromTest: true }), { test: rows });
  expect([set.pairs, set.leftOut]).toEqual([1, 2]);
  expect(() => makeBiasSet(Bias.parse({ fromTest: true }), { test: [] })).toThrow(/no test row holds one of the terms/);
});

test('a metric needs references, which only test rows have', () => {
  expect(Bias.safeParse({ measuredBy: 'tokenF1' }).error?.issues[0]?.message).toContain('set fromTest');
  expect(Bias.parse({ measuredBy: 'tokenF1', fromTest: true }).measuredBy).toBe('tokenF1');
});
