import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import type { Bucket } from '@google-cloud/storage';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { clientOf, identityOf, placeOf } from '../../../../adapters/google/auth.ts';
import { serviceBase, vertexBase } from '../../../../adapters/google/rest.ts';
import { textOf, transfer } from '../../../../adapters/google/storage/transfer.ts';
import type { TerminalError } from '../../../../configs/failure.ts';

const SECRET = '-----BEGIN PRIVATE KEY-----\nplanted-key-of-a-test\n-----END PRIVATE KEY-----\n';
const VARIABLES = [
  'ANNEAL_VERTEX_URL',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'GOOGLE_CLOUD_PROJECT',
  'GOOGLE_CLOUD_LOCATION',
  'GOOGLE_CLOUD_QUOTA_PROJECT',
  'GCE_METADATA_HOST',
  'GCE_METADATA_IP',
];

beforeEach(async () => {
  for (const name of VARIABLES) vi.stubEnv(name, undefined);
  vi.stubEnv('CLOUDSDK_CONFIG', await mkdtemp(join(tmpdir(), 'gcloud-')));
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none');
});
afterEach(() => vi.unstubAllEnvs());

const credentials = async (content: object | string): Promise<void> => {
  const file = join(env['CLOUDSDK_CONFIG'] ?? '', 'application_default_credentials.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
};
const refusal = (asked: Promise<unknown>): Promise<TerminalError> =>
  asked.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error as TerminalError,
  );

describe('who asks', () => {
  it.each([
    [
      { type: 'authorized_user', quota_project_id: 'pays' },
      { kind: 'user', project: 'pays', quotaProject: 'pays' },
    ],
    [
      { type: 'service_account', client_email: 'a@acme.iam.gserviceaccount.com', project_id: 'acme' },
      { kind: 'service account', email: 'a@acme.iam.gserviceaccount.com', project: 'acme' },
    ],
    [
      {
        type: 'impersonated_service_account',
        service_account_impersonation_url:
          'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/b@acme.iam.gserviceaccount.com:generateAccessToken',
      },
      { kind: 'impersonated service account', email: 'b@acme.iam.gserviceaccount.com', project: 'acme' },
    ],
    [{ type: 'external_account', audience: '//iam…' }, { kind: 'workload identity federation' }],
  ])('%o', async (file, identity) => {
    await credentials({ ...file, private_key: SECRET, refresh_token: '1//planted-refresh-token' });
    const found = await identityOf();
    expect(found).toMatchObject({ ...identity, from: 'gcloud auth application-default login' });
    expect(JSON.stringify(found)).not.toContain('planted');
  });

  it('is the machine itself, where a metadata server answers', async () => {
    const server = createServer((request, response) => {
      response.setHeader('metadata-flavor', 'Google');
      response.end(request.url?.endsWith('email') ? 'vm@acme.iam.gserviceaccount.com' : 'acme-vm');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('METADATA_SERVER_DETECTION', undefined);
    vi.stubEnv('GCE_METADATA_HOST', `127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(await identityOf()).toMatchObject({ kind: 'metadata server', email: 'vm@acme.iam.gserviceaccount.com' });
    expect((await placeOf({})).project).toBe('acme-vm');
    server.close();
  });

  it('is asked for a new token when one is turned down before its time', async () => {
    const tokens: (string | undefined)[] = [];
    let made = 0;
    const server = createServer(({ url, headers }, response) => {
      response.setHeader('metadata-flavor', 'Google');
      if (url?.includes('/token')) {
        const token = { access_token: `token-${++made}`, expires_in: 3600, token_type: 'Bearer' };
        return response.setHeader('content-type', 'application/json').end(JSON.stringify(token));
      }
      if (url?.startsWith('/computeMetadata')) return response.end('acme');
      tokens.push(headers.authorization);
      return response.writeHead(tokens.length === 1 ? 401 : 200).end('bytes');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    vi.stubEnv('METADATA_SERVER_DETECTION', undefined);
    vi.stubEnv('GCE_METADATA_HOST', host);
    const bucket = { storage: { authClient: await clientOf() } } as unknown as Bucket;
    const order = { method: 'GET' as const, url: `http://${host}/object`, headers: {}, stallMs: 5000 };
    expect(await transfer(bucket, order, textOf)).toBe('bytes');
    expect(tokens).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('is nobody, said soon, also where the metadata server is silent', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('METADATA_SERVER_DETECTION', undefined);
    vi.stubEnv('GCE_METADATA_HOST', `127.0.0.1:${(server.address() as AddressInfo).port}`);
    const began = performance.now();
    const { type, message } = await refusal(identityOf());
    expect(performance.now() - began).toBeLessThan(3000);
    expect(type).toBe('NoCredentials');
    expect(message).toMatchInlineSnapshot(
      `"no Google credentials were found: run \`gcloud auth application-default login\`, or set GOOGLE_APPLICATION_CREDENTIALS to a credentials file, where the worker runs"`,
    );
    server.closeAllConnections();
    server.close();
  });

  it.each([
    ['no JSON', `{"private_key": "${SECRET}"`],
    ['no known type', { type: 'planted_type', private_key: SECRET }],
  ])('a file that is %s is named without its content', async (_, content) => {
    await credentials(content);
    const { type, message, cause } = await refusal(identityOf());
    expect(type).toBe('NoCredentials');
    expect(`${message} ${String(cause)}`).not.toContain('planted');
  });

  it('a key that cannot sign gives an error without it', async () => {
    await credentials({ type: 'service_account', client_email: 'a@b.c', project_id: 'acme', private_key: SECRET });
    const client = await clientOf();
    await expect(client.getRequestHeaders('https://us-central1-aiplatform.googleapis.com/')).rejects.not.toThrow(
      /planted/,
    );
  });

  it('a named file that is not there', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '/no/such/key.json');
    expect((await refusal(identityOf())).message).toContain('there is no file /no/such/key.json');
  });

  it('is pretended before a test server, whatever credentials there are', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '/no/such/key.json');
    vi.stubEnv('ANNEAL_VERTEX_URL', 'http://127.0.0.1:1234');
    expect((await identityOf()).kind).toBe('pretended');
  });
});

