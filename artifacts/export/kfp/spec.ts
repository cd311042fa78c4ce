import type { PlannedParameter, PlannedStep, Schema } from './plan.ts';

/** An artifact that is there already, and is shown in the pipeline. */
export interface ImportedArtifact {
  /** Name of its task, e.g. `source-train`. */
  task: string;
  schema: Schema;
  uri: string;
  /** Shown with it: digest, bytes. */
  metadata: Record<string, string | number>;
}

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

/** The parameter with the address of an imported artifact. */
export const uriParameter = (task: string): string => `${task.replaceAll('-', '_')}_uri`;

const artifact = (schema: Schema): object => ({ artifactType: { schemaTitle: schema, schemaVersion: '0.0.1' } });
const parameter = (type: string): object => ({ parameterType: type });
const mapOf = <T>(keys: readonly string[], of: (key: string) => T): Record<string, T> =>
  Object.fromEntries(keys.map((key) => [key, of(key)]));
/** A section that is left out where it is empty, as the compiler of kfp does. */
const unlessEmpty = (name: string, section: object): { [name: string]: object } =>
  Object.keys(section).length === 0 ? {} : { [name]: section };

/** Attempts after the first, and pauses between them. A run goes on where it was, so that another one costs little. */
const retryOf = ({ isLong }: PlannedStep): object => ({
  maxRetryCount: isLong ? 3 : 1,
  backoffDuration: '30s',
  backoffFactor: 2,
  backoffMaxDuration: '600s',
});

/** The state folder of the run, handed from task to task. */
const STATE = 'state';

/**
 * The pipeline in the intermediate representation 2.1.0 of Kubeflow Pipelines
 * (https://github.com/kubeflow/pipelines/blob/master/api/v2alpha1/pipeline_spec.proto): one task and one component a
 * step. Each task's container takes the state folder over from the one before, and carries the run on through its
 * step.
 */
