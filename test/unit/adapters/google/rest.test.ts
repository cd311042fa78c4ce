import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Tokens } from '../../../../adapters/google/auth.ts';
import { googleFetch, type GoogleRequest } from '../../../../adapters/google/rest.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let base = '';
let handler: Handler;
let seen: { method: string; authorization?: string; project?: string; url: string }[];
const server = createServer((request, response) => {
  const { authorization, 'x-goog-user-project': project } = request.headers;
  seen.push({
    method: request.method ?? '',
    url: request.url ?? '',
    ...(authorization ? { authorization } : {}),
    ...(project ? { project: String(project) } : {}),
  });
  request.resume().on('end', () => handler(request, response));
});

beforeEach(async () => {
  seen = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/projects/acme/locations/us-central1`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): Handler =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const vendorError = (status: number, code: string, message: string, ...details: object[]): Handler =>
  answer(status, { error: { code: status, status: code, message, details } });
const info = (reason: string, metadata: Record<string, string> = {}): object => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain: 'googleapis.com',
  metadata,
});

const ask = (more: Partial<GoogleRequest<unknown>> = {}, tokens?: Tokens): Promise<unknown> =>
  googleFetch({ url: `${base}/tuningJobs`, signal: AbortSignal.timeout(5000), ...more }, tokens);
const create = { body: { baseModel: 'gemini-2.5-flash' } };
/** A TerminalError or a RemoteFailure. */
type Thrown = Error & { type?: string; details: Record<string, unknown>; kind?: string };

/** The error without the port that it names. */
async function refusal(asked: Promise<unknown>): Promise<Thrown> {
  const error = await asked.then(
    () => expect.fail('nothing was thrown'),
    (thrown: unknown) => thrown as Thrown,
  );
  error.message = error.message.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST');
  return error;
}

describe('a request', () => {
  it('sends JSON and gives JSON back, in the shape that was asked for', async () => {
    handler = answer(200, { name: 'tuningJobs/1', more: true });
    const reply = z.object({ name: z.string() });
    expect(await googleFetch({ url: base, signal: AbortSignal.timeout(5000), reply, userProject: 'pays' })).toEqual({
      name: 'tuningJobs/1',
    });
    expect(seen[0]).toMatchObject({ method: 'GET', authorization: 'Bearer test', project: 'pays' });
  });

  it('renews a token that expired in mid-poll, once', async () => {
    let token = 'old';
    const tokens: Tokens = {
      headers: async () => ({ authorization: `Bearer ${token}` }),
      forget: () => (token = 'new'),
    };
    handler = (request, response) =>
      (request.headers.authorization === 'Bearer new'
        ? answer(200, { state: 'JOB_STATE_RUNNING' })
        : vendorError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'))(request, response);
    expect(await ask({}, tokens)).toEqual({ state: 'JOB_STATE_RUNNING' });
    expect(await ask({}, tokens)).toEqual({ state: 'JOB_STATE_RUNNING' });
    expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer old', 'Bearer new', 'Bearer new']);
  });

  it('gives up when the fresh token is turned down too', async () => {
    handler = vendorError(401, 'UNAUTHENTICATED', 'Invalid: Bearer test-planted-token');
    const error = await refusal(ask());
    expect(error.type).toBe('NoCredentials');
    expect(error.message).toMatchInlineSnapshot(
      `"Vertex AI at HOST refuses (401 UNAUTHENTICATED: Invalid: Bearer [hidden]): the credentials are not accepted, a fresh token neither; run \`gcloud auth application-default login\` where the worker runs, or see \`anneal doctor --cloud\`"`,
    );
    expect(seen).toHaveLength(2);
  });

  it.each(['https://example.com/v1', 'http://aiplatform.googleapis.com/v1', 'https://u:p@storage.googleapis.com/'])(
    'sends no credentials to %s',
    async (url) => {
      expect((await refusal(ask({ url }))).type).toBe('BadEndpoint');
    },
  );
});

describe('a refusal is one sentence with what to do', () => {
  it('a permission is missing', async () => {
    handler = vendorError(
      403,
      'PERMISSION_DENIED',
      "Permission 'aiplatform.tuningJobs.create' denied on resource '//aiplatform.googleapis.com/projects/acme/locations/us-central1' (or it may not exist).",
      info('IAM_PERMISSION_DENIED', { permission: 'aiplatform.tuningJobs.create', resource: 'projects/acme' }),
    );
    const { type, message, details } = await refusal(ask(create));
    expect(type).toBe('NoPermission');
    expect(details).toEqual({
      status: 403,
      reason: 'IAM_PERMISSION_DENIED',
      permission: 'aiplatform.tuningJobs.create',
      role: 'roles/aiplatform.user',
    });
    expect(message).toMatchInlineSnapshot(
      `"Vertex AI at HOST refuses (403 PERMISSION_DENIED: Permission 'aiplatform.tuningJobs.create' denied on resource '//aiplatform.googleapis.com/projects/acme/locations/us-central1' (or it may not exist)): the identity that the worker runs as lacks aiplatform.tuningJobs.create; give it roles/aiplatform.user: gcloud projects add-iam-policy-binding acme --member=MEMBER --role=roles/aiplatform.user"`,
    );
  });

  it('the API is not enabled', async () => {
    handler = vendorError(
      403,
      'PERMISSION_DENIED',
      'Vertex AI API has not been used in project acme before or it is disabled.',
      info('SERVICE_DISABLED', { service: 'aiplatform.googleapis.com', consumer: 'projects/acme' }),
    );
    const { type, message } = await refusal(ask(create));
    expect(type).toBe('ApiDisabled');
    expect(message).toMatchInlineSnapshot(
      `"Vertex AI at HOST refuses (403 PERMISSION_DENIED: Vertex AI API has not been used in project acme before or it is disabled): enable the API, then wait a few minutes: gcloud services enable aiplatform.googleapis.com --project=acme"`,
    );
  });

  it.each([
    ['NoModel', 400, 'INVALID_ARGUMENT', 'Base model gemini-1.0-pro is not supported.'],
    ['NoModel', 400, 'FAILED_PRECONDITION', 'The model gemini-1.5-flash-002 was retired on 2026-09-24.'],
    ['WrongRegion', 400, 'INVALID_ARGUMENT', 'The bucket must be in the same region as the job.'],
    ['RequestRefused', 400, 'INVALID_ARGUMENT', 'Invalid value at adapter_size'],
    ['RequestRefused', 400, 'INVALID_ARGUMENT', 'Endpoint `projects/1/locations/us-central1/endpoints/2`: too long.'],
    ['NotFound', 400, 'FAILED_PRECONDITION', 'Endpoint `projects/1/locations/l/endpoints/2` has no deployed model.'],
    ['NotFound', 404, 'NOT_FOUND', 'The TuningJob does not exist.'],
    ['AlreadyThere', 409, 'ALREADY_EXISTS', 'artifact exists'],
    ['Changed', 412, 'FAILED_PRECONDITION', 'etag mismatch'],
    ['NoBilling', 403, 'PERMISSION_DENIED', 'This API method requires billing to be enabled.'],
    ['BadEndpoint', 302, '', 'elsewhere'],
  ])('%s for %i %s: %s', async (type, status, code, words) => {
    handler = vendorError(status, code, words);
    const error = await refusal(ask(create));
    expect([error.type, error.details['status']]).toEqual([type, status]);
    expect(error.message).toContain(words.replace(/\.$/, ''));
  });

  it('names an unknown publisher model', async () => {
    handler = vendorError(404, 'NOT_FOUND', 'Publisher Model was not found');
    const url = `${base}/publishers/google/models/gemini-9:generateContent`;
    expect((await refusal(ask({ url, ...create }))).message).toContain('the model gemini-9 is not offered');
  });

  it('shortens and cleans what the vendor says', async () => {
    handler = vendorError(400, 'INVALID_ARGUMENT', `\u001b[31m${'x'.repeat(5000)}\n`);
    const { message } = await refusal(ask(create));
    expect(message.length).toBeLessThan(500);
    expect(message).not.toContain('\u001b');
  });
});

describe('a failure that may pass', () => {
  it('a used-up quota says how long to wait, by header or in its details', async () => {
    handler = vendorError(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded', info('RATE_LIMIT_EXCEEDED'), {
      retryDelay: '31s',
    });
    expect(await refusal(ask(create))).toMatchObject({ kind: 'quota', retryAfterMs: 31_000 });
    handler = answer(429, 'slow down', { 'retry-after': '7' });
    expect(await refusal(ask(create))).toMatchObject({ kind: 'quota', retryAfterMs: 7000 });
  });

  const ends: [string, Handler][] = [
    ['503', vendorError(503, 'UNAVAILABLE', 'try later')],
    ['a body that is no JSON', answer(200, '{"name": "tuningJ')],
    ['an empty body', answer(200, '')],
    ['a reset', (_, response) => response.destroy()],
    [
      'a reset in mid-body',
      (_, response) => {
        response.writeHead(200, { 'content-length': '500' }).write('{"name":');
        setTimeout(() => response.destroy(), 5);
      },
    ],
    ['no reply', () => undefined],
  ];
  it.each(ends)('%s: a create may have been carried out, a read was not', async (_, end) => {
    handler = end;
    const timeoutMs = 150;
    expect(await refusal(ask({ ...create, timeoutMs }))).toMatchObject({ name: 'RemoteFailure', kind: 'ambiguous' });
    expect(await refusal(ask({ timeoutMs }))).toMatchObject({ name: 'RemoteFailure', kind: 'away' });
    expect(await refusal(ask({ ...create, isRead: true, timeoutMs }))).toMatchObject({ kind: 'away' });
  });

  it('a reply of another shape after a create', async () => {
    handler = answer(200, { id: 7 });
    const error = await refusal(ask({ ...create, reply: z.object({ name: z.string() }) }));
    expect(error).toMatchObject({ kind: 'ambiguous' });
    expect(error.message).toContain('JSON of another shape (name:');
  });

  it('nobody listens: nothing was done', async () => {
    expect(await refusal(ask({ url: 'http://127.0.0.1:9/v1', ...create }))).toMatchObject({ kind: 'away' });
  });

  it('lost against another change: nothing was done', async () => {
    handler = vendorError(409, 'ABORTED', 'concurrent');
    expect(await refusal(ask(create))).toMatchObject({ kind: 'away' });
  });

  it('gives the reason of a stop, not a failure', async () => {
    handler = () => undefined;
    const stop = new AbortController();
    const asked = ask({ ...create, signal: stop.signal });
    stop.abort(new Error('cancelled by a person'));
    await expect(asked).rejects.toThrow('cancelled by a person');
  });
});
