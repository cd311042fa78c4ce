import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { approvalsOfRun } from '../../artifacts/ledger/approvals.ts';
import { moveAlias } from '../../artifacts/ledger/models.ts';
import { findRun } from '../../artifacts/ledger/runs.ts';
import { Approve } from '../../configs/approve.ts';
import { Continuous } from '../../configs/continuous.ts';
import { QUEUES } from '../../configs/presets.ts';
import { RunOptions } from '../../configs/refs.ts';
import type { backfill } from '../../workflows/backfill.ts';
import type { continuous } from '../../workflows/continuous.ts';
import { Evaluate } from '../../configs/evaluate.ts';
import { Gate } from '../../configs/gate.ts';
import { Notify } from '../../configs/notify.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { Synthesize } from '../../configs/synthesis.ts';
import { findTemporal, root } from '../../scripts/toolchain.js';
import { decideApprovalUpdate } from '../../workflows/approval.ts';
import { raiseBudgetUpdate } from '../../workflows/purse.ts';
import { startFakeEndpoint } from '../support/fake-endpoint.ts';
import { calmWorld, fakeRecipe } from '../support/fakes.ts';
import { makeBench, type History } from '../support/workflow.ts';

const bench = makeBench();
const { world } = bench;
const folder = join(root, 'test', 'histories');
/** Set to write the histories of today's workflows as new golden ones; see CONTRIBUTING. */
const label = process.env['ANNEAL_RECORD_HISTORIES'];

/** What a workflow's payloads may hold at most, in bytes: refs and numbers. The recipe is the largest. */
const MAX_PAYLOAD = 64 * 1024;
const MAX_RESULT = 10 * 1024;

beforeEach(() => void Object.assign(world, calmWorld()));

