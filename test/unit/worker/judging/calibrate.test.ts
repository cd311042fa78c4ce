import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { identifyJudge } from '../../../../activities/judging/identity.ts';
import { makeContext } from '../../../../activities/step/context.ts';
import type { Deps } from '../../../../activities/step/deps.ts';
import { createFileStore } from '../../../../artifacts/store.ts';
import { endpointKind } from '../../../../adapters/endpoint/kind.ts';
import { neededDigests } from '../../../../artifacts/ledger/artifacts.ts';
import { listJudges } from '../../../../artifacts/ledger/known-judges.ts';
import { retireJudge, stateOfJudge } from '../../../../artifacts/ledger/judges.ts';
import { Judge } from '../../../../configs/judges.ts';
import { RunOptions } from '../../../../configs/refs.ts';
import { calibrateJudge, type CalibrationOrder } from '../../../../worker/judging/calibrate.ts';
import { startFakeEndpoint, type ChatRequest, type FakeEndpoint } from '../../../support/fake-endpoint.ts';
import { calmWorld, fakeOutside } from '../../../support/fakes.ts';
import { emptyFolder } from '../../support/folder.ts';
import { newLedger } from '../../support/ledger.ts';

interface Bench {
  folder: string;
  server: FakeEndpoint;
  deps: Deps;
  order(labels: readonly object[], changed?: Partial<CalibrationOrder>, settings?: object): CalibrationOrder;
}

