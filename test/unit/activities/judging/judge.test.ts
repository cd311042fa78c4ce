import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, onTestFinished, test } from 'vitest';
import { createJudge, type JudgeParams } from '../../../../activities/judging/judge.ts';
import type { Deps } from '../../../../activities/step/deps.ts';
import { createAskBatch } from '../../../../activities/synthesis/ask-batch.ts';
import { endpointKind } from '../../../../adapters/endpoint/kind.ts';
import { enterArtifact } from '../../../../artifacts/ledger/artifacts.ts';
import { refsOf } from '../../../../artifacts/ledger/executions.ts';
import { openRun } from '../../../../artifacts/ledger/runs.ts';
import { createFileStore } from '../../../../artifacts/store.ts';
import { generatorsOf, Judges } from '../../../../configs/judges.ts';
import type { ArtifactType, Refs, StepResult } from '../../../../configs/refs.ts';
import { rowsIn } from '../../../../data/lines.ts';
import { identify } from '../../../../data/row.ts';
import type { JudgedItem, JudgeReport } from '../../../../evaluation/judges/report.ts';
import { startFakeEndpoint, type FakeEndpoint, type FakeOptions } from '../../../support/fake-endpoint.ts';
import { calmWorld, fakeOutside } from '../../../support/fakes.ts';
import { emptyFolder } from '../../support/folder.ts';
import { newLedger, newRun } from '../../support/ledger.ts';

const environment = (): MockActivityEnvironment =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });

interface Bench {
  server: FakeEndpoint;
  deps: Deps;
  /** Judges in a run of its own, with everything asked that is asked for. */
  judge(
    run: string,
    params: Partial<JudgeParams>,
    options?: { noCache?: boolean },
  ): Promise<StepResult & { asks: number }>;
  read<T>(result: StepResult, role: string): Promise<T[]>;
}

async function bench(options: FakeOptions, answers = { candidate: 'right', champion: 'wrong' }): Promise<Bench> {
  const server = await startFakeEndpoint(options);
  onTestFinished(() => server.close());
  const [folder, ledger] = [emptyFolder(), await newLedger()];
  const store = createFileStore(join(folder, 'store'));
  const { generator, models } = fakeOutside(calmWorld(), folder);
  const deps: Deps = {
    store,
    ledger,
    scratch: join(folder, 'scratch'),
    worker: 'test:1',
    tuners: {},
    generator,
    models,
    writers: { endpoint: endpointKind },
    patience: { ask: { attempts: 2, pauseMs: 5, busyMs: 500 }, tries: 1 },
  };
  const save = async (type: ArtifactType, name: string, rows: readonly unknown[]) => {
    const file = join(folder, name);
    writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return enterArtifact(ledger, type, await store.putFile(file), {});
  };
  const rows = Array.from({ length: 5 }, (_, i) => ({
    ...identify({ messages: [{ role: 'user', content: `question ${i}` }] }, 0, i),
    reference: 'right',
  }));
  const said = (text: string) => rows.map(({ id }, i) => ({ id, text: `${text} ${i}` }));
  const inputs: Refs = {
    test: await save('Dataset', 'test.jsonl', rows),
    candidatePredictions: await save('Predictions', 'candidate.jsonl', said(answers.candidate)),
    championPredictions: await save('Predictions', 'champion.jsonl', said(answers.champion)),
  };
  const step = createJudge(deps);
  const askBatch = createAskBatch(deps);
  return {
    server,
    deps,
    judge: async (id, { judges = {}, votes = 0 }, { noCache = false } = {}) => {
      const run = { id, options: { refresh: [], noCache } };
      await openRun(ledger, newRun(id));
      let asks = 0;
      for (;;) {
        const call = { run, params: { judges, votes }, inputs };
        const { result, needed }: Awaited<ReturnType<typeof step>> = await environment().run(step, call);
        if (result) return { ...result, asks };
        if (!needed) throw new Error('neither a result nor anything to ask');
        const { plan } = needed;
        asks += needed.asks;
        const batch = {
          run,
          instance: 'judge',
          settings: generatorsOf(judges),
          plan,
          from: 0,
          to: needed.asks,
          budget: {},
        };
        await environment().run(askBatch, batch);
      }
    },
    read: async <T>({ outputs }: StepResult, role: string) => [
      ...rowsIn<T>(await store.path(String(outputs[role]?.digest))),
    ],
  };
}

const judgesAt = (server: FakeEndpoint, judge: Record<string, unknown>): Judges =>
  Judges.parse({ it: { generator: { kind: 'endpoint', baseUrl: server.baseUrl, model: 'fake' }, ...judge } });

const pairwise = { kind: 'pairwise', criteria: 'questionAnswering' };
const first = (request: { messages: { content: string }[] }): string =>
  JSON.stringify({
    explanation: 'it is right',
    verdict: /Answer A:\nBEGIN \w+\nright/.test(request.messages[1]?.content ?? '') ? 'A' : 'B',
  });

