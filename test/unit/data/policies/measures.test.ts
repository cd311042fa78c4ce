import { expect, test } from 'vitest';
import { Language, Length, Repetition, Tokens } from '../../../../configs/policies.ts';
import { terminal } from '../../../../configs/failure.ts';
import { language } from '../../../../data/policies/language.ts';
import { length } from '../../../../data/policies/length.ts';
import type { Decision, PolicyRun, World } from '../../../../data/policies/policy.ts';
import { repetition } from '../../../../data/policies/repetition.ts';
import { tokens } from '../../../../data/policies/tokens.ts';
import type { Content, Row } from '../../../../data/row.ts';
import { rowOf, worldOf } from './rows.ts';

const byLength = (settings: object, content: Partial<Content> | string, answer?: string): Decision =>
  (length.start(Length.parse({ policy: 'length', ...settings }), worldOf()) as PolicyRun).apply(rowOf(content, answer));

test.each<[string, object, string, string]>([
  ['the last user message has 2 characters, fewest: 3', { minPrompt: 3 }, ' hi ', 'hello'],
  ['the prompt has 5 characters, most: 4', { maxPrompt: 4 }, 'hello', 'hi'],
  ['the answer has 2 characters, fewest: 3', { minAnswer: 3 }, 'hello', 'hi'],
  ['the answer has 5 characters, most: 4', { maxAnswer: 4 }, 'hi', 'hello'],
  ['the answer has 0 characters, fewest: 1', {}, 'hi', ' '],
])('%s', (why, settings, question, answer) => {
  expect(byLength(settings, question, answer)).toEqual({ out: 'quarantine', why });
});

test('lengths at the limit, characters of two units, calls and documents pass', () => {
  expect(
    byLength({ minPrompt: 2, maxPrompt: 2, minAnswer: 1, maxAnswer: 1 }, '\u{1f600}a', '\u{1f600}'),
  ).toBeUndefined();
  const call = { type: 'function' as const, function: { name: 'f', arguments: '{}' } };
  expect(
    byLength(
      { minAnswer: 9 },
      {
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content: null, tool_calls: [call] },
        ],
      },
    ),
  ).toBeUndefined();
  expect(byLength({ minPrompt: 9 }, { document: { text: '' } })).toBeUndefined();
});

test('both answers of a pair are measured', () => {
  const messages = [{ role: 'user' as const, content: 'x' }];
  const [short, long] = ['a', 'abc'].map((content) => [{ role: 'assistant' as const, content }]);
  expect(byLength({ minAnswer: 2 }, { messages, chosen: long!, rejected: short! })).toMatchObject({
    why: 'rejected has 1 characters, fewest: 2',
  });
  expect(byLength({ maxAnswer: 2 }, { messages, chosen: long!, rejected: short! })).toMatchObject({
    why: 'chosen has 3 characters, most: 2',
  });
});

test('an answer that goes in circles is taken out, another is not', () => {
  const run = repetition.start(Repetition.parse({ policy: 'repetition' }), worldOf()) as PolicyRun;
  expect(run.apply(rowOf('x', 'I do not know. '.repeat(10)))).toEqual({
    out: 'quarantine',
    why: '0.90 of the answer is repeated, most: 0.3',
  });
  expect(run.apply(rowOf('I do not know. '.repeat(10), 'Then ask.'))).toBeUndefined();
});

const english = 'The parcel that I ordered last week has still not arrived.';
const german = 'Das Paket, das ich letzte Woche bestellt habe, ist noch nicht angekommen.';
const byLanguage = (settings: object): PolicyRun | Promise<PolicyRun> =>
  language.start(Language.parse({ policy: 'language', ...settings }), worldOf());

test('prompt and answer are judged each, short texts let through, and languages counted', async () => {
  const run = await byLanguage({ allow: ['en'] });
  expect(run.apply(rowOf(english, english))).toBeUndefined();
  expect(run.apply(rowOf(german, english))).toEqual({ out: 'quarantine', why: 'the prompt is in de, allowed: en' });
  expect(run.apply(rowOf(english, german))).toEqual({ out: 'quarantine', why: 'the answer is in de, allowed: en' });
  expect(run.apply(rowOf('Guten Tag', 'Ja'))).toBeUndefined();
  expect(run.apply(rowOf({ document: { text: german } }))).toMatchObject({ why: 'the document is in de, allowed: en' });
  expect(run.findings!()).toMatchObject({ counts: { de: 3, en: 1, unknown: 1 } });
});

test('a language that cannot be told is refused', async () => {
  await expect(async () => byLanguage({ allow: ['xx'] })).rejects.toThrow(/"xx", which cannot be told apart/);
});

const byTokens = (settings: object, world: World): PolicyRun =>
  tokens.start(Tokens.parse({ policy: 'tokens', ...settings }), world) as PolicyRun;

test('rows of more tokens than the tuner takes are taken out', () => {
  const run = byTokens({}, worldOf({ countTokens: (row) => row.messages[0]!.content!.length, maxTokens: 5 }));
  expect(run.apply(rowOf('12345'))).toBeUndefined();
  expect(run.apply(rowOf('123456'))).toEqual({ out: 'quarantine', why: '6 tokens, most: 5' });
  expect(run.findings!()).toEqual({ rows: 2, counted: 2, tokens: 11, longest: 6, max: 5, over: 1 });
  expect(byTokens({ max: 6 }, worldOf({ countTokens: () => 6, maxTokens: 5 })).apply(rowOf('x'))).toBeUndefined();
});

test('of many rows only those are counted that a cheap bound does not let through', () => {
  let counted = 0;
  const countTokens = (row: Row): number => {
    counted += 1;
    return row.messages[0]!.content!.length;
  };
  const run = byTokens({}, worldOf({ countTokens, tokensAtMost: (row) => 2 * countTokens(row), maxTokens: 5 }));
  for (let i = 0; i < 20_000; i += 1) run.apply(rowOf('12'));
  counted = 0;
  expect(run.apply(rowOf('12'))).toBeUndefined();
  expect(counted).toBe(1);
  expect(run.apply(rowOf('123456'))).toEqual({ out: 'quarantine', why: '6 tokens, most: 5' });
  expect(run.findings!()).toMatchObject({ rows: 20_002, counted: 20_001, over: 1 });
});

test('where tokens cannot be counted every row stays, and one warning says why', () => {
  const world = worldOf({ countTokens: 'the base model has no tokenizer.json' });
  const run = byTokens({}, world);
  expect([run.apply(rowOf('x')), run.apply(rowOf('y'))]).toEqual([undefined, undefined]);
  expect(world.warnings).toEqual(['the base model has no tokenizer.json']);
});

test('a row that the template refuses is taken out with its reason; a terminal error stops the run', () => {
  const failing = (error: Error): PolicyRun =>
    byTokens(
      {},
      worldOf({
        countTokens: () => {
          throw error;
        },
      }),
    );
  expect(failing(new Error('roles must alternate')).apply(rowOf('x'))).toEqual({
    out: 'quarantine',
    why: 'cannot be given to the model: roles must alternate',
  });
  const picture = terminal('BadData', 'line 3 has a picture', { why: 'it has a picture' });
  expect(failing(picture).apply(rowOf('x'))).toEqual({
    out: 'quarantine',
    why: 'cannot be given to the model: it has a picture',
  });
  expect(() => failing(terminal('NoSuchFile', 'the tokenizer is gone')).apply(rowOf('x'))).toThrow(
    'the tokenizer is gone',
  );
});
