import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PolicyList, type AnyPolicy } from '../../../configs/policies.ts';
import type { Removed } from '../../../data/engine.ts';
import { rowsIn } from '../../../data/lines.ts';
import { answerOf, canonicalText, identify, promptOf, textOf, type Row, type TestRow } from '../../../data/row.ts';
import type { PreparationOrder } from '../../../data/preparation-work.ts';
import { prepareDatasets, withOwnTestSet, type Preparation } from '../../../data/preparation.ts';
import { emptyProblem, type Account } from '../../../data/prepared.ts';
import { failureOf } from '../support/failures.ts';
import { anyRow as oddRow } from './look/rows.ts';
import { ask } from './policies/support.ts';
import { anyRow as telling } from './policies/rows.ts';

type Order = Partial<Omit<PreparationOrder, 'train' | 'test' | 'policies'>> & {
  train: readonly Row[];
  test?: readonly Row[] | undefined;
  policies?: readonly AnyPolicy[];
};

interface Result {
  made: Preparation;
  train: Row[];
  test: TestRow[];
  removed: Removed[];
}

/** Prepares rows in a folder of its own and reads what came out. */
async function prepare({ train, test, policies = [], ...order }: Order): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'anneal-preparation-'));
  try {
    const made = await prepareDatasets({
      policies: withOwnTestSet(policies),
      train: [train.slice(0, 5), train.slice(5)],
      test: test && [[...test]],
      evalSets: [],
      countTokens: (row) => JSON.stringify(row.messages).length,
      maxTokens: 400,
      seed: 1,
      folder,
      ...order,
    });
    return {
      made,
      train: [...rowsIn<Row>(made.train)],
      test: [...rowsIn<TestRow>(made.test)],
      removed: [...rowsIn<Removed>(made.removed.path)],
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('where pairs are learned, conversations are put aside, and a test expects the better answer', async () => {
  const pair = (n: number): Row =>
    identify(
      {
        messages: [{ role: 'user', content: `question ${n}` }],
        chosen: [{ role: 'assistant', content: `good ${n}` }],
        rejected: [{ role: 'assistant', content: `bad ${n}` }],
      },
      0,
      n,
    );
  const talk = identify(
    {
      messages: [
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: 'hi' },
      ],
    },
    0,
    9,
  );
  const {
    train,
    test: asked,
    removed,
  } = await prepare({
    train: [pair(1), pair(2), talk],
    test: [pair(3), { ...talk, line: 10 }],
    objective: 'preference',
  });
  expect(train.map(({ line }) => line)).toEqual([1, 2]);
  expect(train.every(({ chosen, rejected }) => chosen !== undefined && rejected !== undefined)).toBe(true);
  expect(asked.map(({ reference }) => reference)).toEqual(['good 3', 'hi']);
  expect(removed.map(({ reason }) => reason)).toEqual([
    'is no pair of answers: tune.objective preference learns from pairs',
  ]);
});

const listOf = (...policies: object[]): AnyPolicy[] => PolicyList.parse(policies);
const total = ({ kept, duplicates, inTestSet, removed, toTest }: Account): number =>
  kept + duplicates + inTestSet + removed + toTest;

/** Every sum that a person could check in the statistics, against what lies in the files. */
function expectToAddUp({ made, train, test, removed }: Result, rowsIn: number, testIn: number | undefined): void {
  const { statistics } = made;
  for (const account of statistics.policies) {
    const { policy, side } = account;
    expect(account.in, `${policy} ${side}`).toBe(account.out + account.removed);
    // A policy may stand in the list twice.
    const ofBoth = statistics.policies.filter((other) => other.policy === policy && other.side === side);
    const aside = removed.filter((row) => row.policy === policy && row.side === side);
    expect(aside.length, `${policy} ${side}`).toBe(ofBoth.reduce((sum, other) => sum + other.removed, 0));
    const reasons = Object.values(account.reasons).reduce((sum, rows) => sum + rows, 0);
    expect(reasons, `${policy} ${side}`).toBe(account.removed + account.changed + account.noted);
  }
  expect(total(statistics.train)).toBe(statistics.train.in);
  expect(total(statistics.test)).toBe(statistics.test.in);
  expect([statistics.train.in, statistics.test.in]).toEqual([rowsIn, testIn ?? statistics.train.toTest]);
  expect([statistics.train.kept, statistics.test.kept]).toEqual([train.length, test.length]);
  expect([statistics.rows.train.rows, statistics.rows.test.rows]).toEqual([train.length, test.length]);
  expect(made.removed.rows).toBe(removed.length);
  expect(train.length + test.length + removed.length).toBe(rowsIn + (testIn ?? 0));
  for (const row of removed)
    expect([typeof row.policy, typeof row.reason, row.reason !== '']).toEqual(['string', 'string', true]);
  const tested = new Set(test.map(({ promptId }) => promptId));
  expect(train.filter(({ promptId }) => tested.has(promptId))).toEqual([]);
  expect(new Set(test.map(({ id }) => id)).size).toBe(test.length);
}

const action = fc.constantFrom('quarantine', 'drop');
const anyAction = fc.constantFrom('report', 'redact', 'quarantine', 'drop');
const anyPolicy = fc.oneof(
  fc.record({ policy: fc.constant('normalize') }),
  fc.record({ policy: fc.constant('roles') }),
  fc.record({ policy: fc.constant('specialTokens') }),
  fc.record({ policy: fc.constant('secrets'), action: anyAction }),
  fc.record({ policy: fc.constant('pii'), action: anyAction }),
  fc.record({
    policy: fc.constant('length'),
    minAnswer: fc.nat(3),
    maxPrompt: fc.integer({ min: 1, max: 60 }),
    action,
  }),
  fc.record({ policy: fc.constant('repetition'), action }),
  fc.record({ policy: fc.constant('language'), allow: fc.constant(['en']), minCharacters: fc.constant(1), action }),
  fc.record({ policy: fc.constant('dedupe'), by: fc.constantFrom('row', 'prompt') }),
  fc.record({ policy: fc.constant('nearDuplicates'), action: fc.constantFrom('report', 'drop', 'quarantine') }),
  fc.record({ policy: fc.constant('decontaminate'), action: fc.constantFrom('drop', 'quarantine') }),
  fc.record({
    policy: fc.constant('balance'),
    method: fc.constantFrom('downsample', 'weight'),
    maxRatio: fc.constant(1),
  }),
  fc.record({ policy: fc.constant('tokens'), max: fc.integer({ min: 1, max: 300 }), action }),
  fc.record({ policy: fc.constant('fewShot'), count: fc.constant(2) }),
);
const policies = fc.array(anyPolicy, { maxLength: 6 }).map((list) => PolicyList.parse(list));

/** Few different questions, so that repeats on and across the sides are common. */
const plain = fc.tuple(fc.nat(12), fc.nat(3), fc.constantFrom('', ' ', '\n')).map(([question, answer, space]) =>
  ask(`${space}what is${space} the question number ${question} about${space}`, `answer ${answer}`, 1, 0, {
    columns: { customer: `c${question % 4}`, at: question === 0 ? 'tomorrow' : `2026-01-${String(question + 10)}` },
  }),
);
const anyRow = fc.oneof({ weight: 3, arbitrary: plain }, oddRow, telling);
const confirmed = (row: Row): Row => {
  const { origin: _origin, ...rest } = row;
  return rest;
};
/** Rows at different places, as a file has them. */
const anyRows = fc
  .array(anyRow, { maxLength: 30 })
  .map((rows) => rows.map((row, i) => ({ ...confirmed(row), source: i % 2, line: i + 1 })));
const split = fc.oneof(
  fc.record({ test: fc.constantFrom(0.05, 0.3, 0.9) }),
  fc.record({ test: fc.constantFrom(0.05, 0.3, 0.9), stratify: fc.constant(true) }),
  fc.record({ test: fc.constant(0.4), group: fc.constant('customer'), stratify: fc.boolean() }),
  fc.record({ test: fc.constant(0.3), time: fc.constant('at') }),
  fc.record({ time: fc.constant('at'), from: fc.constant('2026-01-15') }),
);

test('whatever the rows and policies, every row is kept once or put aside once, and the totals add up', async () => {
  expect.hasAssertions();
  await fc.assert(
    fc.asyncProperty(anyRows, policies, split, async (rows, list, how) => {
      expectToAddUp(await prepare({ train: rows, policies: list, split: how }), rows.length, undefined);
    }),
    { numRuns: 80 },
  );
}, 60_000);

test('the same with a test source and registered sets, which no row of training repeats', async () => {
  expect.hasAssertions();
  await fc.assert(
    fc.asyncProperty(anyRows, anyRows, anyRows, policies, async (rows, tests, other, list) => {
      const evalSets = [
        {
          digest: 'sha256:1',
          name: 'other.test@v1',
          rows: other.map((row) => ({ ...row, messages: promptOf(row), reference: answerOf(row) })),
        },
      ];
      expectToAddUp(await prepare({ train: rows, test: tests, policies: list, evalSets }), rows.length, tests.length);
    }),
    { numRuns: 80 },
  );
}, 60_000);

const numbered = (count: number, from = 0, more: (i: number) => Partial<Row> = () => ({})): Row[] =>
  Array.from({ length: count }, (_, n) => {
    const i = n + from;
    return ask(`where is parcel ${i} of mine`, `answer ${i % 3}`, i + 1, 0, more(i));
  });

const idsOf = (rows: readonly Row[]): string[] => rows.map(({ promptId }) => promptId).toSorted();

test('a row keeps its side when other rows arrive', async () => {
  const half = await prepare({ train: numbered(150), split: { test: 0.3 } });
  const whole = await prepare({ train: numbered(300), split: { test: 0.3 } });
  const later = { train: new Set(idsOf(whole.train)), test: new Set(idsOf(whole.test)) };
  expect(half.test.length).toBeGreaterThan(20);
  expect(idsOf(half.train).filter((id) => !later.train.has(id))).toEqual([]);
  expect(idsOf(half.test).filter((id) => !later.test.has(id))).toEqual([]);
});

test('stratified, rows of an earlier preparation keep their side and every class has its share', async () => {
  const first = await prepare({ train: numbered(90), split: { test: 0.2, stratify: true } });
  const earlier = { test: new Set(idsOf(first.test)), train: new Set(idsOf(first.train)) };
  const second = await prepare({ train: numbered(150), split: { test: 0.2, stratify: true }, earlier });
  const tested = new Set(idsOf(second.test));
  expect([...earlier.test].filter((id) => !tested.has(id))).toEqual([]);
  expect([...earlier.train].filter((id) => tested.has(id))).toEqual([]);
  const counts = ['answer 0', 'answer 1', 'answer 2'].map(
    (name) => second.test.filter(({ reference }) => reference === name).length,
  );
  expect(counts).toEqual([10, 10, 10]);
});

test('rows of one customer are never on both sides', async () => {
  const rows = numbered(200, 0, (i) => ({ columns: { customer: `c${i % 20}` } }));
  const { train, test: tested } = await prepare({ train: rows, split: { test: 0.3, group: 'customer' } });
  const groups = new Set(tested.map(({ columns }) => columns?.['customer']));
  expect(groups.size).toBeGreaterThan(1);
  expect(train.filter(({ columns }) => groups.has(columns?.['customer']))).toEqual([]);
});

test('by time, rows whose date cannot be read are put aside with the reason, and the newest are tested', async () => {
  const rows = numbered(20, 0, (i) => ({
    columns: { at: i === 3 ? '1/2/26' : i === 4 ? '' : `2026-02-${String(i + 1).padStart(2, '0')}` },
  }));
  const { made, test: tested, removed } = await prepare({ train: rows, split: { time: 'at', from: '2026-02-11' } });
  expect(tested.map(({ line }) => line)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  expect(removed.map(({ line, policy, reason, row }) => [line, policy, reason, row?.line])).toEqual([
    [4, 'split', 'has a date in column "at" that cannot be read: expected ISO 8601, e.g. 2026-01-31T12:00:00Z', 4],
    [5, 'split', 'has no date in column "at"', 5],
  ]);
  expect(made.statistics.train).toEqual({ in: 20, kept: 8, duplicates: 0, inTestSet: 0, removed: 2, toTest: 10 });
});

test('a synthetic row that nobody confirmed is refused in a test set, whichever way it gets there', async () => {
  const origin = { strategy: 'paraphrase', generator: 'g', settings: 's', seed: 1, prompt: 'p', parents: [] };
  const rows = [ask('a question', 'an answer', 3, 1, { origin })];
  for (const order of [
    { train: numbered(3), test: rows },
    { train: rows, split: { test: 0.999999 } },
  ]) {
    const failure = await failureOf(prepare(order));
    expect([failure.type, failure.message]).toEqual([
      'UnconfirmedTestRows',
      'the test set holds a synthetic row that nobody has confirmed (line 3 of source 2): read it, then `anneal data confirm`, and name the confirmed dataset as data.test.uri',
    ]);
  }
  const seen = [ask('a question', 'an answer', 3, 1, { origin: { ...origin, confirmedBy: 'ann' } })];
  expect((await prepare({ train: numbered(3), test: seen })).test).toHaveLength(1);
});

test('a training row is the whole conversation; a test row stops before the answer, which is its reference', async () => {
  const { train, test: tested } = await prepare({ train: [ask('a', '1', 1)], test: [ask('t', '9', 1)] });
  expect(train).toEqual([{ ...ask('a', '1', 1), side: 'train' }]);
  const { id, promptId } = ask('t', '9', 1);
  expect(tested).toEqual([
    { id, promptId, source: 0, line: 1, side: 'test', messages: [{ role: 'user', content: 't' }], reference: '9' },
  ]);
});

test('a changed row has the id of what it says now', async () => {
  const list = listOf({ policy: 'pii', action: 'redact' });
  const { train } = await prepare({
    train: [ask('write to ann@example.com', 'done')],
    test: numbered(1),
    policies: list,
  });
  expect(textOf(train[0]?.messages[0] as never)).toBe('write to [EMAIL]');
  expect(train[0]?.id).toBe(identify({ messages: train[0]?.messages ?? [] }, 0, 1).id);
});

test('duplicates go, and rows whose prompt is tested, also where no policy says so', async () => {
  const rows = [
    ['a', '1'],
    ['b', '2'],
    ['a', '1'],
    [' b ', '2'],
    ['b', '3'],
    ['t', '9'],
    ['c', '1'],
  ];
  const tests = [
    ['t', '1'],
    ['u', '2'],
    ['t', '1'],
    ['t', '2'],
  ];
  const asRows = (pairs: string[][]): Row[] => pairs.map(([prompt = '', answer = ''], i) => ask(prompt, answer, i + 1));
  const {
    train,
    test: tested,
    made,
    removed,
  } = await prepare({
    train: asRows(rows),
    test: asRows(tests),
    policies: listOf({ policy: 'dedupe' }),
  });
  expect(train.map(({ line }) => line)).toEqual([1, 2, 5, 7]);
  expect(tested.map(({ line }) => line)).toEqual([1, 2, 4]);
  const { statistics } = made;
  expect(statistics.train).toEqual({ in: 7, kept: 4, duplicates: 2, inTestSet: 1, removed: 0, toTest: 0 });
  expect(statistics.test).toEqual({ in: 4, kept: 3, duplicates: 1, inTestSet: 0, removed: 0, toTest: 0 });
  expect(removed.map(({ side, line, policy }) => `${side} ${line} ${policy}`)).toEqual([
    'test 3 dedupe',
    'train 3 dedupe',
    'train 4 dedupe',
    'train 6 decontaminate',
  ]);
});

test('rows that no tuner of conversations can learn from are put aside whole', async () => {
  const rows = [
    identify({ messages: [{ role: 'user', content: 'no answer' }] }, 0, 1),
    identify(
      {
        messages: [
          { role: 'user', content: 'q' },
          { role: 'assistant', content: ' \n' },
        ],
      },
      0,
      2,
    ),
    identify({ messages: [{ role: 'assistant', content: 'out of nowhere' }] }, 0, 3),
    identify({ messages: [], document: { text: 'a page' } }, 0, 4),
    identify(
      {
        messages: [{ role: 'user', content: 'q' }],
        chosen: [{ role: 'assistant', content: 'a' }],
        rejected: [{ role: 'assistant', content: 'b' }],
      },
      0,
      5,
    ),
    ask('good', 'row', 6),
  ];
  const { train, removed } = await prepare({ train: rows, test: numbered(1) });
  expect(train.map(({ line }) => line)).toEqual([6]);
  expect(removed.map(({ line, policy, reason, row }) => [line, policy, reason, row?.line])).toEqual([
    [1, 'shape', 'has no answer: expected an assistant message at the end', 1],
    [2, 'shape', 'has an empty answer', 2],
    [3, 'shape', 'has an answer and nothing that was asked', 3],
    [4, 'shape', 'is a document: this tuner learns from conversations', 4],
    [5, 'shape', 'is a preference pair: this tuner learns from conversations', 5],
  ]);
});

test('nothing in gives nothing out, and says which side is empty', async () => {
  const { made } = await prepare({ train: [], split: { test: 0.5 } });
  const none = { in: 0, kept: 0, duplicates: 0, inTestSet: 0, removed: 0, toTest: 0 };
  expect([made.statistics.train, made.statistics.test]).toEqual([none, none]);
  expect(emptyProblem(made.statistics)).toEqual({
    type: 'EmptyTestSet',
    message: 'the test set is empty after preparation (a share of 0 rows gave none): give more rows or a larger share',
  });
});

test('a preparation that is cancelled stops between two batches', async () => {
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  await expect(prepare({ train: numbered(10), split: { test: 0.2 }, signal: stop.signal })).rejects.toThrow('enough');
});

test('texts are compared as canonicalText folds them', () => {
  expect(ask(' what\n is  it', 'x').promptId).toBe(ask('what is it', 'y').promptId);
  expect(canonicalText('Cafe\u0301\r\n au\tlait ')).toBe('Caf\u00e9 au lait');
});
