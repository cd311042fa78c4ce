import { expect, test } from 'vitest';
import { Pii, Secrets } from '../../../../configs/policies.ts';
import { pii } from '../../../../data/policies/pii.ts';
import type { PolicyRun } from '../../../../data/policies/policy.ts';
import { secrets } from '../../../../data/policies/secrets.ts';
import { rowOf, worldOf } from './rows.ts';

const startPii = async (settings: object = {}): Promise<PolicyRun> =>
  pii.start(Pii.parse({ policy: 'pii', ...settings }), worldOf());
const startSecrets = (settings: object = {}): PolicyRun =>
  secrets.start(Secrets.parse({ policy: 'secrets', ...settings }), worldOf()) as PolicyRun;

test('every place of a row is redacted, and tool-call arguments stay JSON', async () => {
  const run = await startPii({ action: 'redact' });
  const decision = run.apply(
    rowOf({
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'I am alice@example.com' }] },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: '1',
              type: 'function',
              function: {
                name: 'f',
                arguments: '{ "to": "line\\nalice@example.com", "ssn": 219099998, "big": 12345678901234567890 }',
              },
            },
          ],
        },
      ],
      chosen: [{ role: 'assistant', content: 'call +49 30 901820' }],
      rejected: [{ role: 'assistant', content: '192.168.0.1' }],
      document: { text: '4111 1111 1111 1111', title: 'DE89370400440532013000' },
      feedback: { comment: 'bob@example.com' },
      label: 'carol@example.com',
      columns: { ssn: '219099998', nested: [{ mail: 'dan@example.com' }], count: 3 },
    }),
  );
  expect(decision).toMatchObject({
    why: 'card+email+iban+ip+nationalId+phone',
    row: {
      messages: [
        { content: [{ text: 'I am [EMAIL]' }] },
        {
          tool_calls: [
            { function: { arguments: '{ "to": "line\\n[EMAIL]", "ssn": "[ID]", "big": 12345678901234567890 }' } },
          ],
        },
      ],
      chosen: [{ content: 'call [PHONE]' }],
      rejected: [{ content: '[IP]' }],
      document: { text: '[CARD]', title: '[IBAN]' },
      feedback: { comment: '[EMAIL]' },
      label: '[EMAIL]',
      columns: { ssn: '[ID]', nested: [{ mail: '[EMAIL]' }], count: 3 },
    },
  });
});

test('a redacted row has the identity of what it says now', async () => {
  const decision = (await startPii({ action: 'redact' })).apply(rowOf('I am alice@example.com'));
  expect(decision).toMatchObject({ row: { id: rowOf('I am [EMAIL]').id, line: 7 } });
});

test('findings have counts and places, never what was matched', async () => {
  const run = await startPii();
  expect(run.apply(rowOf('alice@example.com, bob@example.com and 127.0.0.1'))).toEqual({ note: 'email+ip' });
  for (let i = 0; i < 9; i++) run.apply({ ...rowOf('carol@example.com'), line: i + 10 });
  const found = run.findings!();
  expect(found).toMatchObject({ counts: { email: 11, ip: 1 } });
  expect(found['examples']).toEqual({
    email: [7, 10, 11, 12, 13].map((line) => ({ source: 0, line })),
    ip: [{ source: 0, line: 7 }],
  });
  expect(JSON.stringify(found)).not.toContain('example.com');
});

test.each(['quarantine', 'drop'] as const)('%s takes the row out and names the kind', async (action) => {
  expect((await startPii({ action })).apply(rowOf('alice@example.com'))).toEqual({
    out: action,
    why: 'personal data: email',
  });
  expect(startSecrets({ action }).apply(rowOf('DB_PASSWORD=x9K2mQ7vL4'))).toEqual({
    out: action,
    why: 'secrets: assignment',
  });
});

test('a row without any stays as it is', async () => {
  expect((await startPii({ action: 'redact' })).apply(rowOf('Where is order 2125550123?'))).toBeUndefined();
  expect(startSecrets({ action: 'redact' }).apply(rowOf('What is a password?'))).toBeUndefined();
});

test('secrets are redacted in messages, arguments and columns by their key', () => {
  const decision = startSecrets({ action: 'redact' }).apply(
    rowOf({
      messages: [
        { role: 'user', content: 'postgres://app:hunter2@db.example.com/x' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ type: 'function', function: { name: 'f', arguments: '{"password":"x9K2mQ7vL4"}' } }],
        },
      ],
      columns: { api_key: 'x9K2mQ7vL4', id: 'x9K2mQ7vL4' },
    }),
  );
  expect(decision).toMatchObject({
    why: 'assignment+uriPassword',
    row: {
      messages: [
        { content: 'postgres://app:[SECRET]@db.example.com/x' },
        { tool_calls: [{ function: { arguments: '{"password":"[SECRET]"}' } }] },
      ],
      columns: { api_key: '[SECRET]', id: 'x9K2mQ7vL4' },
    },
  });
});
