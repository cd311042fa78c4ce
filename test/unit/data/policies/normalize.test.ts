import { expect, test } from 'vitest';
import { Normalize } from '../../../../configs/policies.ts';
import { normalize } from '../../../../data/policies/normalize.ts';
import type { PolicyRun } from '../../../../data/policies/policy.ts';
import type { Row } from '../../../../data/row.ts';
import { rowOf, worldOf } from './rows.ts';

const start = (settings: object = {}): PolicyRun =>
  normalize.start(Normalize.parse({ policy: 'normalize', ...settings }), worldOf()) as PolicyRun;
const question = (row: Row): unknown => row.messages[0]!.content;

test.each([
  ['Unicode form', {}, 'Cafe\u0301', 'Caf\u00e9'],
  ['Unicode form', { unicode: 'NFKC' }, '\ufb01le \uff21', 'file A'],
  ['line ends', {}, 'a\r\nb\rc\n', 'a\nb\nc\n'],
  ['line ends, Unicode form', {}, 'e\u0301\r\n', '\u00e9\n'],
  ['invisible characters', { invisible: 'remove' }, 'a\u200bb', 'ab'],
  ['invisible characters, Unicode form', { invisible: 'remove' }, 'e\u200b\u0301', '\u00e9'],
])('%s: the text is changed and the reason says what', (why, settings, before, after) => {
  const decision = start(settings).apply(rowOf(before));
  expect(decision).toMatchObject({ why });
  const { row } = decision as { row: Row };
  expect(question(row)).toBe(after);
  expect(row.id).toBe(rowOf(after).id);
});

test.each([
  ['plain text', {}, 'a\tb\nc ~'],
  ['text in form already', {}, 'Caf\u00e9 \u65e5\u672c'],
  ['what is not asked for', { unicode: 'none', lineEnds: false }, 'e\u0301\r\n'],
])('%s stays as it is', (_what, settings, text) => {
  expect(start(settings).apply(rowOf(text))).toBeUndefined();
});

test('labels, columns, documents and tool-call arguments are put in form, too', () => {
  const decision = start().apply(
    rowOf({
      messages: [
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ type: 'function', function: { name: 'f', arguments: '{"a": "e\u0301", "b":1.0}' } }],
        },
      ],
      document: { text: 'a\r\n' },
      label: 'e\u0301',
      columns: { group: 'e\u0301', n: 7 },
    }),
  );
  expect(decision).toMatchObject({
    row: {
      messages: [{ tool_calls: [{ function: { arguments: '{"a": "\u00e9", "b":1.0}' } }] }],
      document: { text: 'a\n' },
      label: '\u00e9',
      columns: { group: '\u00e9', n: 7 },
    },
  });
});

test('invisible characters are counted by kind with their place, and quarantined when asked', () => {
  const run = start();
  expect(run.apply(rowOf('a\u200b\u202e'))).toEqual({ note: 'invisible characters' });
  expect(run.findings!()).toEqual({
    counts: { bidi: 1, zeroWidth: 1 },
    examples: { bidi: [{ source: 0, line: 7 }], zeroWidth: [{ source: 0, line: 7 }] },
  });
  expect(start({ invisible: 'quarantine' }).apply(rowOf('a\u200b'))).toEqual({
    out: 'quarantine',
    why: 'invisible characters',
  });
});