export function pipelineSpec({ name, description, image, recipe, steps, parameters, imported }: SpecInput): object {
  const always = steps.filter(({ when }) => !when);
  const first = always[0]?.name;
  const tuning = parameters.filter(({ name: parameterName }) => parameterName.startsWith('tune_'));
  const settingsOf = (step: PlannedStep): readonly PlannedParameter[] =>
    step.name === first ? parameters : step.name === 'tune' ? tuning : [];
  const isFirst = (step: PlannedStep): boolean => step.name === first;
  const before = (step: PlannedStep): string | undefined => {
    const place = always.indexOf(step);
    return place < 0 ? always.at(-1)?.name : always[place - 1]?.name;
  };
  /** What a task takes, its predecessor's state included. */
  const takesOf = (step: PlannedStep): PlannedStep['takes'] => {
    const predecessor = before(step);
    const state = { from: predecessor ?? '', role: STATE, schema: 'system.Artifact' as const };
    return { ...step.takes, ...(predecessor === undefined ? {} : { [STATE]: state }) };
  };
  const parametersFor = (step: PlannedStep): Record<string, string> => ({
    ...(isFirst(step) ? { recipe: 'STRING' } : {}),
    ...Object.fromEntries(settingsOf(step).map(({ name: key, type }) => [key, type])),
  });

  const component = (step: PlannedStep): object => {
    const takes = takesOf(step);
    return {
      executorLabel: `exec-${step.name}`,
      ...unlessEmpty('inputDefinitions', {
        ...unlessEmpty(
          'artifacts',
          mapOf(Object.keys(takes), (role) => artifact((takes[role] as { schema: Schema }).schema)),
        ),
        ...unlessEmpty(
          'parameters',
          mapOf(Object.keys(parametersFor(step)), (key) => parameter(parametersFor(step)[key] as string)),
        ),
      }),
      outputDefinitions: {
        artifacts: {
          ...mapOf(Object.keys(step.makes), (role) => artifact(step.makes[role] as Schema)),
          [STATE]: artifact('system.Artifact'),
        },
        ...unlessEmpty(
          'parameters',
          mapOf(step.says, () => parameter('STRING')),
        ),
      },
    };
  };

  const task = (step: PlannedStep, inside: boolean): object => {
    const takes = takesOf(step);
    const given = (role: string): object => {
      const { from, role: theirs } = takes[role] as { from: string; role: string };
      return inside
        ? { componentInputArtifact: channel(from, theirs) }
        : { taskOutputArtifact: { producerTask: from, outputArtifactKey: theirs } };
    };
    const needs = [...new Set(Object.values(takes).map(({ from }) => from))].toSorted();
    return {
      cachingOptions: { enableCache: step.isCacheable },
      componentRef: { name: `comp-${step.name}` },
      ...(inside || needs.length === 0 ? {} : { dependentTasks: needs }),
      ...unlessEmpty('inputs', {
        ...unlessEmpty('artifacts', mapOf(Object.keys(takes), given)),
        ...unlessEmpty(
          'parameters',
          mapOf(Object.keys(parametersFor(step)), (key) => ({ componentInputParameter: key })),
        ),
      }),
      retryPolicy: retryOf(step),
      taskInfo: { name: step.name },
    };
  };

  const conditions = steps.filter(({ when }) => when);
  const conditionName = (step: PlannedStep): string => `when-${step.when?.is}`;
  const verdictChannel = (step: PlannedStep): string => channel(step.when?.task ?? '', step.when?.says ?? '');

  const conditionComponent = (step: PlannedStep): object => ({
    dag: { tasks: { [step.name]: task(step, true) } },
    inputDefinitions: {
      artifacts: Object.fromEntries(
        Object.values(takesOf(step)).map(({ from, role, schema }) => [channel(from, role), artifact(schema)]),
      ),
      parameters: { [verdictChannel(step)]: parameter('STRING') },
    },
  });
  const conditionTask = (step: PlannedStep): object => {
    const takes = Object.values(takesOf(step));
    const { task: producerTask = '', says: outputParameterKey = '', is = '' } = step.when ?? {};
    return {
      componentRef: { name: `comp-${conditionName(step)}` },
      dependentTasks: [...new Set([...takes.map(({ from }) => from), producerTask])].toSorted(),
      inputs: {
        artifacts: Object.fromEntries(
          takes.map(({ from, role }) => [
            channel(from, role),
            { taskOutputArtifact: { producerTask: from, outputArtifactKey: role } },
          ]),
        ),
        parameters: { [verdictChannel(step)]: { taskOutputParameter: { producerTask, outputParameterKey } } },
      },
      taskInfo: { name: conditionName(step) },
      triggerPolicy: { condition: `inputs.parameter_values['${verdictChannel(step)}'] == '${is}'` },
    };
  };

  const importerComponent = ({ task: taskName, schema }: ImportedArtifact): object => ({
    executorLabel: `exec-${taskName}`,
    inputDefinitions: { parameters: { uri: parameter('STRING') } },
    outputDefinitions: { artifacts: { artifact: artifact(schema) } },
  });
  const importerTask = ({ task: taskName }: ImportedArtifact): object => ({
    cachingOptions: { enableCache: true },
    componentRef: { name: `comp-${taskName}` },
    inputs: { parameters: { uri: { componentInputParameter: uriParameter(taskName) } } },
    taskInfo: { name: taskName },
  });
  const importer = ({ schema, metadata }: ImportedArtifact): object => ({
    importer: {
      artifactUri: { runtimeParameter: 'uri' },
      typeSchema: { schemaTitle: schema, schemaVersion: '0.0.1' },
      ...unlessEmpty('metadata', metadata),
    },
  });
  const container = (step: PlannedStep): object => ({
    container: { image, command: ['anneal'], args: ['step', step.name, '--executor-input', '{{$}}'] },
  });

  const inputs: Record<string, object> = {
    recipe: { ...parameter('STRING'), defaultValue: recipe, isOptional: true },
    ...Object.fromEntries(
      parameters.map(({ name: key, type, value }) => [
        key,
        { ...parameter(type), defaultValue: value, isOptional: true },
      ]),
    ),
    ...Object.fromEntries(
      imported.map(({ task: taskName, uri }) => [
        uriParameter(taskName),
        { ...parameter('STRING'), defaultValue: uri, isOptional: true },
      ]),
    ),
  };
  return {
    components: {
      ...Object.fromEntries(steps.map((step) => [`comp-${step.name}`, component(step)])),
      ...Object.fromEntries(conditions.map((step) => [`comp-${conditionName(step)}`, conditionComponent(step)])),
      ...Object.fromEntries(imported.map((one) => [`comp-${one.task}`, importerComponent(one)])),
    },
    deploymentSpec: {
      executors: {
        ...Object.fromEntries(steps.map((step) => [`exec-${step.name}`, container(step)])),
        ...Object.fromEntries(imported.map((one) => [`exec-${one.task}`, importer(one)])),
      },
    },
    pipelineInfo: { name, description },
    root: {
      dag: {
        tasks: {
          ...Object.fromEntries(imported.map((one) => [one.task, importerTask(one)])),
          ...Object.fromEntries(always.map((step) => [step.name, task(step, false)])),
          ...Object.fromEntries(conditions.map((step) => [conditionName(step), conditionTask(step)])),
        },
      },
      inputDefinitions: { parameters: inputs },
    },
    schemaVersion: '2.1.0',
    sdkVersion: 'kfp-2.17.3',
  };
}

/** How the compiler of kfp calls what goes into a condition. */
const channel = (task: string, output: string): string => `pipelinechannel--${task}-${output}`;
