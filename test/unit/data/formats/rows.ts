import * as fc from 'fast-check';
import type { Content, Feedback, Message, Origin, Part, Tool, ToolCall } from '../../../../data/row.ts';

/** Any text that a row may hold: no NUL, no half of a surrogate pair; white space, quotes and control tokens in it. */
export const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }).map((found) => found.replaceAll('\u0000', '')),
  fc.constantFrom('', ' ', 'a\nb', '{"output":"x"}', '{"a": 1}', '{"a":1}', '[1]', "it's", '__proto__', 'data:,'),
);

const name = fc.stringMatching(/^[a-z_]{1,8}$/);
const anyJson = fc
  .jsonValue({ maxDepth: 2, noUnicodeString: false })
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '')) as unknown);
const isWellFormed = (value: unknown): boolean =>
  (JSON.stringify(value) ?? '').isWellFormed() && !/\\u(?:d[89a-f]|0000)/i.test(JSON.stringify(value) ?? '');
const json = anyJson.filter(isWellFormed);

const args = fc.oneof(
  fc.dictionary(name, json, { maxKeys: 3 }).map((value) => JSON.stringify(value)),
  fc.constantFrom('{"a": 1}', '[]', '3', '{}', '{"b":1,"1":2}'),
);

const call: fc.Arbitrary<ToolCall> = fc
  .record({ id: fc.option(name, { nil: undefined }), name, args })
  .map(({ id, name, args }) => ({
    ...(id === undefined ? {} : { id }),
    type: 'function',
    function: { name, arguments: args },
  }));

const part: fc.Arbitrary<Part> = fc.oneof(
  { weight: 3, arbitrary: text.map((found) => ({ type: 'text' as const, text: found })) },
  fc.constantFrom<Part>(
    { type: 'image_url', image_url: { url: 'https://example.com/a.png?size=2' } },
    { type: 'image_url', image_url: { url: 'https://example.com/a', detail: 'low' } },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'odd' } },
    { type: 'file', file: { uri: 'gs://bucket/a.pdf', mimeType: 'application/pdf' } },
    { type: 'file', file: { uri: 'data:application/pdf;base64,AAAA', mimeType: 'application/pdf' } },
    { type: 'file', file: { uri: 'data:image/png;base64,AAAA', mimeType: 'image/png' } },
    { type: 'file', file: { uri: 'https://example.com/a.png', mimeType: 'image/png' } },
  ),
);

const content = fc.oneof(
  { weight: 5, arbitrary: text },
  fc.array(
    text.map((found): Part => ({ type: 'text', text: found })),
    { minLength: 1, maxLength: 2 },
  ),
  fc.array(part, { minLength: 1, maxLength: 3 }),
);

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 4 });

/** Without the keys that are undefined. */
const compact = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, found]) => found !== undefined)) as T;

const plain = (role: Message['role']): fc.Arbitrary<Message> => text.map((found) => ({ role, content: found }));

const assistant: fc.Arbitrary<Message> = fc
  .record({
    content,
    name: optional(name),
    weight: optional(fc.constantFrom(0 as const, 1 as const)),
    tool_calls: optional(fc.array(call, { minLength: 1, maxLength: 2 })),
    isSilent: fc.boolean(),
  })
  .map(({ isSilent, content, ...rest }) =>
    compact({ role: 'assistant', content: isSilent && rest.tool_calls ? null : content, ...rest } as Message),
  );

const other: fc.Arbitrary<Message> = fc
  .record({
    role: fc.constantFrom('system' as const, 'developer' as const, 'user' as const, 'tool' as const),
    content,
    name: optional(name),
    tool_call_id: optional(name),
  })
  .map((found) => compact(found as Message));

const exchange = fc.tuple(plain('user'), plain('assistant'));

