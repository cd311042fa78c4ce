import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/toolchain.js';
import { noTrainer } from '../contract/support/trainer.ts';
import { makePlace, type RunJson, type StatusJson } from '../support/cli.ts';

const example = join(root, 'examples', 'support-triage');
const recipe = join(example, 'recipe.yaml');
const sha256 = (file: string): string => `sha256:${createHash('sha256').update(readFileSync(file)).digest('hex')}`;

interface Graph {
  root: string;
  nodes: { id: string; kind: string; type: string; names?: string[] }[];
  edges: { from: string; to: string; role: string }[];
}

describe.skipIf(noTrainer)('the shipped example', () => {
  const place = makePlace();
  let first: RunJson;
  let seconds: number;

  beforeAll(async () => {
    const started = performance.now();
    first = await place.json<RunJson>('run', recipe);
    seconds = (performance.now() - started) / 1000;
  }, 300_000);

  test('gives a model that beats its base on held-out messages, in under three minutes', () => {
    expect(first.error).toBeUndefined();
    expect(first).toMatchObject({ status: 'completed', verdict: 'promote', model: 'support-triage@v1' });
    const { exactMatch, 'champion.exactMatch': base, 'gain.exactMatch': gain } = first.metrics;
    expect(exactMatch?.value).toBeGreaterThan(0.5);
    expect(base?.value).toBeLessThan(0.2);
    expect(gain?.ci[0]).toBeGreaterThan(0.3);
    expect(exactMatch?.n).toBeGreaterThan(200);
    expect(seconds).toBeLessThan(180);
  });

  test('leaves a record of every step, in the agreed shape', () => {
    expect(first.runId).toMatch(/^support-triage-\d{8}-\d{6}-[0-9a-f]{6}$/);
    expect(first.steps.map(({ name, status, cached, attempts }) => [name, status, cached, attempts])).toEqual(
      ['ingest', 'prepare', 'tune', 'evaluate', 'gate', 'register'].map((name) => [name, 'completed', false, 1]),
    );
    for (const { seconds: took, inputs, outputs } of first.steps) {
      expect(took).toBeGreaterThanOrEqual(0);
      for (const digest of [...Object.values(inputs), ...Object.values(outputs)])
        expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    }
    for (const { value, n, ci } of Object.values(first.metrics)) {
      expect(n).toBeGreaterThan(0);
      expect(ci[0]).toBeLessThanOrEqual(value);
      expect(ci[1]).toBeGreaterThanOrEqual(value);
    }
    expect(first.temporal).toEqual({
      workflowId: first.runId,
      url: expect.stringContaining(`/workflows/${first.runId}/`) as string,
    });
  });

  test('is done again in seconds, since nothing changed', async () => {
    const started = performance.now();
    const again = await place.json<RunJson>('run', recipe);
    // Far more than on a machine that does nothing else: other files are under way beside this one.
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(again).toMatchObject({ status: 'completed', verdict: null, model: 'support-triage@v1' });
    expect(again.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'ingest cached',
      'prepare cached',
      'tune cached',
      'evaluate skipped',
      'gate skipped',
      'register skipped',
    ]);
    expect(again.steps.at(-1)?.reason).toBe('the candidate is the champion support-triage@v1: nothing changed since');
  });

  test('its model is traced to the training file, and the file to the model', async () => {
    const file = sha256(join(example, 'data', 'train.jsonl'));
    const up = await place.json<Graph>('lineage', 'support-triage@champion', '--up');
    expect(up.root).toBe(first.steps[2]?.outputs['model']);
    expect(up.nodes.map(({ id }) => id)).toContain(file);
    const ids = new Set(up.nodes.map(({ id }) => id));
    for (const { from, to } of up.edges) expect([ids.has(from), ids.has(to)]).toEqual([true, true]);
    const down = await place.json<Graph>('lineage', file, '--down');
    expect(down.nodes.find(({ id }) => id === up.root)?.names).toEqual([
      'support-triage@v1',
      'support-triage@champion',
    ]);
    // Edges point the way data flow: from the file into ingest.
    expect(down.edges).toContainEqual({ from: file, to: `${first.runId}/ingest`, role: 'trainFile' });
    expect(await place.json<Graph>('lineage', file.slice(7, 19), '--down')).toEqual(down);
  });

  test('its lineage is also a tree, a diagram, and OpenLineage', async () => {
    const tree = (await place.anneal('lineage', 'support-triage@v1', '--up')).stdout;
    expect(tree).toContain('trainFile: Source sha256:');
    const mermaid = (await place.anneal('lineage', 'support-triage@v1', '--mermaid')).stdout;
    expect(mermaid.split('\n')[0]).toBe('flowchart LR');
    const events = (await place.anneal('lineage', first.runId, '--openlineage')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { eventType: string; job: { name: string }; run: { runId: string } });
    expect(events.map(({ job }) => job.name)).toEqual(expect.arrayContaining(['ingest', 'tune', 'gate']));
    for (const { eventType, run } of events) {
      expect(eventType).toBe('COMPLETE');
      expect(run.runId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  test('its model is listed with version, alias and verdict; aliases are moved by hand and back', async () => {
    const lines = await place.json<{ name: string; versions: Record<string, unknown>[] }[]>('models');
    expect(lines).toEqual([
      {
        name: 'support-triage',
        versions: [
          {
            version: 1,
            digest: first.steps[2]?.outputs['model'],
            aliases: ['champion'],
            runId: first.runId,
            verdict: 'promote',
            createdAt: expect.any(String) as string,
          },
        ],
      },
    ]);
    const refused = await place.anneal('rollback', 'support-triage');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      'error: support-triage@champion is v1, and there was none before: point it at a version with `anneal rollback support-triage --to vN` or `anneal promote support-triage@vN`\n',
    ]);
    const moved = await place.anneal(
      'promote',
      'support-triage@v1',
      '--alias',
      'staging',
      '--expect',
      'none',
      '--why',
      'a look',
    );
    expect(moved.stdout).toBe('support-triage@staging: v1\n');
    expect((await place.anneal('models', 'support-triage')).stdout).toContain('a look');
    expect((await place.anneal('promote', 'support-triage@v9')).code).toBe(2);
  });

  test('the cache can say why a step is done again', async () => {
    const changed = await place.json<RunJson>('rerun', first.runId, '--from', 'gate', '--set', 'gate.minGain=0.99');
    expect(changed.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'ingest cached',
      'prepare cached',
      'tune cached',
      'evaluate skipped',
      'gate skipped',
      'register skipped',
    ]);
    const refused = await place.anneal('rerun', first.runId, '--from', 'gate', '--set', 'tune.seed=3');
    expect([refused.code, refused.stderr]).toEqual([
      2,
      'error: --set tune.seed=3: tune reads this field, and a rerun from gate keeps its outputs: use --from tune\n',
    ]);
    const kept = await place.anneal('rerun', first.runId, '--from', 'tune', '--set', 'tune.maxTokens=64');
    expect(kept.stderr).toContain(
      'prepare reads this field, and a rerun from tune keeps its outputs: use --from prepare',
    );
    const other = await place.json<RunJson>('run', recipe, '--set', 'tune.iterations=5', '--set', 'tune.warmupSteps=1');
    expect(other.verdict).toBe('reject');
    const { result, nearest } = await place.json<{
      result: string;
      nearest: { differs: { part: string; here: string }[] };
    }>('cache', 'explain', other.runId, 'tune');
    expect(result).toBe('miss');
    expect(nearest.differs.map(({ part, here }) => [part, here])).toEqual([
      ['params.iterations', '5'],
      ['params.warmupSteps', '1'],
    ]);
    const verdict = await place.anneal(
      'run',
      recipe,
      '--set',
      'tune.iterations=5',
      '--set',
      'tune.warmupSteps=1',
      '--exit-verdict',
    );
    expect(verdict.code).toBe(10);
    expect(
      (await place.json<{ versions: { aliases: string[] }[] }[]>('models'))[0]?.versions.map(({ aliases }) => aliases),
    ).toEqual([['champion', 'staging'], []]);
  });

  test('nothing in the store is damaged, and what is not needed can go', async () => {
    expect(await place.json('verify')).toMatchObject({ ok: true, damaged: [] });
    const dry = await place.json<{ applied: boolean; removed: unknown[] }>('gc');
    expect(dry.applied).toBe(false);
    expect(await place.json('gc', '--apply')).toMatchObject({ applied: true, removed: dry.removed });
    expect(await place.json('gc')).toMatchObject({ removed: [] });
    expect(await place.json('verify')).toMatchObject({ ok: true, damaged: [] });
    expect((await place.json<RunJson>('run', recipe)).verdict).toBeNull();
  });

  test('it is what the README shows', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const short = (digest: string): string => digest.slice(0, 'sha256:'.length + 12);
    expect(readme).toContain(`trainFile: Source ${short(sha256(join(example, 'data', 'train.jsonl')))}`);
    expect(readme).toContain(`base: Model ${short(first.steps[0]?.inputs['baseModel'] as string)}`);
    expect(readme).toContain(`train: Dataset ${short(first.steps[1]?.outputs['train'] as string)}`);
    // The diagram names the steps in their order.
    const diagram = readme.slice(readme.indexOf('```mermaid'), readme.indexOf('## Your own data'));
    const places = first.steps.map(({ name }) => diagram.search(new RegExp(`--> ${name}\\b`)));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test('a run can be looked at afterwards', async () => {
    expect(await place.json<RunJson>('show', first.runId)).toMatchObject({
      runId: first.runId,
      steps: first.steps,
      metrics: first.metrics,
    });
    const runs = await place.json<{ runId: string; status: string }[]>('runs');
    expect(runs.at(-1)).toMatchObject({ runId: first.runId, status: 'completed' });
    expect((await place.anneal('logs', first.runId)).code).toBe(0);
    const status = await place.json<StatusJson>('status');
    expect(status.trainer).toEqual([]);
    expect(status.workers).toHaveLength(1);
    expect((await fetch(first.temporal.url)).status).toBe(200);
  });
});

test('the committed base model is the one its card describes', () => {
  const card = readFileSync(join(example, 'base', 'README.md'), 'utf8');
  for (const name of ['model.safetensors', 'tokenizer.json']) {
    const said = new RegExp(`${name.replace('.', '\\.')}: ([0-9a-f]{64})`).exec(card)?.[1];
    expect(`sha256:${said}`).toBe(sha256(join(example, 'base', name)));
  }
});
