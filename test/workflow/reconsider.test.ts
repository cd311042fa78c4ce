import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runPage } from '../../activities/reporting/run-page.ts';
import { retireJudge } from '../../artifacts/ledger/judges.ts';
import { listAudit } from '../../artifacts/ledger/audit.ts';
import { versionAt } from '../../artifacts/ledger/models.ts';
import { promotionsOn, type Promotion } from '../../artifacts/ledger/resting.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { Evaluate } from '../../configs/evaluate.ts';
import { Gate } from '../../configs/gate.ts';
import { QUEUES } from '../../configs/presets.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { RunOptions } from '../../configs/refs.ts';
import type { reconsider } from '../../workflows/reconsider.ts';
import { startFakeEndpoint, type FakeEndpoint } from '../support/fake-endpoint.ts';
import { calmWorld, fakeRecipe } from '../support/fakes.ts';
import { makeBench } from '../support/workflow.ts';

const bench = makeBench();
/** It likes the answer that is "wrong", or the one that is not, as its criteria say. */
let server: FakeEndpoint;
beforeAll(async () => {
  const answer = ({ messages }: { messages: { content: string }[] }): string => {
    const text = messages[1]?.content ?? '';
    const likesWrong = text.includes('is wrong');
    const isFirstWrong = /Answer A:\nBEGIN \w+\nwrong/.test(text);
    return JSON.stringify({ explanation: 'seen', verdict: isFirstWrong === likesWrong ? 'A' : 'B' });
  };
  server = await startFakeEndpoint({ answer });
});
afterAll(() => server.close());
beforeEach(() => void Object.assign(bench.world, calmWorld()));

async function recipe(name: string, criterion: string, gate: object = {}): Promise<Recipe> {
  const generator = { kind: 'endpoint', baseUrl: server.baseUrl, model: 'fake' };
  const judge = { kind: 'pairwise', criteria: [criterion], generator, calibration: 'waived' };
  const made = await fakeRecipe(bench.folder, name);
  const judges = { better: judge, other: { ...judge, criteria: [`${criterion}, too`] } };
  return { ...made, gate: Gate.parse({ metric: 'better', ...gate }), evaluate: Evaluate.parse({ judges }) };
}

const shelf = () => ({ ledger: bench.ledger, store: createFileStore(join(bench.folder, 'store')) });

/** A model that a judge promoted, with that judge retired. */
async function promotedBy(made: Recipe): Promise<Promotion> {
  const { output, run } = await bench.run(made);
  expect(output.verdict).toBe('promote');
  const judge = run.steps.find(({ name }) => name === 'judge')?.inputs['judge.better'] ?? '';
  await retireJudge(bench.ledger, { judge, actor: 'tester', why: 'it errs' });
  const found = await promotionsOn(shelf(), judge);
  expect(found).toHaveLength(1);
  return found[0] as Promotion;
}

async function again(promotion: Promotion, made: Recipe) {
  const { name, version, run, judges, candidate, champion, base } = promotion;
  const id = `${name}-again`;
  const ref = (digest: string) => ({ digest, type: 'Model' as const });
  const output = await bench.env.client.workflow.execute<typeof reconsider>('reconsider', {
    taskQueue: QUEUES.control,
    workflowId: id,
    args: [
      {
        run: { id, options: RunOptions.parse({ rerun: { of: run } }) },
        recipe: made,
        candidate: ref(candidate),
        champion: ref(champion),
        base: ref(base),
        test: { digest: promotion.test, type: 'Dataset' },
        of: { run, name, version, judges, why: 'it errs' },
        startedBy: 'tester',
      },
    ],
  });
  return { output, document: await bench.document(id), audit: await listAudit(bench.ledger, name) };
}

test('a promotion that holds by the other metrics is upheld, with what was answered before', async () => {
  const made = await recipe('upholding', 'is right');
  const promotion = await promotedBy(made);
  bench.world.calls = [];
  const { output, document, audit } = await again(promotion, made);
  expect(output).toMatchObject({ verdict: 'promote', outcome: 'upheld' });
  expect(output.why).toContain('Without better, the gate decides on exactMatch and tokenF1.');
  // Nothing is answered again, and the judge that is left still informs.
  expect(bench.world.calls).toEqual([]);
  expect(document).toMatchObject({
    status: 'completed',
    verdict: 'promote',
    model: 'upholding@v1',
    rerunOf: promotion.run,
  });
  expect(document.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'evaluate cached',
    'judge completed',
    'gate completed',
  ]);
  expect(Object.keys(document.metrics)).not.toContain('better');
  expect(await runPage(shelf(), document.runId)).toMatch(/promote/i);
  expect(audit[0]).toMatchObject({ action: 'upheld', to_version: 1, run_id: document.runId, actor: 'tester' });
});

test('a promotion that the judge alone saw is reopened, and the alias stays until a person moves it', async () => {
  const made = await recipe('reopening', 'is wrong');
  bench.world.right = (model) => model === 'base';
  const promotion = await promotedBy(made);
  const { output, document, audit } = await again(promotion, made);
  expect(output).toMatchObject({ verdict: 'reject', outcome: 'reopened' });
  expect(document.verdict).toBe('reject');
  expect(audit[0]).toMatchObject({ action: 'reopened', alias: null, to_version: 1 });
  expect(audit[0]?.why).toContain('better no longer decides (it errs).');
  expect((await versionAt(bench.ledger, 'reopening', 'champion'))?.version).toBe(1);
});

test('where nothing is left to decide on, it says so and leaves the promotion open', async () => {
  const made = await recipe('emptied', 'is really right');
  const promotion = await promotedBy(made);
  const bare = { ...made, evaluate: { ...made.evaluate, metrics: [] } };
  const { output, document } = await again(promotion, bare);
  expect(output).toMatchObject({ verdict: null, outcome: 'reopened' });
  expect(output.why).toContain('Nothing is left to decide on');
  expect(document).toMatchObject({ status: 'completed', verdict: null, steps: [] });
});
