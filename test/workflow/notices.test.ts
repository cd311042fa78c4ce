import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Deps } from '../../activities/step/deps.ts';
import { notifierKinds } from '../../adapters/notify/kinds.ts';
import { listEvents } from '../../artifacts/ledger/runs.ts';
import { Notify } from '../../configs/notify.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { calmWorld, fakeRecipe } from '../support/fakes.ts';
import { makeBench } from '../support/workflow.ts';

type Kinds = Deps['notifiers'] & object;
const kinds = (): Kinds => notifierKinds(bench.ledger) as Kinds;
const bench = makeBench({
  notifiers: Object.fromEntries(
    ['terminal', 'file', 'webhook'].map((kind): [string, Kinds[string]] => [
      kind,
      (target) => (kinds()[kind] as Kinds[string])(target),
    ]),
  ),
});

beforeEach(() => void Object.assign(bench.world, calmWorld()));

/** Answers in their order, then 204. */
const statuses: number[] = [];
const posted: { id: string; kind: string; run: string }[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => {
    posted.push((JSON.parse(body) as { data: (typeof posted)[number] }).data);
    response.writeHead(statuses.shift() ?? 204).end();
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
afterAll(() => void server.close());

const recipe = async (name: string, notify: object[]): Promise<Recipe> => ({
  ...(await fakeRecipe(bench.folder, name)),
  notify: Notify.parse(notify),
});

async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(25);
  }
  throw new Error('it did not come to that');
}

const delivered = async (run: string): Promise<string[] | undefined> => {
  const rows = await bench.ledger.selectFrom('deliveries').select('target').where('run_id', '=', run).execute();
  return rows.length === 0 ? undefined : rows.map(({ target }) => target).toSorted();
};

test('a promotion is told to each who wants to know, once', async () => {
  const path = join(bench.folder, 'told.jsonl');
  const { run } = await bench.run(
    await recipe('told', [{ to: 'terminal' }, { to: 'file', path }, { to: 'webhook', url, on: ['failed'] }]),
  );
  await until(async () => ((await delivered(run.runId))?.length === 2 ? true : undefined));
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    {
      kind: 'promoted',
      run: run.runId,
      line: 'told',
      model: 'told',
      message: 'told@v1 is champion now: the gate says promote',
      look: `anneal show ${run.runId}`,
    },
  ]);
  expect(posted).toEqual([]);
});

test('a rejection is told as one, and a run that failed without its words', async () => {
  bench.world.right = (model) => model === 'base';
  await bench.run(await recipe('not-better', [{ to: 'webhook', url }]));
  await until(() => (posted.length === 1 ? true : undefined));
  expect(posted.at(-1)).toMatchObject({
    kind: 'rejected',
    message: 'not-better@v1 was not promoted: the gate says reject',
  });
  bench.world.poll = () => ({ state: 'failed', error: { type: 'OutOfMemory', message: 'row 7: a secret' } });
  const { handle } = await bench.start(await recipe('fails', [{ to: 'webhook', url }]));
  await expect(handle.result()).rejects.toThrow('failed');
  await until(() => (posted.length === 2 ? true : undefined));
  expect(posted.at(-1)).toMatchObject({ kind: 'failed', message: 'the run failed: OutOfMemory' });
});

test('what a receiver does not take is sent again under the same id, and holds no run up', async () => {
  posted.length = 0;
  statuses.push(500, 503);
  const began = Date.now();
  const { run } = await bench.run(await recipe('again', [{ to: 'webhook', url }]));
  const took = Date.now() - began;
  await until(() => delivered(run.runId));
  expect(posted).toHaveLength(3);
  expect(new Set(posted.map(({ id }) => id)).size).toBe(1);
  // Waits between attempts are 1 s and 3 s; the run did not wait for them.
  expect(Date.now() - began - took).toBeGreaterThan(2000);
  expect(await listEvents(bench.ledger, run.runId)).not.toContainEqual(expect.objectContaining({ kind: 'notice' }));
});

test('a target that refuses is noted in the run, and the others are told', async () => {
  posted.length = 0;
  statuses.push(404);
  const { output, run } = await bench.run(
    await recipe('refusing', [
      { to: 'webhook', url },
      { to: 'email', host: 'localhost', from: 'a@example.org', recipients: ['b@example.org'] },
      { to: 'terminal' },
    ]),
  );
  expect(output.verdict).toBe('promote');
  const noted = await until(async () => {
    const events = (await listEvents(bench.ledger, run.runId)).filter(({ kind }) => kind === 'notice');
    return events.length === 2 ? events.map(({ message }) => message.replace(/127.0.0.1:\d+/, 'host')) : undefined;
  });
  expect(noted.toSorted()).toEqual([
    'the notice "promoted" did not reach the email: this worker cannot notify by email',
    'the notice "promoted" did not reach the webhook: host answers with 404: check the address and the secret',
  ]);
  expect(await delivered(run.runId)).toEqual(['terminal']);
  expect(posted).toHaveLength(1);
});
