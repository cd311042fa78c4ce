import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findRun } from '../../artifacts/ledger/runs.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { Evaluate } from '../../configs/evaluate.ts';
import { Gate } from '../../configs/gate.ts';
import type { Recipe } from '../../configs/recipe.ts';
import type { ArtifactRef } from '../../configs/refs.ts';
import type { Choice, Rating } from '../../evaluation/ratings/rating.ts';
import { keepRatings } from '../../worker/rating/ratings.ts';
import { awaitedTask, type RatingTask } from '../../worker/rating/tasks.ts';
import { handInUpdate } from '../../workflows/people.ts';
import { startFakeEndpoint, type ChatRequest, type FakeEndpoint } from '../support/fake-endpoint.ts';
import { calmWorld, fakeRecipe } from '../support/fakes.ts';
import { makeBench } from '../support/workflow.ts';

const bench = makeBench({ patience: { ask: { attempts: 3, pauseMs: 20, busyMs: 1500 }, tries: 2 } });
const { world } = bench;
const shelf = () => ({ ledger: bench.ledger, store: createFileStore(join(bench.folder, 'store')) });

const servers: FakeEndpoint[] = [];
beforeEach(() => void Object.assign(world, calmWorld()));
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const said = (verdict: string): string => JSON.stringify({ explanation: 'looked at both', verdict });
/** Which of the two the judge is shown first does not say which is right. */
const likesRight = ({ messages }: ChatRequest): string => {
  const text = messages.map(({ content }) => content).join('\n');
  return said(text.indexOf('wrong') < text.indexOf('Answer B') ? 'B' : 'A');
};

/** A recipe whose judge never was compared with people, so that only people can decide. */
async function recipe(
  name: string,
  gather: object,
  {
    gate = {},
    judge = {},
    answer = likesRight,
  }: { gate?: object; judge?: object; answer?: (r: ChatRequest) => string } = {},
): Promise<Recipe> {
  const server = await startFakeEndpoint({ answer });
  servers.push(server);
  const generator = { kind: 'endpoint', baseUrl: server.baseUrl, model: 'fake', maxTokens: 200 };
  return {
    ...(await fakeRecipe(bench.folder, name)),
    evaluate: Evaluate.parse({
      judges: { better: { kind: 'pairwise', criteria: ['It is right.'], generator, ...judge } },
    }),
    gate: Gate.parse({ metric: 'better', onInconclusive: 'gather', gather: { rounds: 2, ...gather }, ...gate }),
  };
}

async function waits(id: string, not?: string): Promise<{ row: RunRow; task: RatingTask }> {
  for (let tries = 0; tries < 600; tries += 1) {
    const row = await findRun(bench.ledger, id);
    const task = row && (await awaitedTask(shelf(), row));
    if (row && task && task.digest !== not) return { row, task };
    if (row?.status === 'failed') throw new Error(`it failed: ${row.error_json}`);
    await sleep(25);
  }
  throw new Error('it does not wait');
}

const rated = (task: RatingTask, choose: (i: number) => Choice, rater = 'ann'): Promise<ArtifactRef> =>
  keepRatings(
    shelf(),
    task.pairs.map((pair, i): Rating => ({
      ...pair,
      rater,
      choice: choose(i),
      at: new Date(i).toISOString(),
      shown: `sha256:${'0'.repeat(64)}`,
      slot: 'candidate',
    })),
    { task: task.digest },
  );

type Handle = Awaited<ReturnType<typeof bench.start>>['handle'];
const handIn = (handle: Handle, task: string, ratings: ArtifactRef): Promise<string> =>
  handle.executeUpdate(handInUpdate, { args: [{ task, ratings }] }).then(
    () => 'taken',
    (error: Error) => (error.cause as Error).message,
  );

const names = (run: { steps: { name: string; status: string }[] }): string[] =>
  run.steps.slice(4).map(({ name, status }) => `${name} ${status}`);

