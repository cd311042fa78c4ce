import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { afterAll, expect, test } from 'vitest';
import { root } from '../../../scripts/toolchain.js';
import { startVertexRest } from '../../support/google/vertex-rest.ts';

const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The command in a process of its own, without any credentials of this machine. */
function doctor(variables: Record<string, string>, ...args: string[]): Promise<{ code: number; stdout: string }> {
  const { GOOGLE_APPLICATION_CREDENTIALS: _, GOOGLE_CLOUD_PROJECT: __, ANNEAL_VERTEX_URL: ___, ...rest } = env;
  const bare = { ...rest, CLOUDSDK_CONFIG: folder, METADATA_SERVER_DETECTION: 'none', NO_COLOR: '1', ...variables };
  return new Promise((resolve) =>
    execFile(execPath, [join(root, 'bin', 'anneal'), 'doctor', ...args], { env: bare }, (error, stdout) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout }),
    ),
  );
}

test('doctor --cloud ends with 0 where all is well, and prints one JSON document', async () => {
  const server = await startVertexRest({ folder });
  const variables = { ANNEAL_VERTEX_URL: `http://127.0.0.1:${server.port}`, GOOGLE_CLOUD_PROJECT: 'acme-project' };
  const { code, stdout } = await doctor(variables, '--cloud', '--json');
  await server.close();
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: true,
    identity: { kind: 'pretended' },
    place: { project: 'acme-project', location: 'us-central1', from: { project: 'GOOGLE_CLOUD_PROJECT' } },
  });
});

test('doctor --cloud ends with 1 and says what to do where there are no credentials', async () => {
  const { code, stdout } = await doctor({}, '--cloud');
  expect(code).toBe(1);
  expect(stdout).toContain('run `gcloud auth application-default login`');
});

test('doctor looks at a recipe with --cloud only', async () => {
  expect((await doctor({}, 'recipe.yaml')).code).toBe(2);
});