test('both orders are asked, and scores and report are stored', async () => {
  const { server, judge, read, deps } = await bench({ answer: first });
  const result = await judge('r1', { judges: judgesAt(server, pairwise) });
  expect(server.seen).toHaveLength(10);
  const items = await read<JudgedItem>(result, 'scores');
  expect(items).toHaveLength(5);
  expect(items.every(({ candidate, champion }) => candidate['it'] === 1 && champion['it'] === 0)).toBe(true);
  const [report] = await read<JudgeReport>(result, 'report');
  const inputs = await refsOf(deps.ledger, 'r1/judge', 'in');
  expect(inputs['judge.it']?.type).toBe('Judge');
  expect(report?.judges['it']).toMatchObject({ digest: inputs['judge.it']?.digest, n: 5, wins: 5, unmeasured: 0 });
  expect(result.metrics['it']).toMatchObject({ value: 1, n: 5 });
  expect(server.seen[0]?.body).toMatchObject({ temperature: 0 });
});

test('a second run asks nothing, another judge asks everything', async () => {
  const { server, judge } = await bench({ answer: first });
  const judges = judgesAt(server, pairwise);
  const one = await judge('r1', { judges });
  const again = await judge('r2', { judges });
  expect(again).toMatchObject({ cached: true, asks: 0, outputs: one.outputs });
  // Not even when the step itself is made again.
  const forced = await judge('r3', { judges }, { noCache: true });
  expect(forced).toMatchObject({ cached: false, asks: 0, outputs: one.outputs });
  expect(server.seen).toHaveLength(10);
  const other = await judge('r4', { judges: judgesAt(server, { ...pairwise, criteria: ['shorter'] }) });
  expect(other.asks).toBe(10);
});

test('more votes ask for what is new, and what a judge may decide asks for nothing', async () => {
  const { server, judge } = await bench({ answer: first });
  await judge('r1', { judges: judgesAt(server, pairwise) });
  expect((await judge('r2', { judges: judgesAt(server, pairwise), votes: 1 })).asks).toBe(10);
  const waived = await judge('r3', { judges: judgesAt(server, { ...pairwise, calibration: 'waived' }), votes: 1 });
  expect(waived).toMatchObject({ cached: false, asks: 0 });
  expect(server.seen).toHaveLength(20);
});

test('what a step paid its judges is its cost, and nothing that was paid before', async () => {
  const { server, deps, judge } = await bench({ answer: first });
  const price = { inputPerMillion: 1, outputPerMillion: 1 };
  const generator = { kind: 'endpoint', baseUrl: server.baseUrl, model: 'fake', price };
  const judges = judgesAt(server, { ...pairwise, generator });
  await judge('r1', { judges });
  await judge('r2', { judges }, { noCache: true });
  await judge('r3', { judges, votes: 1 });
  const costs = await deps.ledger.selectFrom('executions').select('cost_json').orderBy('id').execute();
  const [one, again, more] = costs.map(({ cost_json }) => JSON.parse(cost_json) as { tokens: number; usd?: number });
  expect(one?.tokens).toBeGreaterThan(0);
  expect(one?.usd).toBeCloseTo((one?.tokens ?? 0) / 1e6, 9);
  expect(again).toEqual({ tokens: 0 });
  expect(more).toEqual(one);
});

test('a judge that answers prose is asked once more and then left unmeasured', async () => {
  const { server, judge, read } = await bench({ answer: () => 'Both are fine.' });
  const result = await judge('r1', { judges: judgesAt(server, { kind: 'pointwise', rubric: 'Good?' }) });
  expect(result).toMatchObject({ asks: 20, facts: { unmeasured: 5 } });
  const [item] = await read<JudgedItem>(result, 'scores');
  expect(item).toMatchObject({
    candidate: { it: null },
    why: { it: 'the judge did not reply as asked, twice: the reply was not exactly one JSON object' },
  });
});

test('a judge that refuses is not asked again', async () => {
  const { server, judge, read } = await bench({ afterwards: 'refusal' });
  const result = await judge('r1', { judges: judgesAt(server, { kind: 'pointwise', rubric: 'Good?' }) });
  expect(server.seen).toHaveLength(10);
  expect((await read<JudgedItem>(result, 'scores'))[0]?.why).toEqual({ it: 'the judge refused to answer' });
});

test('a row without an answer of both models is an error that names it', async () => {
  const { server, deps } = await bench({ answer: first });
  const save = async (type: ArtifactType, line: string) => {
    const file = join(emptyFolder(), 'one.jsonl');
    writeFileSync(file, `${line}\n`);
    return enterArtifact(deps.ledger, type, await deps.store.putFile(file), {});
  };
  const predictions = await save('Predictions', '{"id":"other","text":"x"}');
  const call = {
    run: { id: 'r9', options: { refresh: [], noCache: false } },
    params: { judges: judgesAt(server, pairwise), votes: 0 },
    inputs: {
      test: await save('Dataset', '{"id":"row1","messages":[],"reference":""}'),
      candidatePredictions: predictions,
      championPredictions: predictions,
    },
  };
  await openRun(deps.ledger, newRun('r9'));
  await expect(environment().run(createJudge(deps), call)).rejects.toThrow(
    'the candidate has no answer to row row1: judging needs both models on every row',
  );
});