const stories = {
  promoted: async () => (await bench.run(await fakeRecipe(bench.folder, 'promoted'))).run.runId,
  unchanged: async () => {
    const recipe = await fakeRecipe(bench.folder, 'unchanged');
    await bench.run(recipe);
    return (await bench.run(recipe)).run.runId;
  },
  'champion-moved': async () => {
    world.right = () => true;
    await bench.run(await fakeRecipe(bench.folder, 'moved', { seed: 1 }));
    world.right = (model) => model === 2;
    await bench.run(await fakeRecipe(bench.folder, 'moved', { seed: 2 }));
    world.right = (model) => model === 3;
    const move = { name: 'moved', alias: 'champion', to: 1, actor: 'other', action: 'promote' as const, why: 'test' };
    world.generate = async () =>
      void (world.calls.includes('generate candidate') || (await moveAlias(bench.ledger, move)));
    return (await bench.run(await fakeRecipe(bench.folder, 'moved', { seed: 3 }))).run.runId;
  },
  failed: async () => {
    world.poll = () => ({ state: 'failed', error: { type: 'OutOfMemory', message: 'Memory ran out.' } });
    const { id, handle } = await bench.start(await fakeRecipe(bench.folder, 'failed'));
    await expect(handle.result()).rejects.toThrow('Workflow execution');
    return id;
  },
  cancelled: async () => {
    world.poll = () => ({ state: 'running' });
    const { id, handle } = await bench.start(await fakeRecipe(bench.folder, 'cancelled'));
    for (let tries = 0; !world.calls.includes('submit 1') && tries < 200; tries += 1) await sleep(25);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow('Workflow execution');
    return id;
  },
  elsewhere: async () => {
    let looks = 0;
    world.poll = () => ((looks += 1) < 3 ? { state: 'running' } : { state: 'succeeded' });
    world.pollEveryMs = 20;
    return (await bench.run(await fakeRecipe(bench.folder, 'elsewhere'))).run.runId;
  },
  synthesized: async () => (await bench.run(await synthetic('synthesized', {}))).run.runId,
  'waited-for-budget': async () => {
    const { id, handle } = await bench.start(await synthetic('waited', { tokens: 1000 }));
    for (let tries = 0; !(await findRun(bench.ledger, id))?.waiting && tries < 400; tries += 1) await sleep(25);
    await handle.executeUpdate(raiseBudgetUpdate, { args: [{ tokens: 100_000 }] });
    await handle.result();
    return id;
  },
  'judged-and-confirmed': async () => {
    const gate = { reserve: 0.4, confirm: true };
    const evaluate = { safety: { perFamily: 1, languages: ['en'] } };
    return (await bench.run(await judged('judged', { gate, evaluate }))).run.runId;
  },
  gathered: async () => {
    world.right = (model, row) => model !== 'base' && row % 6 === 0;
    const made = await fakeRecipe(bench.folder, 'gathered');
    const gate = Gate.parse({ reserve: 0.5, onInconclusive: 'gather', gather: { rounds: 2 } });
    return (await bench.run({ ...made, gate })).run.runId;
  },
  'waited-for-people': async () => {
    const gather = { what: 'labels', rounds: 1, labels: 10, deadlineHours: 0.0003 };
    const gate = { metric: 'better', onInconclusive: 'gather', gather };
    return (await bench.run(await judged('people', { gate, calibration: 'required' }))).run.runId;
  },
  'waited-for-approval': async () => {
    const approve = Approve.parse({ quorum: 2, expiresIn: '5m', remindAfter: '1s' });
    const notify = Notify.parse([{ to: 'terminal' }]);
    const { id, handle } = await bench.start({ ...(await fakeRecipe(bench.folder, 'approval')), approve, notify });
    const approval = async () => (await approvalsOfRun(bench.ledger, id))[0];
    for (let tries = 0; !(await findRun(bench.ledger, id))?.waiting?.includes('approve') && tries < 400; tries += 1)
      await sleep(25);
    // Long enough for a reminder.
    await sleep(2500);
    const { id: asked = '', evidence = '' } = (await approval()) ?? {};
    for (const actor of ['ann', 'bob']) {
      const given = { approval: asked, evidence, decision: 'approve', actor } as const;
      await handle.executeUpdate(decideApprovalUpdate, { args: [given] });
    }
    await handle.result();
    return id;
  },
  'continuous-first': async () => (await tunePeriod(await lineRecipe('first'))).id,
  'continuous-warm': async () => {
    world.right = (model, row) => model === 2 || row % 3 === 0;
    await tunePeriod(await lineRecipe('warm'));
    return (await tunePeriod(await lineRecipe('warm', 2))).id;
  },
  'continuous-skipped': async () => {
    await tunePeriod(await lineRecipe('skipped'));
    return (await tunePeriod(await lineRecipe('skipped'))).id;
  },
  backfill: async () => {
    const recipe = await lineRecipe('replayed');
    const [one] = [recipe.data.train.uri].flat();
    const later = await lineRecipe('replayed-later');
    const [two] = [later.data.train.uri].flat();
    const run = { id: `replayed-${Date.now()}`, options: RunOptions.parse({}) };
    const periods = [one, two].map((path) => ({ name: String(path), data: [String(path)] }));
    const handle = await bench.env.client.workflow.start<typeof backfill>('backfill', {
      taskQueue: QUEUES.control,
      workflowId: run.id,
      args: [{ run, recipe, startedBy: 'tester', lanes: 2, periods }],
    });
    await handle.result();
    return run.id;
  },
};

/** A recipe of a line; rows of another seed are other rows. */
async function lineRecipe(name: string, seed = 1): Promise<Recipe> {
  const made = await fakeRecipe(join(bench.folder, `seed-${seed}`), seed === 1 ? name : `${name}-${seed}`, { seed });
  return { ...made, name, continuous: Continuous.parse({ minNewRows: 5 }) };
}

