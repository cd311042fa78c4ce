import { describe, expect, it } from 'vitest';
import { redact } from '../../../../adapters/remote/redact.ts';

const KEY = '-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg\\nkqhkiG9w0BAQ==\\n-----END PRIVATE KEY-----\\n';

describe('secrets in a text', () => {
  it.each([
    ['an access token of Google', 'sent ya29.a0AfH6SMBx-y_z.w', 'sent [token]'],
    ['a header', 'Authorization: Bearer abcdef123456', 'Authorization: [hidden]'],
    ['a header in JSON', '{"authorization":"Basic dXNlcjpwYXNz"}', '{"authorization":"[hidden]"}'],
    ['a bearer token alone', 'bearer planted-token-1', 'bearer [hidden]'],
    ['a private key', `{"private_key": "${KEY}"}`, '{"private_key": "[private key]"}'],
    ['a private key cut off', 'x -----BEGIN RSA PRIVATE KEY-----\nMIIE', 'x [private key]'],
    ['a refresh token', '"refresh_token": "1//0abcdefghijkl"', '"refresh_token": "[token]"'],
    ['a client secret', 'GOCSPX-abc_def', '[secret]'],
    ['an API key in an address', 'GET /v1?key=AIzaSyA1234567890abcdefghijk&x=1', 'GET /v1?key=[hidden]&x=1'],
    ['an OpenAI key', 'Incorrect API key provided: sk-proj-abc****xyz', 'Incorrect API key provided: [key]'],
    ['a signed web token', 'eyJhbGciOi.eyJpc3MiOi.c2lnbmF0dXJl!', '[token]!'],
    ['a signed address', 'https://x/y?X-Goog-Signature=abc123&a=b', 'https://x/y?X-Goog-Signature=[hidden]&a=b'],
  ])('takes out %s', (_, text, left) => {
    expect(redact(text)).toBe(left);
  });

  it('takes out what it is told, the longer one first', () => {
    expect(redact('the word planted-secret-long', ['planted', 'planted-secret-long', undefined, 'the'])).toBe(
      'the word [hidden]',
    );
  });

  it('leaves ordinary sentences as they are', () => {
    const text =
      "Permission 'aiplatform.tuningJobs.create' denied on key-value store; authorization failed, token count 12";
    expect(redact(text)).toBe(text);
  });
});
