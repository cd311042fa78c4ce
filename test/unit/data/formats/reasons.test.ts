import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FORMATS } from '../../../../configs/data.ts';
import { detectFormat, readRow } from '../../../../data/formats/detect.ts';
import { identify } from '../../../../data/row.ts';
import { anyContent } from './rows.ts';
import { EXPORTS, writeRow } from '../../../../data/formats/export.ts';
import { processorTime } from '../../../support/stopwatch.ts';

const reasonOf = (value: unknown, format: Parameters<typeof readRow>[1] = 'auto'): string => {
  const reading = readRow(value, format);
  return 'reason' in reading ? reading.reason : `read as ${reading.format}`;
};

const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const calling = (call: unknown) => ({ messages: [{ role: 'assistant', content: null, tool_calls: [call] }] });
const deep = JSON.parse(`${'['.repeat(100_000)}1${']'.repeat(100_000)}`) as unknown;

test.for<[unknown, string]>([
  [[], 'is a list, expected an object'],
  [{ messages: 'hello' }, 'has "messages" that is a text, expected a list of messages'],
  [{ messages: [] }, 'has an empty list of "messages"'],
  [{ messages: ['hello'] }, 'has a text where an object is expected in message 1 of "messages"'],
  [{ messages: [{ role: 'robot', content: 'x' }] }, 'has the unknown role "robot" in message 1 of "messages"'],
  [{ messages: [{ content: 'x' }] }, 'has no role in message 1 of "messages"'],
  [user(3), 'has content that is the number 3, expected a text or a list, in message 1 of "messages"'],
  [user(null), 'has no content in message 1 of "messages"'],
  [user([]), 'has an empty list as content in message 1 of "messages"'],
  [
    user([{ type: 'input_audio' }]),
    'has a part of type "input_audio", expected text, image_url or file, in message 1 of "messages"',
  ],
  [
    { messages: [{ role: 'assistant', content: 'x', weight: 0.5 }] },
    'has weight "0.5", expected 0 or 1, in message 1 of "messages"',
  ],
  [calling({ function: { arguments: '{}' } }), 'has a tool call without a name in message 1 of "messages"'],
  [
    calling({ function: { name: 'f', arguments: '{a' } }),
    'has a tool call with arguments that are no JSON in message 1 of "messages"',
  ],
  [{ messages: user('x').messages, tools: 'x' }, 'has "tools" that is a text, expected a list of tools'],
  [{ messages: user('x').messages, tools: [{ function: {} }] }, 'has a function without a name as tool 1'],
  [user('a\u0000b'), 'has a NUL character in message 1 of "messages"'],
  [user('a\ud800b'), 'has half a surrogate pair in message 1 of "messages"'],
  [{ ...user('x'), note: '\udc00' }, 'has half a surrogate pair in column "note"'],
  [
    calling({ function: { name: 'f', arguments: '{"a":"\\ud800"}' } }),
    'has half a surrogate pair in the arguments of a tool call in message 1 of "messages"',
  ],
  [{ contents: [] }, 'has an empty list of "contents"'],
  [{ contents: [{ role: 'bot', parts: [{ text: 'x' }] }] }, 'has the unknown role "bot" in turn 1 of "contents"'],
  [
    { contents: [{ role: 'user', parts: [{ executableCode: {} }] }] },
    'has a part of "executableCode", expected text, fileData, inlineData, functionCall or functionResponse, in turn 1 of "contents"',
  ],
  [{ contents: [{ parts: [{ text: 'x' }] }], completions: [] }, 'has 0 completions, expected two'],
  [{ instruction: 'x' }, 'has no "output"'],
  [{ instruction: 'x', output: 3 }, 'has "output" that is the number 3, expected a text'],
  [{ instruction: 'x', output: 'y', history: [['a']] }, 'has turn 1 of "history" that is no pair of texts'],
  [{ conversations: [{ from: 'alien', value: 'x' }] }, 'has the unknown speaker "alien" in turn 1'],
  [{ conversations: [{ from: 'function_call', value: 'x' }] }, 'has a function_call that is no JSON in turn 1'],
  [{ conversations: [{ from: 'constructor', value: 'x' }] }, 'has the unknown speaker "constructor" in turn 1'],
  [{ input: {}, preferred_output: [] }, 'has no "input.messages"'],
  [{ chosen: 'x', rejected: 'y' }, 'has no "prompt", and "chosen" and "rejected" do not begin alike'],
  [{ prompt: 'x', completion: 3 }, 'has "completion" that is the number 3, expected a text or a list of messages'],
])('%j is refused', ([value, reason]) => {
  expect(reasonOf(value)).toBe(reason);
});

