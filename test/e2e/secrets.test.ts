import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client, Connection } from '@temporalio/client';
import { root } from '../../scripts/toolchain.js';
import { makePlace, type Answer, type Place, type RunJson } from '../support/cli.ts';
import { PROJECT, startCloud, type Cloud } from '../support/google/cloud.ts';
import { noGcs } from '../support/google/gcs.ts';
import { startOpenAiServer, type OpenAiServer } from '../support/openai-server.ts';
import { findBelow, findIn, plant, plantKeyFile } from '../support/plant.ts';

const RECIPE = join(root, 'examples/support-triage/recipe.yaml');
const STORE = `store=gs://${PROJECT}/artifacts`;

describe.skipIf(noGcs)('keys and tokens', () => {
  const keyFile = plantKeyFile(PROJECT);
  const openAiKey = plant('key of OpenAI', 'sk-proj-');
  const serverKey = plant('key of a server', 'sk-');
  const token = plant('access token', 'ya29.');
  const planted = [...keyFile.planted, openAiKey, serverKey, token];
  const folder = mkdtempSync(join(tmpdir(), 'anneal-secrets-'));
  const credentials = join(folder, 'key.json');
  const servers = join(folder, 'servers');
  /** Everything that was printed. */
  const printed: Answer[] = [];
  const runs: string[] = [];
  let cloud: Cloud;
  let openAi: OpenAiServer;
  let place: Place;

  beforeAll(async () => {
    writeFileSync(credentials, keyFile.text);
    cloud = await startCloud(servers, { runningMs: 200 });
    openAi = await startOpenAiServer({ folder: join(servers, 'openai'), key: serverKey.value });
    place = makePlace({
      ...cloud.env,
      GOOGLE_APPLICATION_CREDENTIALS: credentials,
      OPENAI_API_KEY: openAiKey.value,
      TUNING_KEY: serverKey.value,
      ANNEAL_POLL_MS: '200',
      ANNEAL_SETTLE_MS: '200',
    });
  }, 180_000);
  afterAll(async () => {
    await cloud.stop();
    await openAi.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const anneal = async (...args: string[]): Promise<Answer> => {
    const answer = await place.anneal(...args);
    printed.push(answer);
    return answer;
  };
  const run = async (...sets: string[]): Promise<RunJson> => {
    const { stdout } = await anneal('run', RECIPE, '--json', ...sets.flatMap((set) => ['--set', set]));
    const document = JSON.parse(stdout) as RunJson;
    runs.push(document.runId);
    return document;
  };
  const openAiSets = (): string[] => [
    'tune.provider=openai',
    'model.for.openai=gpt-4.1-nano',
    `tune.openai.baseUrl=${openAi.baseUrl}`,
    'tune.openai.apiKeyEnv=TUNING_KEY',
    'tune.openai.callsPerMinute=100000',
  ];

  test('are used: models are tuned at both vendors, and vendors that repeat a secret in an error are quoted', async () => {
    expect((await run('tune.provider=vertex', STORE)).error).toBeUndefined();
    expect((await run(...openAiSets())).error).toBeUndefined();

    const echo = `bad header Authorization: Bearer ${token.value} (key ${serverKey.value})`;
    await cloud.faults({ on: 'tuningJobs.create', error: 'INVALID_ARGUMENT', message: echo });
    openAi.plan.add({ on: 'jobs.create', error: 'INVALID_ARGUMENT', message: echo });
    const refused = [
      await run('tune.provider=vertex', STORE, 'tune.vertex.epochs=2'),
      await run(...openAiSets(), 'tune.openai.epochs=2'),
    ];
    for (const { status, error } of refused) {
      expect(status).toBe('failed');
      expect(error?.message).toContain('bad header');
    }
  });

  test('stand in nothing that a command prints', async () => {
    for (const id of runs) {
      await anneal('show', id, '--json');
      await anneal('logs', id);
      await anneal('report', id, '--output', join(place.folder, `${id}.html`));
      await anneal('export', 'kfp', id, '--output', join(place.folder, `${id}.json`));
    }
    await anneal('jobs', '--all', '--json');
    await anneal('lineage', 'support-triage@champion', '--openlineage');
    await anneal('models', 'support-triage', '--json');
    await anneal('doctor', '--cloud', RECIPE, '--json');
    for (const { stdout, stderr } of printed) expect(findIn(Buffer.from(stdout + stderr), planted)).toEqual([]);
  });

  test('do not show where the key of a service account is really read', async () => {
    // Nobody is at the other end: what is shown is the error of the client library.
    const real = makePlace({
      GOOGLE_APPLICATION_CREDENTIALS: credentials,
      HTTPS_PROXY: 'http://127.0.0.1:9',
      https_proxy: 'http://127.0.0.1:9',
    });
    const { code, stdout, stderr } = await real.anneal('doctor', '--cloud', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ identity: { kind: 'service account' }, place: { project: PROJECT } });
    expect(findIn(Buffer.from(stdout + stderr), planted)).toEqual([]);
  });

  test("stand in no payload of Temporal's histories", async () => {
    const { temporal } = await place.json<{ temporal: { address: string } }>('status');
    const connection = await Connection.connect({ address: temporal.address });
    const client = new Client({ connection });
    for await (const { workflowId, runId } of client.workflow.list()) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const payloads = JSON.stringify(history, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
      );
      expect(payloads).toContain('eventType');
      expect(findIn(Buffer.from(payloads), planted)).toEqual([]);
    }
    await connection.close();
  });

  test('stand in no file: ledger, server, logs, jobs, reports, and what the vendors were sent', async () => {
    await place.anneal('down');
    expect(findBelow(place.folder, planted)).toEqual([]);
    // Rows, labels, names and metadata, as the vendors keep them.
    expect(findBelow(servers, planted)).toEqual([]);
  });

  test('would be found', () => {
    const where = mkdtempSync(join(folder, 'found-'));
    writeFileSync(join(where, 'plain'), `x${openAiKey.value}`);
    writeFileSync(join(where, 'base64'), Buffer.from(`{"a":"${token.value}"}`).toString('base64'));
    writeFileSync(join(where, 'key'), keyFile.text);
    expect(findBelow(where, planted).toSorted()).toEqual([
      'access token in /base64',
      'id of the private key in /key',
      'key of OpenAI in /plain',
      'private key in /key',
    ]);
  });
});