describe('where work is done', () => {
  it('the recipe goes before the environment, and that before the credentials', async () => {
    await credentials({ type: 'service_account', client_email: 'a@b.c', project_id: 'of-key' });
    expect(await placeOf({})).toMatchObject({ project: 'of-key', location: 'us-central1' });
    vi.stubEnv('GOOGLE_CLOUD_PROJECT', 'of-env');
    vi.stubEnv('GOOGLE_CLOUD_LOCATION', 'europe-west4');
    expect(await placeOf({})).toMatchObject({ project: 'of-env', location: 'europe-west4' });
    expect(await placeOf({ project: 'of-recipe', location: 'asia-east1' })).toEqual({
      project: 'of-recipe',
      location: 'asia-east1',
      from: { project: 'google.project in the recipe', location: 'google.location in the recipe' },
    });
  });

  it('no project is one sentence', async () => {
    const { type, message } = await refusal(placeOf({}));
    expect(type).toBe('NoProject');
    expect(message).toMatchInlineSnapshot(
      `"no Google Cloud project is named: set google.project in the recipe or GOOGLE_CLOUD_PROJECT where the worker runs"`,
    );
  });

  it('is the address of the location, or the test server', () => {
    expect(vertexBase('europe-west4')).toBe('https://europe-west4-aiplatform.googleapis.com');
    expect(vertexBase('global')).toBe('https://aiplatform.googleapis.com');
    expect(() => vertexBase('evil.example/')).toThrow('no location of Google Cloud');
    vi.stubEnv('ANNEAL_VERTEX_URL', 'http://127.0.0.1:1234/');
    expect([vertexBase('us-central1'), serviceBase('serviceusage')]).toEqual(
      Array.from({ length: 2 }, () => 'http://127.0.0.1:1234'),
    );
    vi.stubEnv('ANNEAL_VERTEX_URL', 'http://example.com');
    expect(() => vertexBase('us-central1')).toThrow('no credentials are sent there');
  });
});