async function bench(answer: (request: ChatRequest) => string): Promise<Bench> {
  const server = await startFakeEndpoint({ answer });
  onTestFinished(() => server.close());
  const [folder, ledger] = [emptyFolder(), await newLedger()];
  const { generator, models } = fakeOutside(calmWorld(), folder);
  const deps: Deps = {
    store: createFileStore(join(folder, 'store')),
    ledger,
    scratch: join(folder, 'scratch'),
    worker: 'test:1',
    tuners: {},
    generator,
    models,
    writers: { endpoint: endpointKind },
    patience: { ask: { attempts: 1, pauseMs: 5, busyMs: 50 }, tries: 1 },
  };
  return {
    folder,
    server,
    deps,
    order: (labels, changed = {}, settings = { kind: 'pointwise', rubric: 'Right?', scale: [0, 1] }) => {
      const file = join(folder, 'labels.jsonl');
      writeFileSync(file, labels.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const at = { kind: 'endpoint', baseUrl: server.baseUrl, model: 'fake' };
      return {
        name: 'it',
        judge: Judge.parse({ generator: at, ...settings }),
        labels: file,
        reading: {},
        actor: 'tester',
        signal: new AbortController().signal,
        ...changed,
      };
    },
  };
}

/** What stands in the last text that is shown. */
const shown = ({ messages }: ChatRequest): string =>
  /The answer to be judged:\nBEGIN \w+\n([^\n]*)/.exec(messages[1]?.content ?? '')?.[1] ?? '';
const fair = (request: ChatRequest): string =>
  JSON.stringify({ reason: 'seen', score: shown(request).startsWith('right') ? 1 : 0 });
const rows = (count: number, label = (i: number): number => i % 2) =>
  Array.from({ length: count }, (_, i) => ({
    prompt: `question ${i}`,
    prediction: i % 2 === 1 ? `right ${i}` : `wrong ${i}`,
    rater: 'ann',
    label: label(i),
    slice: i % 4 < 2 ? 'early' : 'late',
  }));

test('a judge that says what people say passes, is entered, and may decide', async () => {
  const { deps, order, server } = await bench(fair);
  const { calibration, artifact, asked } = await calibrateJudge(order(rows(40)), deps);
  expect(asked).toBe(40);
  expect(calibration).toMatchObject({ passed: true, n: 40, raters: 1, kappa: { value: 1 }, bias: { value: 0 } });
  expect(Object.keys(calibration.slices)).toEqual(['early', 'late']);
  expect(await stateOfJudge(deps.ledger, calibration.judge)).toBe('valid');
  expect(JSON.parse((await deps.store.read(artifact)).toString('utf8'))).toEqual(calibration);
  expect(await listJudges(deps)).toMatchObject([
    { names: ['it'], kind: 'pointwise', model: 'fake', state: 'valid', decisions: 0, promotions: 0 },
  ]);
  // Neither judge nor calibration is garbage.
  expect([...(await neededDigests(deps.ledger))]).toEqual(expect.arrayContaining([artifact, calibration.judge]));
  // Asked again, nothing is paid again.
  expect((await calibrateJudge(order(rows(40)), deps)).asked).toBe(0);
  expect(server.seen).toHaveLength(40);
});

test('a judge that contradicts people fails, and the newest calibration counts', async () => {
  const { deps, order } = await bench(fair);
  await calibrateJudge(order(rows(40)), deps);
  const { calibration } = await calibrateJudge(order(rows(40, (i) => (i + 1) % 2)), deps);
  expect(calibration).toMatchObject({ passed: false, kappa: { value: -1 } });
  expect(calibration.reasons[0]).toContain('kappa with people is -1.00, at least 0.4 is needed');
  expect(await stateOfJudge(deps.ledger, calibration.judge)).toBe('failed');
});

test('few labels do not pass, whatever the agreement, and the bound can be set', async () => {
  const { deps, order } = await bench(fair);
  const { calibration } = await calibrateJudge(order(rows(10)), deps);
  expect(calibration.reasons).toEqual(['10 items have labels and a verdict, at least 30 are needed']);
  const mixed = rows(40, (i) => (i % 10 === 0 ? 1 : i % 2));
  expect((await calibrateJudge(order(mixed, { bounds: { minKappa: 0.95 } }), deps)).calibration.passed).toBe(false);
  expect((await calibrateJudge(order(mixed), deps)).calibration.passed).toBe(true);
});

test('answers without labels sharpen the mean; those with labels count once', async () => {
  const { deps, order, folder } = await bench(fair);
  const predictions = join(folder, 'more.csv');
  const more = Array.from({ length: 60 }, (_, i) => `question ${i},${i % 2 === 1 ? 'right' : 'wrong'} ${i}\n`);
  writeFileSync(predictions, `prompt,prediction\n${more.join('')}`);
  const { calibration, asked } = await calibrateJudge(order(rows(40), { predictions }), deps);
  expect(asked).toBe(60);
  expect(calibration).toMatchObject({ unlabelled: 20, corrected: { estimate: 0.5, n: 40, unlabelled: 20 } });
});

test('pairs are asked in both orders, and a judge that only sees the place is found out', async () => {
  const { deps, order, server } = await bench(() => JSON.stringify({ explanation: 'first', verdict: 'A' }));
  const pairs = rows(40).map(({ prompt, prediction, rater, label }) => ({
    prompt,
    candidate: prediction,
    champion: 'neither',
    rater,
    label: label === 1 ? 'candidate' : 'champion',
  }));
  const { calibration } = await calibrateJudge(order(pairs, {}, { kind: 'pairwise', criteria: ['right'] }), deps);
  expect(server.seen).toHaveLength(80);
  expect(calibration).toMatchObject({ passed: false, weights: 'none', kappa: { value: 0 } });
});

test('what a judge cannot say is counted', async () => {
  const { deps, order } = await bench((request) =>
    shown(request) === 'right 1' ? 'Looks right to me.' : fair(request),
  );
  const { calibration } = await calibrateJudge(order(rows(40)), deps);
  expect(calibration).toMatchObject({ n: 39, unmeasured: 1, passed: true });
});

test('a server that is away is no verdict about the judge', async () => {
  const { deps, order, server } = await bench(fair);
  await server.close();
  await expect(calibrateJudge(order(rows(3)), deps)).rejects.toThrow('the judge gave no usable answer to 3 of 3 asks');
  expect(await deps.ledger.selectFrom('calibrations').selectAll().execute()).toEqual([]);
});

test('a judge that was retired is not calibrated again', async () => {
  const { deps, order } = await bench(fair);
  const { calibration } = await calibrateJudge(order(rows(30)), deps);
  await retireJudge(deps.ledger, { judge: calibration.judge, actor: 'tester', why: 'too kind' });
  await expect(calibrateJudge(order(rows(30)), deps)).rejects.toThrow('(too kind): change its model or its words');
});

test('a calibration is of the judge that runs ask', async () => {
  const { deps, order } = await bench(fair);
  const ordered = order(rows(4));
  const { calibration } = await calibrateJudge(ordered, deps);
  const run = { id: 'some-run', options: RunOptions.parse({}) };
  const watch = { signal: new AbortController().signal, progress: () => undefined };
  const context = makeContext(deps, { run, params: {}, inputs: {} }, 'some-run/judge', watch);
  expect((await identifyJudge(context, 'another name', ordered.judge)).ref.digest).toBe(calibration.judge);
});
