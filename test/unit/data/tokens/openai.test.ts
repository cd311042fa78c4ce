import { expect, test } from 'vitest';
import { openaiCounter } from '../../../../data/tokens/openai.ts';
import { dialogue, row } from './rows.ts';

const counter = await openaiCounter('o200k_base');

test('a conversation costs its texts, its roles, three tokens a message and three for the reply', () => {
  // user, hello, assistant, "hi there": 1 + 1 + 1 + 2.
  expect(counter.countRow(dialogue('hello', 'hi there'))).toBe(5 + 2 * 3 + 3);
});

test('a name costs one more than its text', () => {
  const named = row({ messages: [{ role: 'user', content: 'hello', name: 'ann' }] });
  const plain = dialogue('hello');
  expect(counter.countRow(named) - counter.countRow(plain)).toBe(counter.countText('ann') + 1);
});

test('a preference pair counts the prompt with the longer answer', () => {
  const ask = { role: 'user', content: 'hello' } as const;
  const short = [{ role: 'assistant', content: 'hi' }] as const;
  const long = [{ role: 'assistant', content: 'hi there, what can I do for you?' }] as const;
  const pair = row({ messages: [ask], chosen: [...short], rejected: [...long] });
  expect(counter.countRow(pair)).toBe(counter.countRow(row({ messages: [ask, ...long] })));
});

test('tools and their calls are counted', () => {
  const tools = [{ type: 'function' as const, function: { name: 'find_order', parameters: { type: 'object' } } }];
  const call = { type: 'function' as const, function: { name: 'find_order', arguments: '{"id":7}' } };
  const messages = [
    { role: 'user' as const, content: 'where is it?' },
    { role: 'assistant' as const, content: null, tool_calls: [call] },
  ];
  const without = counter.countRow(row({ messages }));
  expect(counter.countRow(row({ messages, tools }))).toBe(without + counter.countText(JSON.stringify(tools)));
  expect(without).toBeGreaterThan(counter.countRow(row({ messages: messages.slice(0, 1) })) + 4);
});

test('a document is its text alone', () => {
  expect(counter.countRow(row({ messages: [], document: { text: 'hello' } }))).toBe(1);
});

test('a row with a picture is refused with its place', () => {
  const picture = { type: 'image_url' as const, image_url: { url: 'https://example.org/a.png' } };
  const shown = row({ messages: [{ role: 'user', content: [picture] }] }, 12, 1);
  expect(() => counter.countRow(shown)).toThrowErrorMatchingInlineSnapshot(
    `[TerminalError: source 1 line 12 holds a part of type image_url, whose tokens cannot be counted here]`,
  );
  expect(() => counter.atMost?.(shown)).toThrow('source 1 line 12');
});

test('the bound is never below the count', () => {
  for (const text of ['', 'hello', '日本語のテキスト', '👩‍👧‍👦', '<|im_end|>', '\ud83d', 'a'.repeat(500), '\u0958\u0344'])
    expect(counter.atMost?.(dialogue(text, 'x'))).toBeGreaterThanOrEqual(counter.countRow(dialogue(text, 'x')));
});