test('nesting deeper than 64 levels is refused wherever it is, and never overflows', () => {
  const messages = [{ role: 'user', content: 'x' }];
  const declaration = { name: 'f', parameters: { items: deep } };
  for (const value of [
    { messages, note: deep },
    { messages: [{ ...messages[0], note: deep }] },
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'x', note: deep }] }] },
    { messages, tools: [{ function: declaration }] },
    { contents: [{ parts: [{ text: 'x' }] }], tools: [{ functionDeclarations: [declaration] }] },
    { contents: [{ role: 'model', parts: [{ functionCall: { name: 'f', args: { a: deep } } }] }] },
    { instruction: 'x', output: 'y', note: deep },
    { prompt: 'x', completion: 'y', anneal: deep },
    { text: 'x', meta: deep },
    { id: '0123456789abcdef', promptId: '0123456789abcdef', messages, note: deep },
    { id: '0123456789abcdef', promptId: '0123456789abcdef', messages, columns: { note: deep } },
  ])
    expect(reasonOf(value)).toMatch(/nesting deeper than 64 levels|of another shape/);
  expect(reasonOf({ messages: deep })).toContain('has a list where an object is expected');
  expect(reasonOf({ chosen: deep, rejected: deep })).toContain('has a list where an object is expected');
  expect(reasonOf({ reason: 'x', line: 1, row: { messages: deep } })).toContain('has a list where');
});

test('a row of no known shape is told which there are, and what was probably meant', () => {
  expect(reasonOf({ message: [] })).toMatchInlineSnapshot(
    `"fits no known shape (its keys are "message"); did you mean "messages" instead of "message"?; known are messages, contents, conversations, prompt with completion, instruction with output, chosen with rejected, preferred_output, text; data.template makes a conversation of any other columns"`,
  );
  expect(reasonOf({ prompt: 'x', response: 'y' })).toContain('did you mean "completion" instead of "response"?');
  expect(reasonOf({})).toContain('fits no known shape (it is empty)');
});

test('a format that was asked for is named with what is missing', () => {
  expect(reasonOf({ message: [] }, 'openai')).toBe(
    'is not of the format openai: it has no "messages"; did you mean "messages" instead of "message"?',
  );
  expect(reasonOf({ a: 1 }, 'columns')).toBe(
    'is read by its columns, for which data.template has to say what is asked and answered',
  );
});

test('a million columns are read, or refused, within seconds', { timeout: 60_000 }, () => {
  const wide = Object.fromEntries(Array.from({ length: 1_000_000 }, (_, index) => [`column ${index}`, index]));
  const spent = processorTime();
  expect(reasonOf(wide)).toContain('fits no known shape');
  const reading = readRow(Object.assign(wide, user('x')), 'auto');
  expect(spent()).toBeLessThan(30_000);
  expect(Object.keys('content' in reading ? (reading.content.columns ?? {}) : {})).toHaveLength(1_000_000);
});

test('a key named __proto__ is kept as a column and changes no prototype', () => {
  const reading = readRow(
    JSON.parse('{"messages":[{"role":"user","content":"x","__proto__":{"a":1}}],"__proto__":{"polluted":1}}'),
    'auto',
  );
  const columns = 'content' in reading ? reading.content.columns : undefined;
  expect(JSON.stringify(columns)).toBe('{"__proto__":{"polluted":1},"messages[0].__proto__":{"a":1}}');
  expect(Object.getPrototypeOf(columns)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

/** Anything JSON can say, lone surrogates and NUL included. */
const anything = fc.jsonValue({ maxDepth: 4 });
const text = fc.oneof(fc.string(), fc.constantFrom('\ud800', '\u0000', 'user', 'human', '{"a"'));
const keys = fc.constantFrom(
  'messages',
  'contents',
  'conversations',
  'prompt',
  'completion',
  'completions',
  'instruction',
  'output',
  'history',
  'chosen',
  'rejected',
  'input',
  'preferred_output',
  'non_preferred_output',
  'text',
  'tools',
  'label',
  'rating',
  'id',
  'promptId',
  'line',
  'reason',
  'row',
  'anneal',
  'document',
  'feedback',
  'origin',
  '__proto__',
  'constructor',
  'role',
  'content',
  'parts',
  'from',
  'value',
  'tool_calls',
  'function',
  'name',
  'arguments',
  'functionCall',
  'score',
);
const nearly = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ maxDepth: 5 }, text, anything, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(keys, tie('value'), { maxKeys: 5 }),
})).object;

test('whatever a row holds, it is read or refused with a reason, and what was read can be written', () => {
  fc.assert(
    fc.property(nearly, fc.constantFrom('auto' as const, ...FORMATS), (value, format) => {
      const options = { template: { prompt: '{{prompt}}', completion: '{{text}}' }, label: 'label' };
      for (const each of [{}, options]) {
        const reading = readRow(value, format, each);
        expect('reason' in reading ? reading.reason : 'read').toMatch(/^\S[^\n]*$/);
        if ('reason' in reading) continue;
        expect(FORMATS).toContain(reading.format);
        expect(identify(reading.content, 0, 1).id).toMatch(/^[0-9a-f]{16}$/);
        for (const to of EXPORTS) expect(JSON.stringify(writeRow(reading.content, to).lost)).toBeTypeOf('string');
      }
      detectFormat(value);
    }),
    { numRuns: 2000 },
  );
});

test('one broken place in a good row is refused, whatever the format', () => {
  fc.assert(
    fc.property(anyContent, fc.constantFrom(...EXPORTS), fc.constantFrom('\ud800', '\u0000'), (content, to, broken) => {
      const { value } = writeRow(content, to);
      if (!value || to === 'parquet') return;
      const reading = readRow({ ...(JSON.parse(JSON.stringify(value)) as object), note: `a${broken}` }, 'auto');
      expect('reason' in reading).toBe(true);
    }),
    { numRuns: 300 },
  );
});
