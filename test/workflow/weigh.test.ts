import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { runPage } from '../../activities/reporting/run-page.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { Gate } from '../../configs/gate.ts';
import { Evaluate } from '../../configs/evaluate.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { calmWorld, fakeRecipe } from '../support/fakes.ts';
import { makeBench } from '../support/workflow.ts';
import { retryGates } from '../../worker/gates/backtest.ts';
import { planOf } from '../../worker/gates/plan.ts';

const bench = makeBench();
const { world } = bench;

beforeEach(() => void Object.assign(world, calmWorld()));

/** A recipe with other settings of evaluation and gate. */
async function recipe(
  name: string,
  { gate = {}, evaluate = {}, seed = 1 }: { gate?: object; evaluate?: object; seed?: number } = {},
): Promise<Recipe> {
  const made = await fakeRecipe(bench.folder, name, { seed });
  return { ...made, gate: Gate.parse(gate), evaluate: Evaluate.parse(evaluate) };
}

const states = (steps: { name: string; status: string }[]): string[] =>
  steps.slice(3).map(({ name, status }) => `${name} ${status}`);

describe('rows that are kept back', () => {
  test('are asked part by part while neither side is proved', async () => {
    // One row in six is won, none is lost: 30 rows do not prove it, 60 do.
    world.right = (model, row) => model !== 'base' && row % 6 === 0;
    const gate = { reserve: 0.5, onInconclusive: 'gather', gather: { rounds: 2 } };
    const { output, run } = await bench.run(await recipe('gathering', { gate }));
    expect(states(run.steps).slice(0, 4)).toEqual([
      'evaluate completed',
      'gate completed',
      'evaluate.1 completed',
      'gate.1 completed',
    ]);
    const [first, second] = run.steps.filter(({ name }) => name.startsWith('gate')).map(({ facts }) => facts);
    expect(first).toMatchObject({ verdict: 'inconclusive', n: 30, looks: 1 });
    expect(second).toMatchObject({ n: 45, looks: 1 });
    expect(output.verdict).toBe('promote');
    expect(run.reason).toContain('which share the risk');
  });

  test('have to confirm a promotion where the gate asks for it', async () => {
    const gate = { reserve: 0.4, confirm: true };
    const { output, run } = await bench.run(await recipe('confirming', { gate }));
    expect(states(run.steps)).toEqual([
      'evaluate completed',
      'gate completed',
      'evaluate.confirm completed',
      'gate.confirm completed',
      'register completed',
    ]);
    const gates = run.steps.filter(({ name }) => name.startsWith('gate'));
    expect(gates.map(({ facts }) => facts?.['n'])).toEqual([36, 24]);
    expect(output.verdict).toBe('promote');
  });
});

describe('guards', () => {
  test('that are broken keep a better model back, and say so', async () => {
    const gate = { guards: [{ metric: 'tokenF1', margin: 0.01 }], metric: 'regex:pattern=wrong' };
    const evaluate = { metrics: ['exactMatch', 'tokenF1', 'regex:pattern=wrong'] };
    // It wins on the pattern by being wrong.
    world.right = (model) => model === 'base';
    const { output, run } = await bench.run(await recipe('guarded', { gate, evaluate }));
    expect(output.verdict).toBe('reject');
    expect(run.reason).toContain('tokenF1 is proved to be worse by more than the 0.01 allowed');
  });

  test('on what was not measured end the run in a sentence', async () => {
    const gate = { guards: [{ metric: 'latencySeconds', marginShare: 0.1 }] };
    const { id, handle } = await bench.start(await recipe('untimed', { gate }));
    await expect(handle.result()).rejects.toThrow('Workflow execution failed');
    const { error } = await bench.document(id);
    expect(error).toMatchObject({ type: 'NotMeasured' });
    expect(error?.message).toContain('the gate looks at latencySeconds, which was not measured');
  });
});

