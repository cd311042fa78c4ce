import { buildRouteMap } from '@stricli/core';
import { command, docs } from '../command.ts';
import { argument, json, option, RUN, set, tuple } from './parameters.ts';

const exportKfp = command({
  docs: docs(
    'Write a recipe, or a run with what it made, as a PipelineJob of Vertex Pipelines',
    [
      [
        'export kfp recipe.yaml --output job.json',
        'one task a step, with parameters, artifacts and the gate as a condition',
      ],
      [
        'export kfp RUN --root gs://my-bucket/pipelines',
        "with the run's parameters and the addresses of its artifacts",
      ],
    ],
    'Its pipelineSpec is what Kubeflow Pipelines takes. What such a pipeline can and cannot do: docs/kfp.md.',
  ),
  parameters: {
    flags: {
      set,
      output: option('file', 'Where it is written; default: stdout'),
      image: option('image', 'Container image with Anneal; default: anneal:0.1.0'),
      root: option('gs://', 'Folder for the files of the pipeline; default: pipelines/ in the store of the recipe'),
      json,
    },
    positional: tuple(argument('run|recipe', `${RUN}; or the path of a recipe file`)),
  },
  load: async () => (await import('../commands/export/kfp.ts')).exportKfp,
});

export const exports = buildRouteMap({
  routes: { kfp: exportKfp },
  docs: { brief: 'Write runs and recipes in the forms of other programs' },
});

export const step = command({
  docs: docs(
    'Carry a run on through one step, as a task of a pipeline of containers',
    [
      [
        'step tune --executor-input JSON',
        'what `anneal export kfp` writes into each task; the JSON comes from the pipeline',
      ],
    ],
    'Takes the state folder over from the task before, goes on until the step is done, and hands it to the next.',
  ),
  parameters: {
    flags: {
      executorInput: {
        kind: 'parsed',
        parse: String,
        brief: 'What Kubeflow or Vertex Pipelines put in place of {{$}}',
        placeholder: 'json',
      },
      json,
    },
    positional: tuple(argument('step', 'Name of the step')),
  },
  load: async () => (await import('../commands/step.ts')).step,
});
