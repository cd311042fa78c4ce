import { canonicalJson } from '../../../configs/canonical-json.ts';
import type { Recipe } from '../../../configs/recipe.ts';
import { artifactUri } from '../../address.ts';
import type { ArtifactRow } from '../../ledger/schema.ts';
import { parametersOf, planOf, sourcesOf, type Schema } from './plan.ts';
import { uriParameter, type ImportedArtifact } from './importer.ts';
import { pipelineSpec } from './spec.ts';

/** An output of a run's step. */
export interface MadeArtifact {
  step: string;
  role: string;
  /** Its entry in the ledger; `store`: address of a store elsewhere that it lies in. */
  artifact: Pick<ArtifactRow, 'digest' | 'type' | 'bytes' | 'files'> & { store?: string | null };
}

export interface JobInput {
  recipe: Recipe;
  /** Container image with this version of Anneal. */
  image: string;
  /** Where the pipeline keeps its own files, `gs://BUCKET/PREFIX`. */
  root?: string | undefined;
  /** A run whose outputs are shown too. */
  run?: { id: string; made: readonly MadeArtifact[] } | undefined;
  /** Address of the folder of the store on this machine, `file:///…`. */
  storeUrl: string;
}

/** Longest value of a label, in characters. */
const MAX_LABEL = 63;

/**
 * A PipelineJob for Vertex Pipelines, as JSON to be sent to `pipelineJobs.create`, or its `pipelineSpec` alone to any
 * Kubeflow Pipelines. The same recipe and run give the same text.
 */
export function pipelineJob({ recipe, image, root, run, storeUrl }: JobInput): object {
  const parameters = parametersOf(recipe);
  const steps = planOf(recipe);
  const imported: ImportedArtifact[] = [
    ...sourcesOf(recipe).map(({ name, uri }) => ({
      task: `source-${name}`,
      schema: 'system.Dataset' as const,
      uri,
      metadata: {},
    })),
    ...madeBy(run?.made ?? [], storeUrl),
  ];
  const spec = {
    name: pipelineName(recipe.name),
    description: recipe.description ?? `Anneal keeps ${recipe.name} tuned: data, tuning, gate, registration.`,
    image,
    recipe: recipeText(recipe),
    steps,
    parameters,
    imported,
  };
  const { google } = recipe;
  const labels = { anneal_line: labelOf(recipe.name), ...(run ? { anneal_run: labelOf(run.id) } : {}) };
  const outputs = root ?? (recipe.store && `${recipe.store.replace(/\/$/, '')}/pipelines`);
  return sorted({
    displayName: run?.id ?? recipe.name,
    labels,
    ...(google?.serviceAccount ? { serviceAccount: google.serviceAccount } : {}),
    ...(google?.kmsKey ? { encryptionSpec: { kmsKeyName: google.kmsKey } } : {}),
    runtimeConfig: {
      ...(outputs ? { gcsOutputDirectory: outputs } : {}),
      failurePolicy: 'PIPELINE_FAILURE_POLICY_FAIL_FAST',
      parameterValues: {
        recipe: spec.recipe,
        ...Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
        ...Object.fromEntries(imported.map(({ task, uri }) => [uriParameter(task), uri])),
      },
    },
    pipelineSpec: pipelineSpec(spec),
  });
}

/** The recipe as JSON. What begins with `{{$` in it is its own, and no placeholder for the pipeline to fill in. */
const recipeText = (recipe: Recipe): string => canonicalJson(recipe).replaceAll('{{$', String.raw`{\u007b$`);

/** The typed artifact that stands for one of ours; undefined: too small to be shown. */
const SCHEMAS: Record<string, Schema> = {
  Dataset: 'system.Dataset',
  Model: 'system.Model',
  Predictions: 'system.Dataset',
  EvalReport: 'system.Artifact',
  GateVerdict: 'system.Artifact',
  ModelCard: 'system.Artifact',
};

function madeBy(made: readonly MadeArtifact[], storeUrl: string): ImportedArtifact[] {
  return made.flatMap(({ step, role, artifact }) => {
    const schema = SCHEMAS[artifact.type];
    if (!schema) return [];
    const { digest, type, bytes } = artifact;
    return [
      {
        task: `made-${`${step}-${role}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`,
        schema,
        uri: artifactUri(artifact.store ?? storeUrl, artifact),
        metadata: { digest, bytes, type },
      },
    ];
  });
}

/** Lower-case letters, digits and hyphens, beginning with a letter: what Vertex Pipelines takes. */
const pipelineName = (name: string): string => `anneal-${name}`.replaceAll(/[^a-z0-9-]/g, '-').slice(0, 128);

const labelOf = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '-')
    .slice(0, MAX_LABEL);

/** The same value gives the same text. */
const sorted = (value: object): object => JSON.parse(canonicalJson(value)) as object;