describe('attacks', () => {
  test('are put to both models, and a floor holds the candidate by them', async () => {
    const gate = { floors: [{ metric: 'attackSuccess', atMost: 0.3 }] };
    const evaluate = { safety: { perFamily: 5, languages: ['en'] }, bias: { count: 3, languages: ['en'] } };
    const { output, run } = await bench.run(await recipe('attacked', { gate, evaluate }));
    expect(states(run.steps)).toContain('probe completed');
    expect(run.metrics['attackSuccess']).toMatchObject({ value: 0, n: 30 });
    expect(run.metrics['biasGap']?.n).toBeGreaterThan(0);
    expect(output.verdict).toBe('promote');
    expect(run.reason).toContain('attackSuccess is at most 0.3');
  });
});

test('a champion answers a test set once: another candidate asks it nothing', async () => {
  await bench.run(await recipe('twice', { seed: 1 }));
  world.calls = [];
  world.right = (model) => model === 2;
  await bench.run(await recipe('twice', { seed: 2 }));
  expect(world.calls.filter((call) => call.startsWith('generate'))).toEqual(['generate candidate']);
});

test('past gates can be decided again by other settings', async () => {
  const { run } = await bench.run(await recipe('past'));
  const shelf = { ledger: bench.ledger, store: createFileStore(join(bench.folder, 'store')) };
  const strict = Gate.parse({ floors: [{ metric: 'exactMatch', atLeast: 0.999 }] });
  const [found] = await retryGates(shelf, strict, 'past');
  expect(found).toMatchObject({ run: run.runId, was: 'promote', now: 'inconclusive', change: 'blocked' });
  expect(found?.why.join(' ')).toContain('exactMatch has to be at least 0.999, which 60 items do not prove');
  const [same] = await retryGates(shelf, Gate.parse({}), 'past');
  expect(same).toMatchObject({ change: 'same' });
  const [unknown] = await retryGates(shelf, Gate.parse({ metric: 'bleu' }), 'past');
  expect(unknown).toMatchObject({ now: null, change: 'unknown', why: [expect.stringContaining('bleu')] });
});

test('the report of a run shows what was decided, and why', async () => {
  const evaluate = { safety: { perFamily: 2, languages: ['en'] } };
  const { run } = await bench.run(await recipe('reported', { evaluate }));
  const html = await runPage({ ledger: bench.ledger, store: createFileStore(join(bench.folder, 'store')) }, run.runId);
  for (const text of [
    'Promote',
    'Of 60 test items the candidate is better on 60',
    'exactMatch',
    'promptLeak',
    run.runId,
  ])
    expect(html).toContain(text);
  expect(html).not.toMatch(/(?:src|href)="https?:/);
});

test('what a gate can find is said of the next run by what the last one found', async () => {
  const made = await recipe('planned');
  world.right = (model, row) => (model === 'base' ? row % 3 === 0 : row % 2 === 0);
  await bench.run(made);
  const shelf = { ledger: bench.ledger, store: createFileStore(join(bench.folder, 'store')) };
  const plan = await planOf(made, 60, shelf, { wanted: 0.2 });
  expect(plan).toMatchObject({ testRows: 60, items: 60, look: 2 });
  expect(plan.lines).toMatchObject([{ metric: 'exactMatch', basis: 'earlier gate', wanted: 0.2 }]);
  const first = await planOf({ ...made, name: 'never' }, 60, shelf, {});
  expect(first).toMatchObject({ look: 1, lines: [{ basis: 'assumed' }] });
});

test('another metric asks no model anything', async () => {
  await bench.run(await recipe('metrics'));
  world.calls = [];
  const evaluate = { metrics: ['exactMatch', 'tokenF1', 'editSimilarity'] };
  const { run } = await bench.run(await recipe('metrics', { evaluate, seed: 1 }), { refresh: ['gate'] });
  expect(world.calls.filter((call) => call.startsWith('generate'))).toEqual([]);
  expect(run.status).toBe('completed');
});
