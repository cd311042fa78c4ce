import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { beatLease, listLeases } from '../../artifacts/ledger/leases.ts';
import { findRun } from '../../artifacts/ledger/runs.ts';
import { Continuous } from '../../configs/continuous.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { calmWorld, fakeRecipe } from '../support/fakes.ts';
import { makeBench } from '../support/workflow.ts';

const bench = makeBench();
const { world } = bench;

beforeEach(() => void Object.assign(world, calmWorld()));

async function recipe(name: string, seed: number, priority?: number): Promise<Recipe> {
  const made = await fakeRecipe(bench.folder, name, { seed });
  return priority === undefined ? made : { ...made, continuous: Continuous.parse({ priority }) };
}

const submitted = (): string[] => world.calls.filter((call) => call.startsWith('submit'));

async function until<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = await look();
    if (found) return found;
    await sleep(50);
  }
  throw new Error(`${what} did not come`);
}

const waitingOf = (id: string): Promise<string> =>
  until(`the wait of ${id}`, async () => (await findRun(bench.ledger, id))?.waiting ?? undefined);

/** Trainings go on until they are let go. */
function holdTrainings(): () => void {
  let isHeld = true;
  world.poll = () => (isHeld ? { state: 'running' } : { state: 'succeeded' });
  return () => void (isHeld = false);
}

describe('the trainer', () => {
  test('trains for one run after the other; the second says what it waits for, there and in the Temporal UI', async () => {
    const letGo = holdTrainings();
    const first = await bench.start(await recipe('first', 1));
    await until('the first training', () => submitted().length === 1);
    const second = await bench.start(await recipe('second', 2));
    const why = await waitingOf(second.id);
    expect(why).toMatch(
      new RegExp(
        `^the trainer fake, used by ${first.id} since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC \\(first, 200 steps of lora\\): \`anneal status\` shows who waits$`,
      ),
    );
    expect(await listLeases(bench.ledger)).toMatchObject([
      { resource: 'trainer:fake', holders: [{ run: first.id }], waiting: [{ run: second.id, priority: 5 }] },
    ]);
    await until('the details', async () => {
      const { metadata } = await bench.env.client.workflowService
        .queryWorkflow({
          namespace: 'default',
          execution: { workflowId: second.id },
          query: { queryType: '__temporal_workflow_metadata' },
        })
        .then(({ queryResult }) => ({
          metadata: Buffer.from(queryResult?.payloads?.[0]?.data ?? []).toString('utf8'),
        }));
      return metadata.includes(`used by ${first.id}`);
    });
    // While it waits, nothing is written into its history.
    const length = async (): Promise<number> => Number((await second.handle.describe()).historyLength);
    const before = await length();
    await sleep(2500);
    expect(await length()).toBe(before);
    expect(submitted()).toEqual(['submit 1']);
    letGo();
    await Promise.all([first.handle.result(), second.handle.result()]);
    expect(submitted()).toEqual(['submit 1', 'submit 2']);
    expect(await listLeases(bench.ledger)).toEqual([]);
    expect((await bench.document(second.id)).waiting).toBeUndefined();
  });

  test('goes to the run of higher priority first, though it came later', async () => {
    const letGo = holdTrainings();
    const first = await bench.start(await recipe('p-first', 11));
    await until('the first training', () => submitted().length === 1);
    const usual = await bench.start(await recipe('p-usual', 12, 5));
    await waitingOf(usual.id);
    const urgent = await bench.start(await recipe('p-urgent', 13, 9));
    await waitingOf(urgent.id);
    letGo();
    await Promise.all([first, usual, urgent].map(({ handle }) => handle.result()));
    expect(submitted()).toEqual(['submit 11', 'submit 13', 'submit 12']);
  });

  test('is not waited for by a training that was done before', async () => {
    const done = await recipe('done', 21);
    await bench.run(done);
    const letGo = holdTrainings();
    const other = await bench.start(await recipe('busy', 22));
    await until('the other training', () => submitted().includes('submit 22'));
    const { run } = await bench.run(done);
    expect(run.steps.find(({ name }) => name === 'tune')?.cached).toBe(true);
    letGo();
    await other.handle.result();
  });

  test('is free when the workflow of its run was terminated; the training is stopped, and the run is closed', async () => {
    holdTrainings();
    const first = await bench.start(await recipe('terminated', 31));
    await until('the first training', () => submitted().includes('submit 31'));
    const second = await bench.start(await recipe('next', 32));
    await waitingOf(second.id);
    await first.handle.terminate();
    await until('the end of the training', () => world.calls.includes('cancel'));
    world.poll = () => ({ state: 'succeeded' });
    await second.handle.result();
    expect(await bench.document(first.id)).toMatchObject({
      status: 'failed',
      error: { type: 'WorkflowEnded', message: 'the workflow has ended (terminated) before it could record its end' },
    });
  });

  test('is free after a failed training and after a cancelled one; a cancelled run no longer waits', async () => {
    world.poll = () => ({ state: 'failed', error: { type: 'OutOfMemory', message: 'Memory ran out.' } });
    const failed = await bench.start(await recipe('failing', 41));
    await expect(failed.handle.result()).rejects.toThrow('Workflow execution');
    expect(await listLeases(bench.ledger)).toEqual([]);
    holdTrainings();
    const first = await bench.start(await recipe('stopped', 42));
    await until('the first training', () => submitted().includes('submit 42'));
    const second = await bench.start(await recipe('waiting', 43));
    await waitingOf(second.id);
    await second.handle.cancel();
    await expect(second.handle.result()).rejects.toThrow('Workflow execution');
    expect(await bench.document(second.id)).toMatchObject({ status: 'cancelled' });
    expect((await listLeases(bench.ledger))[0]?.waiting).toEqual([]);
    await first.handle.cancel();
    await expect(first.handle.result()).rejects.toThrow('Workflow execution');
    expect(await listLeases(bench.ledger)).toEqual([]);
    expect(submitted()).not.toContain('submit 43');
  });

  test('lost by a run whose worker was gone for too long: its training pauses and goes on later', async () => {
    const letGo = holdTrainings();
    const first = await bench.start(await recipe('slow', 51));
    await until('its training', () => submitted().includes('submit 51'));
    const lease = { resource: 'trainer:fake', ttlSeconds: 40 };
    await until(
      'its sign of life',
      async () => (await bench.ledger.selectFrom('leases').selectAll().executeTakeFirst())?.ttl_seconds === 40,
    );
    // As if another run had taken it while nobody gave signs of life.
    await bench.ledger.updateTable('leases').set({ holder: 'other', workflow_id: 'none' }).execute();
    await until('the pause', () => world.calls.includes('pause'));
    letGo();
    await first.handle.result();
    const run = await bench.document(first.id);
    expect(run.steps.find(({ name }) => name === 'tune')).toMatchObject({ status: 'completed' });
    expect(await beatLease(bench.ledger, { ...lease, holder: first.id })).toBe(false);
  });
});
