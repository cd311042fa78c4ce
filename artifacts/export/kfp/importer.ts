import { artifact, parameter, unlessEmpty } from './forms.ts';
import type { Schema } from './plan.ts';

/** An artifact that is there already, and is shown in the pipeline. */
export interface ImportedArtifact {
  /** Name of its task, e.g. `source-train`. */
  task: string;
  schema: Schema;
  uri: string;
  /** Shown with it: digest, bytes. */
  metadata: Record<string, string | number>;
}

/** The parameter with the address of an imported artifact. */
export const uriParameter = (task: string): string => `${task.replaceAll('-', '_')}_uri`;

export const importerComponent = ({ task, schema }: ImportedArtifact): object => ({
  executorLabel: `exec-${task}`,
  inputDefinitions: { parameters: { uri: parameter('STRING') } },
  outputDefinitions: { artifacts: { artifact: artifact(schema) } },
});

export const importerTask = ({ task }: ImportedArtifact): object => ({
  cachingOptions: { enableCache: true },
  componentRef: { name: `comp-${task}` },
  inputs: { parameters: { uri: { componentInputParameter: uriParameter(task) } } },
  taskInfo: { name: task },
});

export const importerExecutor = ({ schema, metadata }: ImportedArtifact): object => ({
  importer: {
    artifactUri: { runtimeParameter: 'uri' },
    typeSchema: { schemaTitle: schema, schemaVersion: '0.0.1' },
    ...unlessEmpty('metadata', metadata),
  },
});
