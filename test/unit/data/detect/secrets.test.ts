import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { findSecrets, redactSecrets } from '../../../../data/detect/secrets.ts';
import { processorTime } from '../../../support/stopwatch.ts';

// Made up here, in pieces, so that no scanner takes this file for a leak.
const letters = 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zAbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKlMnOp';
const some = (length: number): string => letters.slice(0, length);
const KEY = `-----BEGIN RSA PRIVATE KEY-----\n${some(64)}\n${some(20)}\n-----END RSA PRIVATE KEY-----`;
const JWT = `eyJ${some(20)}.eyJ${some(30)}.${some(43)}`;

test.each([
  ['privateKey', KEY],
  ['privateKey', `-----BEGIN PRIVATE KEY-----\\n${some(64)}\\n-----END PRIVATE KEY-----`],
  ['aws', `AKIAABCDEFGHIJKLMNOP`],
  ['google', `AIza${some(35)}`],
  ['github', `ghp_${some(36)}`],
  ['github', `github_pat_${some(82)}`],
  ['gitlab', `glpat-${some(20)}`],
  ['slack', `xoxb-123456789012-${some(24)}`],
  ['stripe', `sk_live_${some(24)}`],
  ['openai', `sk-proj-${some(60)}`],
  ['openai', `sk-${some(48)}`],
  ['anthropic', `sk-ant-api03-${some(60)}`],
  ['huggingface', `hf_${some(34)}`],
  ['npm', `npm_${some(36)}`],
  ['pypi', `pypi-AgEIcHlwaS5vcmc${some(60)}`],
  ['twilio', `SK${'0123456789abcdef'.repeat(2)}`],
  ['sendgrid', `SG.${some(22)}.${some(43)}`],
  ['jwt', JWT],
])('a token of %s is found and redacted', (kind, secret) => {
  const text = `use "${secret}" here`;
  expect(findSecrets(text)).toEqual([{ kind, start: 5, end: 5 + secret.length }]);
  expect(redactSecrets(text)).toBe('use "[SECRET]" here');
});

test.each([
  ['postgres://app:hunter2@db.example.com:5432/x', 'postgres://app:[SECRET]@db.example.com:5432/x'],
  ['redis://:p4ss@10.0.0.1', 'redis://:[SECRET]@10.0.0.1'],
  ['Authorization: Bearer abcdef123456', 'Authorization: Bearer [SECRET]'],
  ['{"authorization": "Basic dXNlcjpwYXNz"}', '{"authorization": "Basic [SECRET]"}'],
  ['DB_PASSWORD=x9K2mQ7vL4', 'DB_PASSWORD=[SECRET]'],
  ['password: x9K2mQ7v&4', 'password: [SECRET]'],
  ['?token=x9K2mQ7vL4&page=2', '?token=[SECRET]&page=2'],
  ["client_secret: 'a8f3k2m9q7w4e6r1'", "client_secret: '[SECRET]'"],
  ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzzz', 'aws_secret_access_key = [SECRET]'],
])('%s is redacted', (text, redacted) => {
  expect(redactSecrets(text)).toBe(redacted);
});

test.each([
  'password=password',
  'Authorization: Bearer YOUR_TOKEN or Authorization: Bearer $TOKEN',
  'Your password: must have eight characters',
  'token = os.environ["TOKEN"]',
  'api_key=${API_KEY_FROM_ENV}',
  'postgres://user:<password>@host/db and postgres://user:$PASS@host/db',
  'https://example.com:8080/a@b',
  'sk-learn, hf_hub_download, npm_config_registry, sk_test_ is a prefix',
  '-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----',
  'the token: tokenizer_class_name_here',
])('%s holds none', (text) => {
  expect(findSecrets(text)).toEqual([]);
});

test('the key of a value is its name', () => {
  expect(redactSecrets('x9K2mQ7vL4', 'dbPassword')).toBe('[SECRET]');
  expect(redactSecrets('x9K2mQ7vL4', 'colour')).toBe('x9K2mQ7vL4');
});

test('of a private key cut short all that is left of it is a secret', () => {
  expect(redactSecrets(`x -----BEGIN PRIVATE KEY-----\n${some(64)}\n${some(30)}. Then`)).toBe('x [SECRET]. Then');
});

test('whatever the text: redacted once, nothing more is found', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      KEY,
      JWT,
      'password=',
      'Authorization: Bearer ',
      '://a:',
      '@',
      'x9K2mQ7vL4',
      `hf_${some(34)}`,
      '"',
      '-----BEGIN PRIVATE KEY-----',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), fc.constantFrom('', 'password'), (pieces, context) => {
      const redacted = redactSecrets(pieces.join(''), context);
      expect(findSecrets(redacted, context)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test.each([
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN ',
  'eyJ',
  'eyJa.',
  'eyJaaaaaaaaaaa.',
  '://',
  '://a:',
  '://a:b',
  'password=',
  'password',
  'token: ',
  'sk-',
  'hf_',
  'Authorization: ',
  'authorization',
  'xoxb-',
  'a',
  'passwordaaaa',
  'ghp_a ',
  'glpat-.',
  'AKIA',
  'ya29.',
  'token=&a',
  'token=&',
])('a megabyte of %j takes under a second', (unit) => {
  const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
  const times = [1, 2].map(() => {
    const spent = processorTime();
    findSecrets(text);
    return spent();
  });
  expect(Math.min(...times)).toBeLessThan(1000);
});