async function tunePeriod(recipe: Recipe): Promise<{ id: string }> {
  const id = `${recipe.name}-${(periods += 1)}`;
  const handle = await bench.env.client.workflow.start<typeof continuous>('continuous', {
    taskQueue: QUEUES.control,
    workflowId: id,
    args: [{ recipe, startedBy: 'tester', trigger: 'cli' }],
  });
  await handle.result();
  return { id };
}
let periods = 0;

/** A recipe on which a judge decides that likes the first answer and the second alike. */
async function judged(
  name: string,
  { gate, evaluate = {}, calibration = 'waived' }: { gate: object; evaluate?: object; calibration?: string },
): Promise<Recipe> {
  const server = await startFakeEndpoint({ answer: () => JSON.stringify({ explanation: 'alike', verdict: 'SAME' }) });
  onTestFinished(() => server.close());
  const generator = { kind: 'endpoint', baseUrl: server.baseUrl, model: 'fake' };
  const judges = { better: { kind: 'pairwise', criteria: 'questionAnswering', calibration, generator } };
  const made = await fakeRecipe(bench.folder, name);
  return { ...made, gate: Gate.parse(gate), evaluate: Evaluate.parse({ judges, ...evaluate }) };
}

/** A recipe that has 50 rows written, and each of them judged. */
async function synthetic(name: string, limits: object): Promise<Recipe> {
  const server = await startFakeEndpoint();
  onTestFinished(() => server.close());
  const synthesize = Synthesize.parse({
    generators: { big: { kind: 'endpoint', baseUrl: server.baseUrl, model: 'fake', maxTokens: 100 } },
    tasks: [{ strategy: 'self-instruct', generator: 'big', count: 50, perAsk: 1 }],
    filters: [
      { filter: 'dedupe', near: 'none' },
      { filter: 'judge', generator: 'big' },
    ],
    limits,
  });
  return { ...(await fakeRecipe(bench.folder, name)), synthesize };
}

for (const [name, play] of Object.entries(stories)) {
  test(`${name}: payloads hold refs and numbers only`, async () => {
    const id = await play();
    const history = await bench.env.client.workflow.getHandle(id).fetchHistory();
    const sizes = payloads(history);
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.max(...sizes)).toBeLessThan(MAX_PAYLOAD);
    expect(Math.max(...results(history))).toBeLessThan(MAX_RESULT);
    if (label !== undefined) record(`${label}-${name}`, id);
  });
}

/** Bytes of every payload, wherever it stands in the history. */
function payloads(value: unknown): number[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('data' in value && 'metadata' in value && value.data instanceof Uint8Array) return [value.data.byteLength];
  if (value instanceof Uint8Array) return [];
  return Object.values(value).flatMap(payloads);
}

const results = (history: History): number[] =>
  (history.events ?? []).flatMap((event) => payloads(event.activityTaskCompletedEventAttributes?.result));

/** Writes a golden history, without what is this machine's. Older ones are never written over. */
function record(name: string, id: string): void {
  const { address } = bench.env;
  const shown = execFileSync(
    findTemporal()?.path ?? 'temporal',
    ['workflow', 'show', '--address', address, '--workflow-id', id, '--output', 'json'],
    { encoding: 'utf8' },
  );
  const neutral = (text: string): string =>
    text
      .replaceAll(bench.folder, '/data')
      .replaceAll(root, '/anneal')
      .replaceAll(/\d+@[\w.-]+/g, '1@worker');
  const payload = (base64: string): string =>
    Buffer.from(neutral(Buffer.from(base64, 'base64').toString('utf8'))).toString('base64');
  const json = JSON.stringify(
    JSON.parse(shown),
    (key, value: unknown) => (typeof value !== 'string' ? value : key === 'data' ? payload(value) : neutral(value)),
    1,
  );
  const path = join(folder, `${name}.json`);
  mkdirSync(folder, { recursive: true });
  if (existsSync(path)) throw new Error(`${path} is there: golden histories are only added`);
  writeFileSync(path, `${json}\n`);
}
