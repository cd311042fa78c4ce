import { expect, test } from 'vitest';
import { bodyOf, FULL, promptTokensOf, simpler } from '../../../../adapters/endpoint/dialect.ts';
import type { WriterRequest } from '../../../../adapters/contracts.ts';

const request: WriterRequest = {
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hello' },
  ],
  seed: 7,
  temperature: 0.5,
  topP: 0.9,
  maxTokens: 30,
};

test('a request is written in the words of the protocol, and nothing of ours goes with it', () => {
  const message = { role: 'user', content: 'Hello', weight: 0, name: 'ann' };
  expect(bodyOf('m', { ...request, messages: [message] }, FULL)).toEqual({
    model: 'm',
    messages: [{ role: 'user', content: 'Hello', name: 'ann' }],
    seed: 7,
    temperature: 0.5,
    top_p: 0.9,
    max_tokens: 30,
    stream: false,
  });
});

test('a schema in words joins the instruction that is there, or is one', () => {
  const schema = { type: 'object' };
  const words = 'Answer with one JSON value that fits this JSON Schema, and with nothing else: {"type":"object"}';
  const messagesOf = (given: WriterRequest): unknown =>
    bodyOf('m', { ...given, schema }, { ...FULL, structure: 'words' })['messages'];
  expect(messagesOf(request)).toEqual([
    { role: 'system', content: `Be brief.\n\n${words}` },
    { role: 'user', content: 'Hello' },
  ]);
  expect(messagesOf({ ...request, messages: request.messages.slice(1) })).toEqual([
    { role: 'system', content: words },
    { role: 'user', content: 'Hello' },
  ]);
});

test.each([
  ["Unsupported value: 'temperature' does not support 0.5 with this model.", { omitted: ['temperature'] }],
  ['[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted"}]', { omitted: ['seed'] }],
  [
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    { tokensField: 'max_completion_tokens' },
  ],
  ['This model does not support response_format', { structure: 'json_object' }],
])('%s: the next request leaves it out', (words, change) => {
  expect(simpler(FULL, words, undefined, true)).toEqual({ ...FULL, ...change });
});

test.each([
  ["'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens"],
  ['messages: the temperature in Paris is unknown to this schema of things'.replace('temperature', 'weather')],
  ['Please reduce the length of the messages or completion.'],
  [''],
])('%j is about something else', (words) => {
  expect(simpler(FULL, words, undefined, true)).toBeUndefined();
});

test('whatever a server turns down, there comes an end', () => {
  const words = 'unsupported: response_format, seed, temperature, top_p, max_tokens; use max_completion_tokens';
  let steps = 0;
  for (let dialect = simpler(FULL, words, undefined, true); dialect; dialect = simpler(dialect, words, undefined, true))
    steps += 1;
  expect(steps).toBe(6);
  expect(simpler(FULL, 'response_format is not supported', undefined, false)).toBeUndefined();
});

test('an estimate of the prompt covers every text in it', () => {
  const parts = [{ type: 'text', text: 'x'.repeat(90) }];
  expect(promptTokensOf({ ...request, messages: [{ role: 'user', content: parts }] })).toBeGreaterThan(30);
  expect(promptTokensOf({ ...request, messages: [{ role: 'assistant', content: null }] })).toBeGreaterThan(0);
});
