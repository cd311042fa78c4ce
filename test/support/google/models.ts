import type { Learning } from '../lessons.ts';
import { canonical, type GoogleState, type Resource } from './state.ts';

/** A version of a model, stored under `projects/N/locations/L/models/ID@VERSION`. */
export interface StoredVersion {
  /** `…/models/ID@VERSION` */
  name: string;
  resource: Resource & { versionId: string; versionAliases: string[]; labels?: Record<string, string> };
  /** Publisher model it comes from. */
  base: string;
  /** What the last checkpoint knows. */
  learned: Learning[];
  checkpoints: StoredCheckpoint[];
}

/** What one checkpoint knows. */
export interface StoredCheckpoint {
  checkpointId: string;
  epoch: number;
  step: number;
  endpoint?: string;
  learned: Learning[];
}

/** An endpoint, stored under its name. `resource.deployedModels[].model` names a version. */
export interface StoredEndpoint {
  resource: Resource & {
    name: string;
    deployedModels: { id: string; model: string; modelVersionId?: string; checkpointId?: string }[];
    trafficSplit?: Record<string, number>;
  };
}

/** The versions of a model, the oldest first. */
export function versionsOf(state: GoogleState, name: string): StoredVersion[] {
  const [model = ''] = canonical(name).split('@');
  return state.journal
    .all<StoredVersion>('models')
    .filter(([key]) => key.startsWith(`${model}@`))
    .map(([, version]) => version);
}

/** The version a name with `@VERSION`, with `@ALIAS` or without (the default one) means. */
export function findVersion(state: GoogleState, name: string): StoredVersion | undefined {
  const wanted = name.split('@')[1] ?? 'default';
  return versionsOf(state, name).find(
    ({ resource }) => resource.versionId === wanted || resource.versionAliases.includes(wanted),
  );
}

/** A model as the service tells it: its name without a version. */
export function modelResource(version: StoredVersion): Resource {
  return { name: version.name.split('@')[0], ...version.resource };
}

/** What the model knows that an endpoint sends a request to; undefined: nothing is deployed. */
export function knowledgeOf(
  state: GoogleState,
  { resource }: StoredEndpoint,
): { base: string; learned: Learning[]; model: string } | undefined {
  const split = resource.trafficSplit ?? {};
  const [deployed] = resource.deployedModels.toSorted((a, b) => (split[b.id] ?? 0) - (split[a.id] ?? 0));
  const named = deployed && (deployed.model.includes('@') ? deployed.model : withVersion(deployed));
  const version = named ? findVersion(state, named) : undefined;
  if (!deployed || !version) return undefined;
  const checkpoint = version.checkpoints.find(({ checkpointId }) => checkpointId === deployed.checkpointId);
  return { base: version.base, learned: (checkpoint ?? version).learned, model: version.name };
}

const withVersion = ({ model, modelVersionId }: { model: string; modelVersionId?: string }): string =>
  modelVersionId ? `${model}@${modelVersionId}` : model;
