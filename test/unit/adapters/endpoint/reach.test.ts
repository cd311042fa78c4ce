import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { reach } from '../../../../adapters/endpoint/reach.ts';
import { startFakeEndpoint } from '../../../support/fake-endpoint.ts';

test('an endpoint that is there tells its models', async () => {
  const server = await startFakeEndpoint({ models: ['large', 'small'] });
  onTestFinished(() => server.close());
  expect(await reach(server)).toEqual({ models: ['large', 'small'] });
});

test('a key that is refused is a problem of the key', async () => {
  const server = await startFakeEndpoint({ key: 'right' });
  onTestFinished(() => server.close());
  const { problem } = (await reach(server)) as { problem: { field: string; message: string } };
  expect(problem.field).toBe('apiKey');
  expect(problem.message).toContain('refuses access (401): name the environment variable that holds the key');
  vi.stubEnv('ANNEAL_TEST_KEY', 'right');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await reach({ ...server, apiKey: 'ANNEAL_TEST_KEY' })).toEqual({ models: ['fake'] });
});

test('a host that does not exist and a port where nothing listens are problems of the URL', async () => {
  for (const [baseUrl, words] of [
    ['http://no-such-host.invalid/v1', 'cannot be found'],
    ['http://127.0.0.1:9/v1', 'nothing listens at'],
  ] as const) {
    const { problem } = (await reach({ baseUrl })) as { problem: { field: string; message: string } };
    expect(problem.field).toBe('baseUrl');
    expect(problem.message).toContain(words);
  }
});

test('a server that is slow is none', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await reach({ baseUrl: `http://127.0.0.1:${port}/v1` })).toEqual({ models: [] });
});
