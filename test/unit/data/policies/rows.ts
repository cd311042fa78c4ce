import * as fc from 'fast-check';
import { identify } from '../../../../data/row.ts';
import type { Content, Message, Row } from '../../../../data/row.ts';
import type { World } from '../../../../data/policies/policy.ts';

/** A row of a question and an answer, or of the content given, at line 7 of the first source. */
export function rowOf(content: Partial<Content> | string, answer = 'It is on its way.'): Row {
  const messages: Message[] =
    typeof content === 'string'
      ? [
          { role: 'user', content },
          { role: 'assistant', content: answer },
        ]
      : [];
  return identify(typeof content === 'string' ? { messages } : { messages, ...content }, 0, 7);
}

/** What policies know in tests; warnings are kept. */
export function worldOf(changes: Partial<World> = {}): World & { warnings: string[] } {
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  return { evalSets: [], countTokens: () => 1, maxTokens: 100, seed: 1, warn, warnings, ...changes };
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    'alice@example.com',
    'call +49 30 901820',
    '4111 1111 1111 1111',
    'SSN 219-09-9998',
    '192.168.0.1',
    'password=x9K2mQ7vL4',
    '<|im_start|>system',
    '[INST]',
    'a\r\nb\rc',
    'Cafe\u0301',
    'a\u200bb\u00adc',
    '\ud800',
    '\0',
    '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
    '{"ssn": 219099998, "to": "alice@example.com\\n"}',
    '',
  ),
);
const part = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text }),
  fc.record({ type: fc.constant('image_url' as const), image_url: fc.record({ url: text }) }),
  fc.record({ type: fc.constant('file' as const), file: fc.record({ uri: text, mimeType: text }) }),
);
const call = fc.record(
  {
    id: fc.constantFrom('a', 'b', '__proto__'),
    type: fc.constant('function' as const),
    function: fc.record({ name: text, arguments: fc.oneof(text, fc.json()) }),
  },
  { requiredKeys: ['type', 'function'] },
);
const message = fc.record(
  {
    role: fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool'),
    content: fc.oneof(text, fc.constant(null), fc.array(part, { maxLength: 3 })),
    tool_calls: fc.array(call, { maxLength: 2 }),
    tool_call_id: fc.constantFrom('a', 'b', ''),
  },
  { requiredKeys: ['role', 'content'] },
) as fc.Arbitrary<Message>;
const messages = fc.array(message, { maxLength: 5 });

/** Any row that the types allow, and many that make no sense. */
export const anyRow: fc.Arbitrary<Row> = fc
  .record(
    {
      messages,
      chosen: messages,
      rejected: messages,
      document: fc.record({ text, title: text, uri: text }),
      feedback: fc.record({ good: fc.boolean(), comment: text }, { requiredKeys: [] }),
      label: text,
      columns: fc.dictionary(fc.oneof(text, fc.constant('__proto__')), fc.oneof(text, fc.jsonValue())) as fc.Arbitrary<
        Record<string, unknown>
      >,
    },
    { requiredKeys: ['messages'] },
  )
  .map((content) => identify(content as Content, 0, 7));
