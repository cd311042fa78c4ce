import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../../../artifacts/canonical.ts';
import { pipelineJob } from '../../../../artifacts/export/kfp/job.ts';
import { readRecipe } from '../../../../configs/recipe-file.ts';
import type { Recipe } from '../../../../configs/recipe.ts';
import { root } from '../../../../scripts/toolchain.js';

const recipe = readRecipe(join(root, 'examples', 'support-triage', 'recipe.yaml'), [
  'store=gs://acme/anneal',
  'google.serviceAccount=tuner@acme.iam.gserviceaccount.com',
]).recipe as Recipe;
const model = { digest: digestOf('model'), type: 'Model', bytes: 7, files: 2, store: 'gs://acme/anneal' };
const run = { id: 'Support.Triage-1', made: [{ step: 'tune', role: 'model', artifact: model }] };
const input = { recipe, image: 'repo/anneal@sha256:1', storeUrl: 'file:///state/store', run };

interface Task {
  /** A condition has none. */
  cachingOptions?: { enableCache: boolean };
  retryPolicy: { maxRetryCount: number };
  triggerPolicy?: { condition: string };
}
interface Job {
  labels: object;
  serviceAccount: string;
  runtimeConfig: { gcsOutputDirectory: string; parameterValues: Record<string, unknown> };
  pipelineSpec: {
    root: {
      dag: { tasks: Record<string, Task> };
      inputDefinitions: { parameters: Record<string, { defaultValue: string }> };
    };
    deploymentSpec: { executors: Record<string, { container?: object; importer?: { metadata: object } }> };
  };
}
const job = pipelineJob(input) as Job;
const { tasks } = job.pipelineSpec.root.dag;

test('the same recipe and run give the same text', () => {
  expect(JSON.stringify(pipelineJob(structuredClone(input)))).toBe(JSON.stringify(job));
});

test('a run brings its parameters and the addresses of its artifacts', () => {
  const { parameterValues, gcsOutputDirectory } = job.runtimeConfig;
  const hex = model.digest.slice('sha256:'.length);
  expect(gcsOutputDirectory).toBe('gs://acme/anneal/pipelines');
  expect(parameterValues['made_tune_model_uri']).toBe(`gs://acme/anneal/trees/${hex.slice(0, 2)}/${hex.slice(2)}`);
  expect(parameterValues['tune_iterations']).toBe(recipe.tune.iterations);
  expect(JSON.parse(String(parameterValues['recipe']))).toEqual(JSON.parse(JSON.stringify(recipe)));
  expect(job.pipelineSpec.deploymentSpec.executors['exec-made-tune-model']?.importer?.metadata).toMatchObject({
    digest: model.digest,
  });
});

test('what looks like a placeholder of kfp in a recipe stays what it is', () => {
  const odd = { ...recipe, description: `"{{$.inputs.parameters['store']}}" $(id) {{$}}` };
  const { runtimeConfig, pipelineSpec } = pipelineJob({ ...input, recipe: odd }) as Job;
  const { parameters } = pipelineSpec.root.inputDefinitions;
  for (const text of [String(runtimeConfig.parameterValues['recipe']), parameters['recipe']?.defaultValue ?? '']) {
    expect(text).not.toContain('{{$');
    expect(JSON.parse(text)).toMatchObject({ description: odd.description });
  }
});

test('labels are what Vertex takes, and the service account of the recipe runs it', () => {
  expect(job.labels).toEqual({ anneal_line: 'support-triage', anneal_run: 'support-triage-1' });
  expect(job.serviceAccount).toBe('tuner@acme.iam.gserviceaccount.com');
});

test('reading a file and registering are never taken from the cache; training is tried again', () => {
  const cached = Object.entries(tasks).flatMap(([name, task]) =>
    task.cachingOptions && !task.cachingOptions.enableCache ? name : [],
  );
  expect(cached).toEqual(['ingest', 'register']);
  expect(tasks['tune']?.retryPolicy.maxRetryCount).toBe(3);
});

test('only a promotion makes a champion', () => {
  expect(tasks['when-promote']?.triggerPolicy?.condition).toBe(
    "inputs.parameter_values['pipelinechannel--gate-Output'] == 'promote'",
  );
});

test('each step is one container that carries the run on', () => {
  expect(job.pipelineSpec.deploymentSpec.executors['exec-tune']?.container).toEqual({
    image: 'repo/anneal@sha256:1',
    command: ['anneal'],
    args: ['step', 'tune', '--executor-input', '{{$}}'],
  });
});
