import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Decontaminate } from '../../../../configs/policies.ts';
import { decontaminate } from '../../../../data/policies/decontaminate.ts';
import type { EvalSet } from '../../../../data/policies/policy.ts';
import { identify, type Row } from '../../../../data/row.ts';
import { mix } from '../../../../data/dedupe/words.ts';
import { anyText, ask, asTest, runThrough, whys, worldWith } from './support.ts';

const setOf = (rows: Row[], name = 'support.test@v1'): EvalSet => ({ digest: name, name, rows: rows.map(asTest) });

const start = async (evalSets: EvalSet[], settings: object = {}) =>
  decontaminate.start(Decontaminate.parse({ policy: 'decontaminate', ...settings }), worldWith(evalSets));

/** Words that no other number gives. */
const say = (from: number, count: number): string =>
  Array.from({ length: count }, (_, i) => `w${(mix(from * 1000 + i) >>> 0).toString(36)}`).join(' ');

const system = (text: string, prompt: string, line: number): Row =>
  identify(
    {
      messages: [
        { role: 'system', content: text },
        { role: 'user', content: prompt },
        { role: 'assistant', content: 'yes' },
      ],
    },
    0,
    line,
  );

test('the same prompt is a leak, also with another answer, and says where', async () => {
  const run = await start([setOf([ask('Where is it?', 'shipping', 7)])]);
  const decisions = runThrough(run, [ask(' Where  is it?', 'billing', 1), ask('Where was it?', 'shipping', 2)]);
  expect(decisions).toEqual([
    { out: 'drop', why: 'its prompt is the test row at line 7 of "support.test@v1"' },
    undefined,
  ]);
  expect(run.findings?.()).toEqual({
    against: { sets: 1, rows: 1, grams: 0, template: 0 },
    hits: [{ set: 'support.test@v1', rows: 1, prompt: 1, message: 0, words: 0 }],
  });
});

const DISGUISES: [string, (text: string) => string][] = [
  ['re-wrapped', (text) => text.replaceAll(' ', '\n')],
  ['in capitals', (text) => text.toUpperCase()],
  ['punctuated', (text) => text.split(' ').join(', ')],
  ['in a longer document', (text) => `${say(900_001, 150)}\n${text}\n${say(900_002, 150)}`],
  ['all at once', (text) => `${say(900_003, 90)}. ${text.toUpperCase().replaceAll(' ', ';\r\n')} ${say(900_004, 90)}`],
];

test.each(DISGUISES)('a leak is found %s, in at least 95 of 100 cases', async (_name, disguise) => {
  const tests = Array.from({ length: 200 }, (_, i) => ask(say(i, 20 + (i % 60)), say(5000 + i, 12), i + 1));
  const run = await start([setOf(tests)]);
  const leaks = tests.map(({ messages }, i) => ask(disguise(String(messages[0]?.content)), 'another answer', i + 1));
  const found = runThrough(run, leaks).filter((decision) => decision !== undefined).length;
  expect(found / leaks.length).toBeGreaterThanOrEqual(0.95);
  const clean = Array.from({ length: 200 }, (_, i) => ask(disguise(say(20_000 + i, 60)), 'another answer', i + 1));
  expect(runThrough(run, clean).filter((decision) => decision !== undefined)).toEqual([]);
});

test('short test rows are leaks only where a message says just that, so that clean rows are not taken for leaks', async () => {
  const tests = ['Yes please', 'thank you', 'Where is my order?', 'I want my money back'].map((text, i) =>
    ask(text, 'other', i + 1),
  );
  const run = await start([setOf(tests)]);
  const clean = Array.from({ length: 100 }, (_, i) =>
    ask(
      `${say(i, 10)} Where is my order? ${say(i + 500, 10)} Thank you, yes please, I want my money back`,
      'other',
      i + 1,
    ),
  );
  expect(runThrough(run, clean).filter((decision) => decision !== undefined)).toEqual([]);
  expect(whys([run.apply(ask('WHERE is my\norder', 'billing', 1))])).toEqual([
    'a message says the same words as the test row at line 3 of "support.test@v1"',
  ]);
  // Its answer alone is not the test row.
  expect(run.apply(ask('Which department is the rest for?', 'other', 1))).toBeUndefined();
});

test('a repeated short prompt is found although the answer expected is long', async () => {
  const run = await start([setOf([ask('Tell me of the sea', say(1, 300), 4)])]);
  expect(whys([run.apply(ask('tell me of the SEA!', say(2, 300), 1))])).toEqual([
    'a message says the same words as the test row at line 4 of "support.test@v1"',
  ]);
});

test('a repeated prompt is found although the answer expected is far longer, and a repeated answer, too', async () => {
  const run = await start([setOf([ask(say(1, 30), say(2, 300), 4)])]);
  expect(whys([run.apply(ask(say(1, 30).toUpperCase(), 'x', 1))])).toEqual([
    'repeats 100 % of the test row at line 4 of "support.test@v1"',
  ]);
  expect(whys([run.apply(ask('What do you say?', say(2, 300), 1))])).toEqual([
    'repeats 90 % of the test row at line 4 of "support.test@v1"',
  ]);
});