describe('a gate that gathers labels', () => {
  test('waits for people, takes what they say, and decides on it', async () => {
    const { id, handle } = await bench.start(await recipe('labels', { what: 'labels', labels: 20 }));
    const { row, task } = await waits(id);
    expect(row.waiting).toBe(`people to compare answers: \`anneal rate ${id}\`, within 72 hours`);
    expect(task.pairs).toHaveLength(20);
    expect(Object.keys(task.pairs[0] ?? {}).toSorted()).toEqual(['candidate', 'champion', 'id', 'prompt', 'reference']);
    const ratings = await rated(task, (i) => (i % 10 === 0 ? 'same' : 'candidate'));
    expect(await handIn(handle, `sha256:${'1'.repeat(64)}`, ratings)).toBe(
      'the run does not wait for these ratings: its time was up, or it went on',
    );
    expect(await handIn(handle, task.digest, ratings)).toBe('taken');
    const output = await handle.result();
    const run = await bench.document(id);
    expect(output.verdict).toBe('promote');
    expect(names(run)).toEqual([
      'judge completed',
      'gate completed',
      'rate.1 completed',
      'gate.1 completed',
      'register completed',
    ]);
    expect(run.steps.find(({ name }) => name === 'gate')?.facts?.['reason']).toContain(
      'was never compared with people',
    );
    expect(run.reason).toContain('One person compared 20 pairs of the 60 of 60 rows whose answers differ');
    expect(run.reason).toContain(
      'The judge alone sees a mean gain of +1.0000; corrected by what people say it is +0.9',
    );
    expect(run.reason).toContain('people have been asked once');
    expect(run.steps.find(({ name }) => name === 'gate.1')?.inputs).toMatchObject({
      ratings1: ratings.digest,
      task1: task.digest,
    });
    expect(run.waiting).toBeUndefined();
  });

  test('draws other pairs in the next round, and puts both rounds together', async () => {
    const { id, handle } = await bench.start(await recipe('rounds', { what: 'labels', labels: 15 }));
    const first = await waits(id);
    // Says nothing either way.
    const half = await rated(first.task, (i) => (i % 2 === 0 ? 'candidate' : 'champion'));
    expect(await handIn(handle, first.task.digest, half)).toBe('taken');
    const second = await waits(id, first.task.digest);
    const ids = new Set(first.task.pairs.map((pair) => pair.id));
    expect(second.task.pairs.filter((pair) => ids.has(pair.id))).toEqual([]);
    expect(await handIn(handle, first.task.digest, half)).toBe('taken');
    expect(await handIn(handle, first.task.digest, await rated(first.task, () => 'champion'))).toBe(
      'these answers were rated already, and the run went on',
    );
    expect(await handIn(handle, second.task.digest, { digest: half.digest, type: 'Dataset' })).toBe(
      'expected an artifact of ratings',
    );
    expect(await handIn(handle, second.task.digest, await rated(second.task, () => 'champion', 'bob'))).toBe('taken');
    const { verdict } = await handle.result();
    expect(verdict).toBe('reject');
    expect((await bench.document(id)).reason).toContain('2 people compared 30 pairs');
  });

  test('leaves the verdict as it is when the deadline passes, and refuses what comes late', async () => {
    const { id, handle } = await bench.start(
      await recipe('deadline', { what: 'labels', labels: 10, deadlineHours: 1 / 3600 }),
    );
    const { task } = await waits(id);
    const { verdict } = await handle.result();
    expect(verdict).toBe('inconclusive');
    const run = await bench.document(id);
    expect(names(run)).toEqual(['judge completed', 'gate completed', 'rate.1 completed', 'register completed']);
    const ratings = await rated(task, () => 'candidate');
    await expect(handle.executeUpdate(handInUpdate, { args: [{ task: task.digest, ratings }] })).rejects.toThrow(
      /completed|not found/i,
    );
  });

  test('does not wait where no answer differs', async () => {
    world.right = () => true;
    const { output, run } = await bench.run(await recipe('equal', { what: 'labels' }));
    expect(output.verdict).not.toBe('promote');
    expect(run.waiting).toBeUndefined();
    expect(run.steps.find(({ name }) => name === 'rate.1')?.facts).toMatchObject({ pairs: 0, differing: 0 });
  });
});

describe('a gate that gathers votes', () => {
  test('has every judge judge once more a round, and decides again', async () => {
    // Sees a difference in one row in twelve only: not enough, however often it is asked.
    world.right = (model, row) => model !== 'base' && row % 12 === 0;
    const { output, run } = await bench.run(
      await recipe('votes', { what: 'votes', rounds: 2 }, { judge: { calibration: 'waived' } }),
    );
    expect(names(run)).toEqual([
      'judge completed',
      'gate completed',
      'judge.1 completed',
      'gate.1 completed',
      'judge.2 completed',
      'gate.2 completed',
      'register completed',
    ]);
    expect(output.verdict).toBe('inconclusive');
    expect(run.reason).toContain('judges have voted again 2 times');
    const asked = servers.at(-1)?.seen.length ?? 0;
    // Five rows differ; each vote is both orders, and none is asked for twice.
    expect(asked).toBe(5 * 2 * 3);
    const gates = run.steps.filter(({ name }) => name.startsWith('gate'));
    const judgements = gates.map(({ inputs }) => inputs['judgements']);
    expect(new Set(judgements).size).toBeGreaterThanOrEqual(1);
    expect(gates.at(-1)?.inputs['judging']).toBe(run.steps.find(({ name }) => name === 'judge.2')?.outputs['report']);
  });
});
