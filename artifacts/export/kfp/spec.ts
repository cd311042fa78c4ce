import { conditionComponent, conditionName, conditionTask, isConditional } from './condition.ts';
import { parameter } from './forms.ts';
import { importerComponent, importerExecutor, importerTask, uriParameter, type ImportedArtifact } from './importer.ts';
import type { PlannedParameter, PlannedStep } from './plan.ts';
import { stepComponent, stepExecutor, stepTask, tasksOf } from './task.ts';

export interface SpecInput {
  /** Pipelines with the same name share their cache. */
  name: string;
  description: string;
  image: string;
  /** The recipe as text. */
  recipe: string;
  steps: readonly PlannedStep[];
  parameters: readonly PlannedParameter[];
  imported: readonly ImportedArtifact[];
}

/** An object with one entry for each item. */
const each = <Item>(items: readonly Item[], name: (item: Item) => string, of: (item: Item) => object) =>
  Object.fromEntries(items.map((item) => [name(item), of(item)]));

/** A parameter of the whole pipeline that has a value already. */
const withDefault = (type: string, defaultValue: unknown): object => ({
  ...parameter(type),
  defaultValue,
  isOptional: true,
});

/**
 * The pipeline in the intermediate representation 2.1.0 of Kubeflow Pipelines
 * (https://github.com/kubeflow/pipelines/blob/master/api/v2alpha1/pipeline_spec.proto): one task, one component and
 * one executor a step. Each task's container takes the state folder over from the one before, and carries the run on
 * through its step.
 */
export function pipelineSpec(input: SpecInput): object {
  const { name, description, image, recipe, parameters, imported } = input;
  const tasks = tasksOf(input.steps, parameters);
  const conditional = tasks.filter(isConditional);
  return {
    components: {
      ...each(tasks, (task) => `comp-${task.name}`, stepComponent),
      ...each(conditional, (task) => `comp-${conditionName(task)}`, conditionComponent),
      ...each(imported, ({ task }) => `comp-${task}`, importerComponent),
    },
    deploymentSpec: {
      executors: {
        ...each(
          tasks,
          (task) => `exec-${task.name}`,
          (task) => stepExecutor(task, image),
        ),
        ...each(imported, ({ task }) => `exec-${task}`, importerExecutor),
      },
    },
    pipelineInfo: { name, description },
    root: {
      dag: {
        tasks: {
          ...each(imported, ({ task }) => task, importerTask),
          ...each(
            tasks.filter((task) => !isConditional(task)),
            (task) => task.name,
            (task) => stepTask(task, false),
          ),
          ...each(conditional, conditionName, conditionTask),
        },
      },
      inputDefinitions: {
        parameters: {
          recipe: withDefault('STRING', recipe),
          ...each(
            parameters,
            (one) => one.name,
            ({ type, value }) => withDefault(type, value),
          ),
          ...each(
            imported,
            ({ task }) => uriParameter(task),
            ({ uri }) => withDefault('STRING', uri),
          ),
        },
      },
    },
    schemaVersion: '2.1.0',
    sdkVersion: 'kfp-2.17.3',
  };
}
