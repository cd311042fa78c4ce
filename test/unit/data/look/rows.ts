import * as fc from 'fast-check';
import { identify } from '../../../../data/row.ts';
import type { Content, Message, Row } from '../../../../data/row.ts';

/** A row with a question and an answer. */
export const asked = (question: string, answer: string, line = 1, more: Partial<Content> = {}): Row =>
  identify(
    {
      messages: [
        { role: 'user', content: question },
        { role: 'assistant', content: answer },
      ],
      ...more,
    },
    0,
    line,
  );

const nasty = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  fc.string({ maxLength: 90 }),
  fc.constantFrom(
    '',
    '\ud800',
    '\u202eabc',
    '\u0000',
    '\u001b[31mred\u001b[0m\u001b]0;title\u0007',
    '</style><script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='x",
    '__proto__',
    'constructor',
    '漢字かな',
    '👩‍👩‍👧',
  ),
);

const message: fc.Arbitrary<Message> = fc.record(
  {
    role: fc.constantFrom('system', 'user', 'assistant', 'tool'),
    content: fc.oneof(
      nasty,
      fc.constant(null),
      fc.array(
        fc.oneof(
          fc.record({ type: fc.constant('text' as const), text: nasty }),
          fc.record({ type: fc.constant('image_url' as const), image_url: fc.record({ url: nasty }) }),
        ),
        { maxLength: 3 },
      ),
    ),
    weight: fc.constantFrom(0 as const, 1 as const),
    tool_calls: fc.array(
      fc.record({ type: fc.constant('function' as const), function: fc.record({ name: nasty, arguments: nasty }) }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: ['role', 'content'] },
);
const messages = fc.array(message, { maxLength: 4 });

/** Any row at all, also odd and hostile ones. */
export const anyRow: fc.Arbitrary<Row> = fc
  .record(
    {
      messages,
      chosen: messages,
      rejected: messages,
      tools: fc.array(fc.record({ type: fc.constant('function' as const), function: fc.record({ name: nasty }) }), {
        maxLength: 2,
      }),
      document: fc.record({ text: nasty }),
      feedback: fc.record({ good: fc.boolean() }),
      weight: fc.double(),
      label: nasty,
      columns: fc.dictionary(nasty, fc.jsonValue()),
      origin: fc.record({
        strategy: nasty,
        generator: nasty,
        settings: nasty,
        seed: fc.nat(),
        prompt: nasty,
        parents: fc.array(nasty, { maxLength: 2 }),
      }),
    },
    { requiredKeys: ['messages'] },
  )
  .chain((content) => fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 1000 })).map(([s, l]) => identify(content, s, l)));
