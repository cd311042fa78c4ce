import { expect, test } from 'vitest';
import { Roles } from '../../../../configs/policies.ts';
import type { PolicyRun } from '../../../../data/policies/policy.ts';
import { roles } from '../../../../data/policies/roles.ts';
import type { Content, Message, ToolCall } from '../../../../data/row.ts';
import { rowOf, worldOf } from './rows.ts';

const run = roles.start(Roles.parse({ policy: 'roles' }), worldOf()) as PolicyRun;
const system: Message = { role: 'system', content: 'Be kind.' };
const user: Message = { role: 'user', content: 'Hello' };
const answer: Message = { role: 'assistant', content: 'Good day' };
const other: Message = { role: 'assistant', content: 'What?' };
const callOf = (id?: string): ToolCall => ({
  ...(id ? { id } : {}),
  type: 'function',
  function: { name: 'f', arguments: '{}' },
});
const calls = (...ids: (string | undefined)[]): Message => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => callOf(id)),
});
const result = (id?: string): Message => ({ role: 'tool', content: '1', ...(id ? { tool_call_id: id } : {}) });
const empty: Message = { role: 'user', content: ' \n' };

test.each<[string, Partial<Content>]>([
  ['a question and its answer', { messages: [user, answer] }],
  ['a system message first', { messages: [system, user, answer, user, answer] }],
  ['two user messages in a row', { messages: [user, user, answer] }],
  ['a call as the answer', { messages: [user, calls('a')] }],
  ['a call, its result, an answer', { messages: [user, calls('a', 'b'), result('b'), result('a'), answer] }],
  ['calls without ids', { messages: [user, calls(undefined, undefined), result(), result(), answer] }],
  ['results with ids of calls without', { messages: [user, calls(undefined), result('x'), answer] }],
  [
    'a picture as the question',
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }, answer] },
  ],
  ['a pair', { messages: [user], chosen: [answer], rejected: [other] }],
  [
    'a pair after a tool result',
    { messages: [user, calls('a'), result('a')], chosen: [answer], rejected: [calls('b')] },
  ],
  ['a document', { document: { text: 'Once' } }],
  ['feedback on an answer', { messages: [user, answer], feedback: { good: false } }],
  ['feedback with the right answer', { messages: [user], feedback: { correction: 'Good day' } }],
])('%s is in order', (_what, content) => {
  expect(run.apply(rowOf(content))).toBeUndefined();
});

test.each<[string, Partial<Content>]>([
  ['no messages', {}],
  ['message 2: two system messages', { messages: [system, system, user, answer] }],
  ['message 2: the system message is not the first', { messages: [user, system, answer] }],
  ['message 1: an answer before any user message', { messages: [answer, user, answer] }],
  ['message 1: empty (user)', { messages: [empty, answer] }],
  ['message 2: empty (assistant)', { messages: [user, { role: 'assistant', content: null }] }],
  ['message 3: two answers in a row', { messages: [user, answer, other] }],
  ['message 2: the last is of role user, not an answer', { messages: [system, user] }],
  ['message 2: a tool result without a call before it', { messages: [user, result('a'), answer] }],
  ['message 3: a tool result for "b", which was not called', { messages: [user, calls('a'), result('b'), answer] }],
  ['message 3: an answer before the result of the tool call', { messages: [user, calls('a'), answer] }],
  [
    'message 4: user speaks before the result of the tool call',
    { messages: [user, calls('a', 'b'), result('a'), user, answer] },
  ],
  ['message 1: unknown role "robot"', { messages: [{ role: 'robot' as 'user', content: 'x' }] }],
  [
    'message 2: the prompt of a pair ends with assistant',
    { messages: [user, answer], chosen: [answer], rejected: [other] },
  ],
  ['rejected is missing', { messages: [user], chosen: [answer] }],
  ['chosen is missing', { messages: [user], chosen: [], rejected: [other] }],
  [
    'chosen message 1: empty (assistant)',
    { messages: [user], chosen: [{ role: 'assistant', content: '' }], rejected: [other] },
  ],
  ['rejected does not end with an answer', { messages: [user], chosen: [answer], rejected: [other, user] }],
  [
    'chosen and rejected are the same',
    { messages: [user], chosen: [answer], rejected: [{ ...answer, content: ' Good day ' }] },
  ],
  ['the document is empty', { document: { text: ' ' } }],
  ['the feedback says nothing', { messages: [user, answer], feedback: { comment: '' } }],
  ['feedback without an answer that it is about', { messages: [user], feedback: { good: true } }],
])('%s', (why, content) => {
  expect(run.apply(rowOf(content))).toEqual({ out: 'quarantine', why });
});
