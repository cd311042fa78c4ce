import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/toolchain.js';
import { noTrainer } from '../contract/support/trainer.ts';
import { makePlace, type RunJson } from '../support/cli.ts';

const example = join(root, 'examples', 'support-triage');

/** The shipped example with fewer steps and rows, and with everything that can be measured without a judge. */
const RECIPE = `name: triage
data:
  train: { uri: ${join(example, 'data', 'train.jsonl')} }
  test: { uri: test.jsonl }
  template: { prompt: '{{message}}', completion: '{{queue}}' }
model: { base: ${join(example, 'base')} }
tune:
  iterations: 40
  batchSize: 8
  checkpointEvery: 20
  learningRate: 0.003
  warmupSteps: 4
  maxTokens: 128
  lora: { rank: 8, scale: 4 }
  choose: { checkpoint: best }
evaluate:
  metrics: [exactMatch, tokenF1, chrf, 'rougeL:stemmer=true', ter, 'f1:average=macro']
  custom:
    oneWord: { file: one-word.ts }
  slices: [queue, { name: short, when: { maxWords: 8 } }]
  safety: { families: [injection, promptLeak], languages: [en], perFamily: 4, overRefusal: false }
  decoding: { maxTokens: 8 }
gate:
  metric: exactMatch
  guards:
    - { metric: outputTokens, marginShare: 5 }
    - { metric: latencySeconds, margin: 60 }
    - { metric: chrf, margin: 50, slice: queue=product }
  floors: [{ metric: oneWord, atLeast: 0 }]
register: { model: triage }
`;

interface Measured {
  value: number;
  n: number;
  ci: [number, number];
  unmeasured: number;
}

interface Comparison {
  n: number;
  verdict: string;
  guards: { metric: string; slice?: string; outcome: string }[];
  slices: { slice: string; n: number }[];
  metrics: Record<string, { candidate: Measured; champion: Measured; gain: Measured }>;
}

describe.skipIf(noTrainer)('an evaluation of many kinds', () => {
  const place = makePlace();
  let run: RunJson;

  beforeAll(async () => {
    place.write('recipe.yaml', RECIPE);
    // Prints to stdout, which must not get into what a program reads.
    place.write(
      'one-word.ts',
      `interface Item { prediction: string | null }
console.log('loaded');
export default ({ prediction }: Item): number => ((prediction ?? '').trim().split(' ').length === 1 ? 1 : 0);
`,
    );
    const rows = readFileSync(join(example, 'data', 'test.jsonl'), 'utf8')
      .split('\n')
      .slice(0, 80);
    place.write('test.jsonl', `${rows.join('\n')}\n`);
    // Too much to ask for, so that the model is not the champion yet when it is evaluated again.
    run = await place.json<RunJson>('run', 'recipe.yaml', '--set', 'gate.minGain=0.9');
  }, 180_000);

  test('gives every metric with n and an interval, and a verdict', () => {
    expect(run.error).toBeUndefined();
    expect(run.status).toBe('completed');
    expect(run).toMatchObject({ verdict: 'reject', model: 'triage@v1' });
    expect(Object.keys(run.metrics)).toEqual(
      expect.arrayContaining([
        'exactMatch',
        'champion.tokenF1',
        'gain.chrf',
        'rougeL:stemmer=true',
        'ter',
        'f1:average=macro',
        'oneWord',
        'attackSuccess',
      ]),
    );
    for (const { value, n, ci } of Object.values(run.metrics)) {
      expect(n).toBeGreaterThan(0);
      expect(ci[0]).toBeLessThanOrEqual(value);
      expect(ci[1]).toBeGreaterThanOrEqual(value);
    }
    expect(run.metrics['exactMatch']?.n).toBe(80);
    expect(run.metrics['attackSuccess']?.n).toBe(8);
  });

  test('has a report that opens from the disk and asks the network for nothing', async () => {
    const { file } = await place.json<{ file: string }>('report', run.runId, '--output', 'report.html');
    expect(existsSync(file)).toBe(true);
    const html = readFileSync(file, 'utf8');
    for (const part of ['exactMatch', 'oneWord', 'queue=product', 'latencySeconds', 'promptLeak'])
      expect(html).toContain(part);
    expect(html).not.toMatch(/\b(?:src|href|action|poster|data)\s*=\s*["']?\s*(?:https?:)?\/\//i);
    expect(html).not.toMatch(/url\(\s*["']?\s*(?:https?:)?\/\/|@import/i);
  });

  test('is not asked again when only a metric was added', async () => {
    const metrics = '["exactMatch","tokenF1","chrf","rougeL:stemmer=true","ter","f1:average=macro","bleu"]';
    const again = await place.json<RunJson>('run', 'recipe.yaml', '--set', `evaluate.metrics=${metrics}`);
    expect(again.error).toBeUndefined();
    expect(again.verdict).toBe('promote');
    expect(again.metrics).toMatchObject({ bleu: { n: 80 }, exactMatch: run.metrics['exactMatch'] });
    const steps = again.steps.map(({ name, status }) => `${name} ${status}`);
    expect(steps.slice(0, 5)).toEqual([
      'ingest cached',
      'prepare cached',
      'tune cached',
      'evaluate completed',
      'probe cached',
    ]);
    const evaluate = again.steps.find(({ name }) => name === 'evaluate');
    expect(evaluate).toMatchObject({ facts: { answersReused: 2 }, cost: { seconds: 0, tokens: 0 } });
  }, 60_000);

  test('its model is compared with its base outside of the run', async () => {
    const args = [join(example, 'base'), '--test', 'test.jsonl', '--recipe', 'recipe.yaml'];
    const found = await place.json<Comparison>('compare', 'triage@v1', ...args);
    expect(found.n).toBe(80);
    expect(found.metrics['exactMatch']?.candidate.value).toBe(run.metrics['exactMatch']?.value);
    expect(found.metrics['oneWord']?.champion).toMatchObject({ n: 80, unmeasured: 0 });
    expect(found.guards).toMatchObject([
      { metric: 'outputTokens' },
      { metric: 'latencySeconds' },
      { metric: 'chrf', slice: 'queue=product', outcome: 'passed' },
    ]);
    expect(found.slices.map(({ slice }) => slice)).toEqual(expect.arrayContaining(['queue=product', 'short']));
  }, 60_000);

  test('its champion is looked at by itself', async () => {
    const args = ['--test', 'test.jsonl', '--recipe', 'recipe.yaml'];
    const found = await place.json<{ n: number; metrics: Record<string, Measured> }>(
      'eval',
      'triage@champion',
      ...args,
    );
    expect(found.n).toBe(80);
    expect(found.metrics['exactMatch']).toMatchObject({ n: 80, value: run.metrics['exactMatch']?.value });
  }, 60_000);
});