const conversation: fc.Arbitrary<Message[]> = fc.oneof(
  fc
    .tuple(optional(plain('system')), fc.array(exchange, { minLength: 1, maxLength: 3 }))
    .map(([system, turns]) => [...(system ? [system] : []), ...turns.flat()]),
  // A call and its result.
  fc
    .tuple(plain('user'), call, text, plain('assistant'))
    .map(([asked, made, result, answer]): Message[] => [
      asked,
      { role: 'assistant', content: null, tool_calls: [{ ...made, id: 'call_1' }] },
      { role: 'tool', content: result, tool_call_id: 'call_1' },
      answer,
    ]),
  fc.array(fc.oneof(assistant, other), { minLength: 1, maxLength: 5 }),
);

/** What a preference pair continues: mostly a conversation in which the user has the last word. */
const asked = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(conversation, plain('user')).map(([said, last]) => [...said, last]) },
  fc.tuple(fc.array(exchange, { maxLength: 2 }), plain('user')).map(([turns, last]) => [...turns.flat(), last]),
  conversation,
);

const schema = fc.oneof(
  fc.constantFrom<Record<string, unknown>>(
    { type: 'object', properties: { type: { type: 'string', enum: ['a'] } }, required: ['type'] },
    { type: 'object', properties: { a: { type: ['string', 'null'] } } },
    { type: 'array', items: { $ref: '#/$defs/a' } },
    { type: 'object', properties: {}, additionalProperties: false },
    { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }] },
  ),
  fc.dictionary(name, json, { maxKeys: 2 }),
);

const tool: fc.Arbitrary<Tool> = fc
  .record({ name, description: optional(text), parameters: optional(schema), strict: optional(fc.boolean()) })
  .map((found) => ({ type: 'function', function: compact(found) as Tool['function'] }));

const feedback: fc.Arbitrary<Feedback> = fc
  .record({
    good: optional(fc.boolean()),
    rating: optional(fc.integer()),
    comment: optional(text),
    correction: optional(text),
  })
  .map((found) => compact(found) as Feedback)
  .filter((found) => Object.keys(found).length > 0);

const origin: fc.Arbitrary<Origin> = fc.constant({
  strategy: 'paraphrase',
  generator: 'local',
  settings: '0123456789abcdef',
  seed: 1,
  prompt: '0123456789abcdef',
  parents: ['0123456789abcdef'],
});

const columns = fc.dictionary(fc.oneof(name, text, fc.constantFrom('id', 'response', 'messages[0].refusal')), json, {
  minKeys: 1,
  maxKeys: 3,
});

const beside = fc
  .record({
    weight: optional(fc.constantFrom(0, 0.5, 2)),
    label: optional(fc.constantFrom('a', 'b c', 'true')),
    columns: optional(columns),
    origin: optional(origin),
  })
  .map((found) => compact(found) as Partial<Content>);

const tools = optional(fc.array(tool, { minLength: 1, maxLength: 2 }));
const answer = plain('assistant').map((message) => [message]);
const continuation = fc.oneof({ weight: 3, arbitrary: answer }, fc.array(assistant, { minLength: 1, maxLength: 2 }));

/** Any content: conversations of every kind, preference pairs, feedback, documents. */
export const anyContent: fc.Arbitrary<Content> = fc.oneof(
  fc
    .tuple(conversation, tools, beside)
    .map(([messages, tools, more]) => compact({ messages, tools, ...more }) as Content),
  fc
    .tuple(asked, tools, continuation, continuation, beside)
    .map(
      ([messages, tools, chosen, rejected, more]) => compact({ messages, tools, chosen, rejected, ...more }) as Content,
    ),
  fc
    .tuple(conversation, feedback, beside)
    .map(([messages, feedback, more]) => compact({ messages, feedback, ...more }) as Content),
  fc
    .tuple(fc.record({ text, title: optional(text), uri: optional(text) }), beside)
    .map(([document, more]) => ({ messages: [], document: compact(document), ...more }) as Content),
);
