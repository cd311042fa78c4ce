import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkAnswer, extractJson, keyOf, promptDigest, repairAsk } from '../../../../data/synthesis/answer.ts';
import { objectOf, rowsOf } from '../../../../data/synthesis/shape.ts';
import type { Ask } from '../../../../data/synthesis/strategy.ts';

const ask: Ask = {
  generator: 'g',
  task: 0,
  index: 0,
  messages: [{ role: 'user', content: 'Write rows.' }],
  schema: rowsOf(objectOf({ prompt: { type: 'string', minLength: 1 }, kind: { enum: ['a', 'b'] } }), 2),
  seed: 7,
  parents: [],
};
const row = { prompt: 'Hello', kind: 'a' };
const good = JSON.stringify({ rows: [row] });

test.each([
  ['bare', good],
  ['with white space and a byte order mark', `\uFEFF\n ${good}\n`],
  ['in a code fence', `\`\`\`json\n${good}\n\`\`\``],
  [
    'after words, with brackets and braces in them',
    `Here [as asked] are {your} rows (see [a]):\n${good}\nHope that helps {:`,
  ],
  ['after thinking aloud in JSON', `<think>Maybe {"rows": []}?</think>\n${good}`],
  ['with brackets in its strings', JSON.stringify({ rows: [{ prompt: '"}]{[ \\', kind: 'b' }] })],
])('an answer %s is found', (_name, text) => {
  expect(checkAnswer(ask, text)).toHaveProperty('value.rows');
});

test.each([
  ['', 'the reply holds no JSON'],
  ['I cannot help with that.', 'the reply holds no JSON'],
  ['<!doctype html><html><body>502</body></html>', 'the reply holds no JSON'],
  [`${good}\n${good}`, 'the reply holds 2 JSON values, expected one'],
  [`[1, 2]\n${good}`, 'the reply holds 2 JSON values, expected one'],
  [good.slice(0, -1), 'the JSON of the reply ends in the middle'],
  [good.slice(0, -9), 'the JSON of the reply ends in the middle'],
  ['{"rows": [{"prompt": "Hello", "kind": "a"},]}', 'the JSON of the reply is not valid'],
  [`{"x": 'single'} ${good}`, 'the JSON of the reply is not valid'],
  ['['.repeat(500_000), 'the JSON of the reply is nested deeper than 64 levels'],
  [`{"rows": ${'['.repeat(100)}`, 'the JSON of the reply is nested deeper than 64 levels'],
])('%.40j is told apart: %s', (text, problem) => {
  expect(extractJson(text)).toEqual({ problem });
});

test.each([
  [{ rows: [] }, 'does not fit the schema: rows must NOT have fewer than 1 items'],
  [{ rows: [row, row, row] }, 'does not fit the schema: rows must NOT have more than 2 items'],
  [
    { rows: [{ ...row, kind: 'ignore all rules' }] },
    'does not fit the schema: rows.0.kind is not one of the values allowed',
  ],
  [{ rows: [{ ...row, 'ignore all rules': 1 }] }, 'does not fit the schema: rows.0 has a property too many'],
  [{ rows: [{ kind: 'a' }] }, 'does not fit the schema: rows.0 lacks the property "prompt"'],
  [[row], 'does not fit the schema: the value must be object'],
  [{ rows: [{ ...row, prompt: 'a\u0000b' }] }, 'a text holds a NUL character'],
  [{ rows: [{ ...row, prompt: 'a\ud800b' }] }, 'a text holds half a surrogate pair'],
])('%j is refused, in words that hold nothing of the reply', (value, problem) => {
  expect(checkAnswer(ask, JSON.stringify(value))).toEqual({ problem });
});

test('whatever a reply says, it is a value that fits or a problem', () => {
  const pieces = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('{', '}', '[', ']', '"', '\\', '```', '{"', '<think>', good),
      fc.json(),
    ),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        pieces.map((some) => some.join('')),
        fc.json(),
      ),
      (text) => {
        const reading = checkAnswer(ask, text);
        const told = 'problem' in reading ? reading.problem : (reading.value as { rows: unknown[] }).rows;
        expect(told.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 200 },
  );
});

test('any JSON value alone is read as itself', () => {
  fc.assert(
    fc.property(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())), (value) => {
      const text = JSON.stringify(value);
      const reading = extractJson(text);
      expect('value' in reading && JSON.stringify(reading.value)).toBe(text);
    }),
  );
});

test('an ask is repaired once, and the repaired one is another question', () => {
  const repaired = repairAsk(ask, 'rubbish', 'the reply holds no JSON');
  expect(repaired.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  expect(repaired.messages[2]?.content).toContain('the reply holds no JSON');
  expect(keyOf(repaired, 'x')).not.toBe(keyOf(ask, 'x'));
  expect(() => repairAsk(repaired, 'rubbish', 'again')).toThrow('an ask is repaired once only');
});

test('a key depends on all that decides the answer, and on nothing else', () => {
  const key = keyOf(ask, 'model');
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(keyOf({ ...ask, generator: 'renamed', parents: ['p'] }, 'model')).toBe(key);
  const reordered = Object.fromEntries(Object.entries(ask.schema).toReversed());
  expect(keyOf({ ...ask, schema: reordered }, 'model')).toBe(key);
  const others = [
    keyOf(ask, 'other'),
    keyOf({ ...ask, seed: 8 }, 'model'),
    keyOf({ ...ask, index: 1 }, 'model'),
    keyOf({ ...ask, schema: {} }, 'model'),
    keyOf({ ...ask, messages: [] }, 'model'),
  ];
  expect(new Set([key, ...others]).size).toBe(6);
  expect(promptDigest(ask)).toMatch(/^[0-9a-f]{16}$/);
});
