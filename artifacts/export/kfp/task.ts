import { artifact, channel, mapValues, parameter, unlessEmpty } from './forms.ts';
import type { PlannedParameter, PlannedStep } from './plan.ts';

/** The state folder of the run, handed from task to task. */
const STATE = 'state';

/** A step with all that its task takes: the state of the task before it, and its parameters with their types. */
export interface Task extends PlannedStep {
  parameters: Record<string, string>;
}

/** The first task gets the recipe and every parameter, `tune` its own ones; each but the first takes a state over. */
export function tasksOf(steps: readonly PlannedStep[], parameters: readonly PlannedParameter[]): Task[] {
  const always = steps.filter(({ when }) => !when);
  const typesOf = (given: readonly PlannedParameter[]): Record<string, string> =>
    Object.fromEntries(given.map(({ name, type }) => [name, type]));
  return steps.map((step) => {
    const place = always.indexOf(step);
    const before = place < 0 ? always.at(-1) : always[place - 1];
    const settings =
      place === 0
        ? { recipe: 'STRING', ...typesOf(parameters) }
        : step.name === 'tune'
          ? typesOf(parameters.filter(({ name }) => name.startsWith('tune_')))
          : {};
    const state = before ? { [STATE]: { from: before.name, role: STATE, schema: 'system.Artifact' as const } } : {};
    return { ...step, takes: { ...step.takes, ...state }, parameters: settings };
  });
}

/** What it takes, makes and says, by type. */
export const stepComponent = ({ name, takes, makes, says, parameters }: Task): object => ({
  executorLabel: `exec-${name}`,
  ...unlessEmpty('inputDefinitions', {
    ...unlessEmpty(
      'artifacts',
      mapValues(takes, ({ schema }) => artifact(schema)),
    ),
    ...unlessEmpty('parameters', mapValues(parameters, parameter)),
  }),
  outputDefinitions: {
    artifacts: { ...mapValues(makes, artifact), [STATE]: artifact('system.Artifact') },
    ...unlessEmpty('parameters', Object.fromEntries(says.map((key) => [key, parameter('STRING')]))),
  },
});

/** Where it gets that from. @param inside In a condition, which hands on what it was given. */
export function stepTask({ name, takes, parameters, isCacheable, isLong }: Task, inside: boolean): object {
  const needs = [...new Set(Object.values(takes).map(({ from }) => from))].toSorted();
  return {
    cachingOptions: { enableCache: isCacheable },
    componentRef: { name: `comp-${name}` },
    ...(inside || needs.length === 0 ? {} : { dependentTasks: needs }),
    ...unlessEmpty('inputs', {
      ...unlessEmpty(
        'artifacts',
        mapValues(takes, ({ from, role }) =>
          inside
            ? { componentInputArtifact: channel(from, role) }
            : { taskOutputArtifact: { producerTask: from, outputArtifactKey: role } },
        ),
      ),
      ...unlessEmpty(
        'parameters',
        mapValues(parameters, (_, key) => ({ componentInputParameter: key })),
      ),
    }),
    // A run goes on where it was, so that another attempt costs little.
    retryPolicy: {
      maxRetryCount: isLong ? 3 : 1,
      backoffDuration: '30s',
      backoffFactor: 2,
      backoffMaxDuration: '600s',
    },
    taskInfo: { name },
  };
}

export const stepExecutor = ({ name }: Task, image: string): object => ({
  container: { image, command: ['anneal'], args: ['step', name, '--executor-input', '{{$}}'] },
});
