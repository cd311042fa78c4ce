import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root } from '../../scripts/toolchain.js';
import { makePlace, TINY_RECIPE, until, writeTiny, type Answer, type RunJson } from '../support/cli.ts';
import { startFakeEndpoint, type FakeEndpoint } from '../support/fake-endpoint.ts';

const place = makePlace();
const servers: FakeEndpoint[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

/** A command with something on its standard input. */
function annealWith(input: string, ...args: string[]): Promise<Answer> {
  const child = spawn(process.execPath, [join(root, 'bin', 'anneal'), ...args], {
    cwd: place.folder,
    env: { ...process.env, ANNEAL_HOME: join(place.folder, '.anneal'), ANNEAL_USER: 'ann', NO_COLOR: '1' },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

test('a run waits for people, is rated in the terminal, and decides', async () => {
  const server = await startFakeEndpoint({ answer: () => '{"explanation":"both are fine","verdict":"SAME"}' });
  servers.push(server);
  writeTiny(place);
  // Answers differ where both models draw their tokens by chance.
  const judge = `{ kind: pairwise, criteria: [right], generator: { kind: endpoint, baseUrl: '${server.baseUrl}', model: fake } }`;
  const recipe = TINY_RECIPE.replace('learningRate: 0.001', 'learningRate: 0.02').replace(
    'evaluate: { decoding: { maxTokens: 4 } }',
    `evaluate: { judges: { better: ${judge} }, decoding: { maxTokens: 8, temperature: 1 } }`,
  );
  const gate = '{ metric: better, onInconclusive: gather, gather: { what: labels, labels: 4, rounds: 1 } }';
  place.write('recipe.yaml', `${recipe}gate: ${gate}\n`);
  const run = await place.anneal('run', 'recipe.yaml', '--json');
  expect(run.code, run.stderr).toBe(3);
  const waiting = JSON.parse(run.stdout) as RunJson & { waiting: string };
  expect(waiting.waiting).toContain(`anneal rate ${waiting.runId}`);
  const resumed = await place.anneal('resume', waiting.runId, '--budget', '1');
  expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringContaining('but for people to compare answers')]);
  const half = await annealWith('1\n2\n', 'rate', waiting.runId, '--json');
  expect(JSON.parse(half.stdout)).toMatchObject({ ratings: null, n: 2, left: 2, handedIn: false });
  const rest = await annealWith('=\n1\n', 'rate', waiting.runId, '--json');
  expect(JSON.parse(rest.stdout), rest.stderr).toMatchObject({ n: 4, left: 0, handedIn: true });
  const ended = await until('the run ends', async () => {
    const shown = await place.json<RunJson & { reason: string }>('show', waiting.runId);
    return shown.status === 'completed' ? shown : undefined;
  });
  expect(ended.reason).toContain('One person compared 4 pairs');
  const late = await annealWith('', 'rate', 'export', waiting.runId, '--format', 'csv');
  expect(late.stdout).toContain('"ann"');
  expect((await place.anneal('show', waiting.runId)).stdout).not.toContain('waiting');
}, 180_000);