test('only a share of at least minShare is a leak', async () => {
  const sets = [setOf([ask(say(1, 112), 'a', 4)])];
  // 13 words more than half are needed for half of the runs.
  const part = (words: number): Row => ask(say(1, 112).split(' ').slice(0, words).join(' '), 'b', 1);
  expect((await start(sets)).apply(part(60))).toBeUndefined();
  expect(whys([(await start(sets)).apply(part(64))])).toEqual([
    'repeats 52 % of the test row at line 4 of "support.test@v1"',
  ]);
  expect(whys([(await start(sets, { minShare: 0.1 })).apply(part(60))])).toEqual([
    'repeats 48 % of the test row at line 4 of "support.test@v1"',
  ]);
});

test('a template that all test rows share makes no leak of every row that uses it', async () => {
  const template = say(77, 60);
  const tests = Array.from({ length: 40 }, (_, i) => ask(`${template} ${say(100 + i, 30)}`, 'a', i + 1));
  const run = await start([setOf(tests)]);
  const clean = Array.from({ length: 50 }, (_, i) => ask(`${template} ${say(300 + i, 30)}`, 'a', i + 1));
  expect(runThrough(run, clean).filter((decision) => decision !== undefined)).toEqual([]);
  expect(whys([run.apply(ask(`${template} ${say(105, 30).toUpperCase()}`, 'b', 1))])).toEqual([
    'repeats 100 % of the test row at line 6 of "support.test@v1"',
  ]);
  expect(run.findings?.()['against']).toMatchObject({ rows: 40, template: 48 });
});

test('a template known from one set is known in all, and a row of two sets goes by the name of the first', async () => {
  const template = say(77, 60);
  const tests = Array.from({ length: 40 }, (_, i) => ask(`${template} ${say(100 + i, 30)}`, 'a', i + 1));
  const later = [...tests, ask(`${template} ${say(999, 30)}`, 'a', 41)];
  const run = await start([setOf(tests, 'v1'), setOf(later, 'v2')]);
  expect(run.apply(ask(`${template} ${say(300, 30)}`, 'a', 1))).toBeUndefined();
  expect(whys([run.apply(ask(`${template} ${say(105, 30).toUpperCase()}`, 'b', 1))])[0]).toContain('line 6 of "v1"');
  expect(whys([run.apply(ask(`${template} ${say(999, 30).toUpperCase()}`, 'b', 1))])[0]).toContain('line 41 of "v2"');
});

test('system messages are not held against anything', async () => {
  const instruction = say(5, 80);
  const run = await start([setOf([system(instruction, say(1, 20), 1)])]);
  expect(run.apply(system(instruction, say(2, 20), 1))).toBeUndefined();
  expect(run.apply(system(say(6, 80), say(1, 20), 1))).toBeDefined();
});

test('own holds rows against the first set alone, and report takes nothing out', async () => {
  const sets = [setOf([ask('one', 'a', 1)], 'own'), setOf([ask('two', 'a', 1)], 'registered')];
  const rows = [ask('one', 'b', 1), ask('two', 'b', 2)];
  expect(whys(runThrough(await start(sets, { against: 'own' }), rows))).toEqual([
    'its prompt is the test row at line 1 of "own"',
    undefined,
  ]);
  const reported = runThrough(await start(sets, { action: 'report' }), rows);
  expect(reported).toEqual([
    { note: 'its prompt is the test row at line 1 of "own"' },
    { note: 'its prompt is the test row at line 1 of "registered"' },
  ]);
});

test('documents are no leak of each other for want of a prompt', async () => {
  const document = (text: string): Row => identify({ messages: [], document: { text } }, 0, 1);
  const run = await start([{ digest: '', name: 'facts', rows: [document(say(1, 40))] }]);
  expect(run.apply(document(say(2, 40)))).toBeUndefined();
  expect(whys([run.apply(document(say(1, 40)))])).toEqual(['repeats 100 % of the test row at line 1 of "facts"']);
});

test('rows to be held against may come one by one, and no test row is never in the way', async () => {
  const rows = async function* () {
    yield asTest(ask('one', 'a', 1));
  };
  const run = await start([
    { digest: '', name: 'slow', rows: rows() },
    { digest: '', name: 'empty', rows: [] },
  ]);
  expect(run.apply(ask('one', 'b', 1))).toBeDefined();
  expect((await start([])).apply(ask('one', 'b', 1))).toBeUndefined();
});

test('any training and test rows are taken, and every hit is counted', async () => {
  const text = fc.oneof(anyText, fc.constantFrom('', 'one', 'ONE', say(1, 20), `${say(1, 20)} ${say(2, 5)}`));
  const rows = fc.array(fc.tuple(text, text), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(rows, rows, async (tests, training) => {
      const toRows = (pairs: [string, string][]): Row[] =>
        pairs.map(([prompt, answer], i) => ask(prompt, answer, i + 1));
      const run = await start([setOf(toRows(tests))], { gram: 4 });
      const decisions = runThrough(run, toRows(training));
      const hits = run.findings?.()['hits'] as { rows: number }[];
      expect(hits.reduce((sum, { rows }) => sum + rows, 0)).toBe(
        decisions.filter((decision) => decision !== undefined).length,
      );
      // A test row is always found in itself.
      expect(runThrough(run, toRows(tests)).every((decision) => decision !== undefined)).toBe(true);
    }),
  );
});
