import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openVertex } from '../../adapters/vertex/service.ts';
import { openLedger, type Ledger } from '../../artifacts/ledger/open.ts';
import { intendJob } from '../../artifacts/ledger/job-intents.ts';
import { updateJob } from '../../artifacts/ledger/remote-jobs.ts';
import { closeRun, openRun } from '../../artifacts/ledger/runs.ts';
import type { TuneSettings } from '../../adapters/contracts.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { startVertexRest, type VertexRest } from '../support/google/vertex-rest.ts';
import { makePlace, type Place } from '../support/cli.ts';

const settings = { tuner: 'vertex', google: { project: 'anneal-test' } } as unknown as TuneSettings;
const signal = new AbortController().signal;
let server: VertexRest;
let place: Place;
let ledger: Ledger;

beforeAll(async () => {
  place = makePlace();
  const folder = join(place.folder, 'vertex');
  mkdirSync(folder);
  server = await startVertexRest({ folder, runningMs: 600_000, cancellingMs: 50 });
  process.env['ANNEAL_VERTEX_URL'] = server.url;
  ledger = await openLedger(join(place.folder, '.anneal', 'ledger.db'));
});
afterAll(async () => {
  await ledger.destroy();
  await server.close();
  delete process.env['ANNEAL_VERTEX_URL'];
});

/** A job at the vendor that carries labels. */
async function created(labels: Record<string, string>): Promise<string> {
  const service = await openVertex(settings);
  const request = {
    baseModel: 'gemini-2.5-flash-lite',
    supervisedTuningSpec: { trainingDatasetUri: 'gs://b/train.jsonl' },
    tunedModelDisplayName: 'line',
  };
  return (await service.create(request, labels, signal)).name;
}
/** A run that waits for a job of its own at the vendor. */
async function runWithJob(run: string, key: string): Promise<{ name: string; label: string }> {
  await openRun(ledger, {
    id: run,
    recipe: { name: 'line', register: {} } as Recipe,
    options: {},
    workflowId: run,
    startedBy: 'test',
  } as never);
  const intent = {
    key: key.repeat(40),
    jobKey: `${run}.tune`,
    provider: 'vertex',
    scope: 'vertex:anneal-test/us-central1',
  };
  const more = { settings: { settings, base: 'b' }, runId: run, instance: 'tune', line: 'line', estimateUsd: 1.5 };
  const { label } = await intendJob(ledger, { ...intent, ...more });
  const name = await created({ anneal_key: intent.key, anneal_try: '1', anneal_run: run, anneal_line: 'line' });
  await updateJob(ledger, label, { name, state: 'running', vendor_state: 'JOB_STATE_RUNNING', request_json: '{}' });
  return { name, label };
}
const stateOf = async (name: string): Promise<string> => (await (await openVertex(settings)).get(name, signal)).state;
const isGone = expect.stringMatching(/^cancell(ed|ing)$/) as string;

interface Orphans {
  ok: boolean;
  scopes: string[];
  orphans: { kind: string; name: string; cancelled?: boolean }[];
}

describe('anneal jobs', () => {
  let open: { name: string; label: string };
  let ended: { name: string; label: string };
  let unknown: string;
  let double: string;

  beforeAll(async () => {
    open = await runWithJob('run-open', 'a');
    ended = await runWithJob('run-ended', 'b');
    await closeRun(ledger, { id: 'run-ended', status: 'failed' });
    unknown = await created({ anneal_key: 'c'.repeat(40), anneal_try: '1', anneal_run: 'elsewhere' });
    double = await created({ anneal_key: 'a'.repeat(40), anneal_try: '1', anneal_run: 'run-open' });
    await created({ team: 'of-somebody-else' });
  });

  test('lists open jobs with owner, state, age, tries and the cost so far', async () => {
    const listed = await place.json<object[]>('jobs', '--run', 'run-open');
    expect(listed).toMatchObject([
      {
        job: open.label,
        provider: 'vertex',
        scope: 'vertex:anneal-test/us-central1',
        state: 'running',
        vendorState: 'JOB_STATE_RUNNING',
        name: open.name,
        run: 'run-open',
        waiting: ['run-open'],
        try: 1,
        adopted: false,
        usd: 1.5,
        usdIsEstimate: true,
      },
    ]);
    const { stdout } = await place.anneal('jobs');
    expect(stdout).toContain('about $1.50');
    expect(stdout).toContain('no run waits for it: `anneal jobs cancel` stops it');
  });

  test('a decision for a job that a run waits for is noted, and carried out by the next look', async () => {
    const { code, stdout } = await place.anneal('jobs', 'wait', open.label.slice(0, 6));
    expect([code, stdout.trim()]).toEqual([
      0,
      `noted for ${open.name}: at the next look of run-open it goes on, and all its times begin anew`,
    ]);
    expect(await place.json('jobs', 'resubmit', open.name)).toMatchObject({
      ok: true,
      decision: 'resubmit',
      isDone: false,
    });
  });

  test('orphans are those that no unfinished run owns, each with what it is', async () => {
    const { ok, scopes, orphans } = await place.json<Orphans>('jobs', 'orphans');
    expect([ok, scopes]).toEqual([true, ['vertex:anneal-test/us-central1']]);
    expect(Object.fromEntries(orphans.map(({ kind, name }) => [kind, name]))).toEqual({
      double,
      ended: ended.name,
      unknown,
    });
    expect(orphans).toHaveLength(3);
  });

  test('--cancel leaves alone what a run waits for, and what another state folder may own', async () => {
    const { orphans } = await place.json<Orphans>('jobs', 'orphans', '--cancel');
    expect(
      orphans
        .filter(({ cancelled }) => cancelled)
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['double', 'ended']);
    expect(await Promise.all([open.name, unknown].map(stateOf))).toEqual(['running', 'running']);
    expect(await Promise.all([double, ended.name].map(stateOf))).toEqual([isGone, isGone]);
    const { code, stdout } = await place.anneal('jobs', 'orphans', '--cancel', '--unknown');
    expect(code).toBe(0);
    expect(stdout).toContain(`cancelled: ${unknown}`);
    expect(await stateOf(unknown)).toEqual(isGone);
  });

  test('a job that nobody waits for is cancelled at once, one that is over is not', async () => {
    const left = await runWithJob('run-left', 'd');
    await closeRun(ledger, { id: 'run-left', status: 'failed' });
    expect((await place.anneal('jobs', 'resubmit', left.label)).code).toBe(1);
    expect((await place.anneal('jobs', 'cancel', left.name.split('/').at(-1) ?? '')).code).toBe(0);
    expect(await stateOf(left.name)).toEqual(isGone);
    await updateJob(ledger, left.label, { state: 'cancelled', ended_at: new Date().toISOString() });
    const { code, stderr } = await place.anneal('jobs', 'cancel', left.label);
    expect([code, stderr]).toEqual([1, expect.stringContaining('is over (cancelled): there is nothing to decide')]);
  });

  test('a job that does not exist is a mistake on the command line', async () => {
    expect((await place.anneal('jobs', 'wait', 'nothing')).code).toBe(2);
  });
});
