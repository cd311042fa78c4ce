import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runPage } from '../../activities/reporting/run-page.ts';
import { enterCalibration, retireJudge } from '../../artifacts/ledger/judges.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { Evaluate } from '../../configs/evaluate.ts';
import { Gate } from '../../configs/gate.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { startFakeEndpoint, type FakeEndpoint } from '../support/fake-endpoint.ts';
import { calmWorld, fakeRecipe } from '../support/fakes.ts';
import { makeBench } from '../support/workflow.ts';

const bench = makeBench();
let server: FakeEndpoint;
beforeAll(async () => {
  // It likes the answer that is not "wrong", wherever it stands.
  const answer = ({ messages }: { messages: { content: string }[] }): string => {
    const isFirstWrong = /Answer A:\nBEGIN \w+\nwrong/.test(messages[1]?.content ?? '');
    return JSON.stringify({ explanation: 'it is right', verdict: isFirstWrong ? 'B' : 'A' });
  };
  server = await startFakeEndpoint({ answer });
});
afterAll(() => server.close());
beforeEach(() => void Object.assign(bench.world, calmWorld()));

/** A recipe on which a judge decides. */
async function recipe(name: string, judge: object = {}, evaluate: object = {}): Promise<Recipe> {
  const generator = { kind: 'endpoint', baseUrl: server.baseUrl, model: 'fake' };
  const judges = { better: { kind: 'pairwise', criteria: 'questionAnswering', generator, ...judge } };
  const made = await fakeRecipe(bench.folder, name);
  return { ...made, gate: Gate.parse({ metric: 'better' }), evaluate: Evaluate.parse({ judges, ...evaluate }) };
}

const past = '2020-01-01T00:00:00.000Z';
const future = '2099-01-01T00:00:00.000Z';

describe('a judge', () => {
  test('that was never compared with people informs and does not decide', async () => {
    const { output, run } = await bench.run(await recipe('uncalibrated'));
    expect(run.steps.map(({ name }) => name)).toEqual([
      'ingest',
      'prepare',
      'tune',
      'evaluate',
      'judge',
      'gate',
      'register',
    ]);
    expect(run.metrics['better']).toMatchObject({ value: 1, n: 60 });
    expect(output.verdict).toBe('inconclusive');
    expect(run.reason).toContain('The judge better was never compared with people');
  });

  test('decides where the recipe waives it by name, and the verdict says so', async () => {
    const { output, run } = await bench.run(await recipe('waived', { calibration: 'waived' }));
    expect(output.verdict).toBe('promote');
    expect(run.reason).toContain('the recipe waives it');
    const html = await runPage(
      { ledger: bench.ledger, store: createFileStore(join(bench.folder, 'store')) },
      run.runId,
    );
    expect(html).toContain('lets it decide without having been compared with people');
  });

  test('decides while its calibration holds, and no longer when it has expired, failed or was retired', async () => {
    const first = await bench.run(await recipe('calibrated', { criteria: ['is right'] }));
    const judge = first.run.steps.find(({ name }) => name === 'judge')?.inputs['judge.better'] ?? '';
    const calibration = { judge, n: 100, kappa: 0.8, actor: 'tester' };
    const verdictOf = async (): Promise<[string | null, string | undefined]> => {
      const { output, run } = await bench.run(await recipe('calibrated', { criteria: ['is right'] }), {
        refresh: ['gate'],
      });
      return [output.verdict, run.reason];
    };
    await enterCalibration(bench.ledger, {
      ...calibration,
      digest: 'sha256:1',
      passed: 1,
      made_at: past,
      expires_at: past,
    });
    expect(await verdictOf()).toEqual(['inconclusive', expect.stringContaining('has expired')]);
    await enterCalibration(bench.ledger, {
      ...calibration,
      digest: 'sha256:2',
      passed: 0,
      made_at: '2021-01-01',
      expires_at: future,
    });
    expect(await verdictOf()).toEqual(['inconclusive', expect.stringContaining('failed its last calibration')]);
    await retireJudge(bench.ledger, { judge: 'sha256:other', actor: 'tester', why: 'test' });
    await enterCalibration(bench.ledger, {
      ...calibration,
      digest: 'sha256:3',
      passed: 1,
      made_at: '2022-01-01',
      expires_at: future,
    });
    expect((await verdictOf())[0]).toBe('promote');
    await retireJudge(bench.ledger, { judge, actor: 'tester', why: 'its vendor changed it' });
    // The candidate is the champion by now: there is nothing to decide.
    expect((await verdictOf())[0]).toBeNull();
  });

  test('asks nothing in a second run of the same', async () => {
    await bench.run(await recipe('again', { calibration: 'waived' }));
    const before = server.seen.length;
    await bench.run(await recipe('again', { calibration: 'waived' }), { refresh: ['judge', 'gate'] });
    expect(server.seen.length).toBe(before);
  });
});
