import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/toolchain.js';
import { makePlace, until, type Place, type RunJson } from '../support/cli.ts';
import { PROJECT, startCloud, type Cloud } from '../support/google/cloud.ts';
import { noGcs } from '../support/google/gcs.ts';

const RECIPE = join(root, 'examples/support-triage/recipe.yaml');
/** Epochs of a job that never ends at the test server. */
const FOREVER = 77;
const SETS = ['--set', 'tune.provider=vertex', '--set', `store=gs://${PROJECT}/artifacts`];

describe.skipIf(noGcs)('the shipped recipe at Vertex AI and in a bucket', () => {
  let cloud: Cloud;
  let place: Place;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'anneal-cloud-'));
    cloud = await startCloud(folder, { pendingMs: 200, runningMs: 500, foreverEpochs: FOREVER });
    place = makePlace({ ...cloud.env, ANNEAL_POLL_MS: '200', ANNEAL_SETTLE_MS: '500' });
  }, 180_000);
  afterAll(() => cloud.stop());

  const creates = async (): Promise<number[]> => Object.values(await cloud.admin<Record<string, number>>('creates'));

  test('a worker killed right after the create call adopts the job, and the run ends as if nothing had been', async () => {
    const died = join(place.folder, 'died');
    process.env['ANNEAL_FAILPOINT'] = `remote.created:${died}`;
    const started = place.start('run', RECIPE, ...SETS, '--json');
    delete process.env['ANNEAL_FAILPOINT'];
    const run = JSON.parse((await started.ended).stdout) as RunJson;
    expect(run.error).toBeUndefined();
    expect(run).toMatchObject({ status: 'completed', verdict: 'promote', model: 'support-triage@v1' });
    expect(readdirSync(died)).toEqual(['remote.created']);
    expect(await creates()).toEqual([1]);
    const lineage = (await place.anneal('lineage', 'support-triage@champion', '--up')).stdout;
    expect(lineage).toMatch(/vertex endpoints\/\d+.*adopted/);
    const jobs = await place.json<{ run: string; adopted: boolean; usd: number }[]>('jobs', '--all');
    const money = await cloud.admin<{ usd: number }>('money');
    expect(jobs).toMatchObject([{ run: run.runId, adopted: true }]);
    expect(jobs[0]?.usd).toBeCloseTo(money.usd, 5);
    expect((await place.anneal('show', run.runId)).stdout).toMatch(/^tune +completed .* \$\d/m);
  });

  test('the second run finds everything done', async () => {
    const run = await place.json<RunJson>('run', RECIPE, ...SETS);
    expect(run.steps.filter(({ name, cached }) => name === 'tune' && cached)).toHaveLength(1);
    expect(await creates()).toEqual([1]);
  });

  test('a cap that the estimate passes holds the run before anything is ordered', async () => {
    const capped = [...SETS, '--set', 'tune.vertex.epochs=9', '--set', 'tune.limits.usd=0.01'];
    const { code, stdout } = await place.anneal('run', RECIPE, ...capped, '--json');
    expect(code).toBe(3);
    const { runId } = JSON.parse(stdout) as RunJson;
    expect(await creates()).toEqual([1]);
    await place.anneal('resume', runId, '--budget', 'run.usd=5', '--detach');
    const ended = await until('the run to end', async () => {
      const run = await place.json<RunJson>('show', runId);
      return run.status === 'running' ? undefined : run;
    });
    expect(ended.error).toBeUndefined();
    expect(ended.status).toBe('completed');
    expect(await creates()).toEqual([1, 1]);
  });

  test('pairs of answers are learned by preference', async () => {
    const pairs = (count: number, from: number): string =>
      Array.from({ length: count }, (_, i) => {
        const [prompt, side] = [`is ${from + i} even or odd?`, (from + i) % 2 === 0 ? 'even' : 'odd'];
        return `${JSON.stringify({ prompt, chosen: side, rejected: side === 'even' ? 'odd' : 'even' })}\n`;
      }).join('');
    place.write('pairs.jsonl', pairs(60, 0));
    place.write('asked.jsonl', pairs(30, 1000));
    const recipe = place.write(
      'preference.yaml',
      `name: parity
data: { train: { uri: pairs.jsonl }, test: { uri: asked.jsonl } }
model: { base: ./nowhere, for: { vertex: gemini-2.5-flash-lite } }
tune: { provider: vertex, objective: preference, vertex: { epochs: 1, beta: 0.1 } }
store: gs://${PROJECT}/artifacts
`,
    );
    const run = await place.json<RunJson>('run', recipe);
    expect(run.error).toBeUndefined();
    expect(run.status).toBe('completed');
    const jobs = await cloud.admin<{ preferenceOptimizationSpec?: { hyperParameters: { beta: number } } }[]>('jobs');
    expect(jobs.flatMap(({ preferenceOptimizationSpec: spec }) => spec?.hyperParameters.beta ?? [])).toEqual([0.1]);
  });

  test('a run that failed for want of rows is run again without another order', async () => {
    const before = await creates();
    await cloud.faults({ on: 'tuningJobs.create', dropRows: 200 });
    const failed = await place.anneal('run', RECIPE, ...SETS, '--set', 'tune.vertex.epochs=2', '--json');
    const { runId, error } = JSON.parse(failed.stdout) as RunJson;
    expect(error?.message).toMatch(
      /left out 200 and cut 0 of \d+ training rows \(Example was removed by the safety filters\), more/,
    );
    const again = await place.anneal('rerun', runId, '--json');
    expect((JSON.parse(again.stdout) as RunJson).error?.type).toBe('TooManyDropped');
    expect(await creates()).toEqual([...before, 1]);
  });

  test('a run that is cancelled cancels its job', async () => {
    const endless = [...SETS, '--set', `tune.vertex.epochs=${FOREVER}`, '--detach'];
    const { runId } = await place.json<RunJson>('run', RECIPE, ...endless);
    type Job = { run: string; state: string };
    const jobOf = async (): Promise<Job | undefined> => (await place.json<Job[]>('jobs', '--all', '--run', runId))[0];
    await until('the job to run', async () => (await jobOf())?.state === 'running' || undefined);
    await place.anneal('cancel', runId);
    await until('the run to end', async () =>
      (await place.json<RunJson>('show', runId)).status === 'cancelled' ? true : undefined,
    );
    const states = (await cloud.admin<{ state: string }[]>('jobs')).map(({ state }) => state);
    expect(states.filter((state) => state === 'JOB_STATE_CANCELLED')).toHaveLength(1);
    expect((await jobOf())?.state).toBe('cancelled');
  });

  test.for([
    ['tune.vertex.adapterSize=32', /takes 1, 2, 4, 8, 16, found 32/],
    ['model.for.vertex=gpt-4.1', /gpt-4\.1 is a model of openai/],
    ['tune.objective=preference', /is no pair of answers: tune\.objective preference learns from pairs/],
  ] as const)('%s is refused before anything is ordered', async ([set, message]) => {
    const before = await creates();
    const { code, stderr, stdout } = await place.anneal('run', RECIPE, ...SETS, '--set', set);
    expect(`${stderr}${stdout}`).toMatch(message);
    expect(code).not.toBe(0);
    expect(await creates()).toEqual(before);
  });
});
