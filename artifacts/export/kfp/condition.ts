import { artifact, channel, parameter } from './forms.ts';
import { stepTask, type Task } from './task.ts';

/** A task that is only done where an earlier one said so. */
export interface ConditionalTask extends Task {
  when: NonNullable<Task['when']>;
}

export const isConditional = (task: Task): task is ConditionalTask => task.when !== undefined;

export const conditionName = ({ when }: ConditionalTask): string => `when-${when.is}`;

const said = ({ when }: ConditionalTask): string => channel(when.task, when.says);

/** The pipeline in the pipeline that holds the task. */
export const conditionComponent = (task: ConditionalTask): object => ({
  dag: { tasks: { [task.name]: stepTask(task, true) } },
  inputDefinitions: {
    artifacts: Object.fromEntries(
      Object.values(task.takes).map(({ from, role, schema }) => [channel(from, role), artifact(schema)]),
    ),
    parameters: { [said(task)]: parameter('STRING') },
  },
});

export const conditionTask = (task: ConditionalTask): object => {
  const takes = Object.values(task.takes);
  const { task: producerTask, says: outputParameterKey, is } = task.when;
  return {
    componentRef: { name: `comp-${conditionName(task)}` },
    dependentTasks: [...new Set([...takes.map(({ from }) => from), producerTask])].toSorted(),
    inputs: {
      artifacts: Object.fromEntries(
        takes.map(({ from, role }) => [
          channel(from, role),
          { taskOutputArtifact: { producerTask: from, outputArtifactKey: role } },
        ]),
      ),
      parameters: { [said(task)]: { taskOutputParameter: { producerTask, outputParameterKey } } },
    },
    taskInfo: { name: conditionName(task) },
    triggerPolicy: { condition: `inputs.parameter_values['${said(task)}'] == '${is}'` },
  };
};
