import { invalid, Refusal } from './errors.ts';
import { findVersion } from './models.ts';
import { partsOf } from './objects.ts';
import type { GoogleState, Resource } from './state.ts';

/** Sizes of adapter that a model can be tuned with. Models that are not here cannot be tuned. */
const ADAPTER_SIZES: Record<string, readonly string[]> = {
  'gemini-2.5-pro': ['ONE', 'TWO', 'FOUR', 'EIGHT'],
  'gemini-2.5-flash': ['ONE', 'TWO', 'FOUR', 'EIGHT', 'SIXTEEN'],
  'gemini-2.5-flash-lite': ['ONE', 'TWO', 'FOUR', 'EIGHT', 'SIXTEEN'],
  'gemini-2.0-flash-001': ['ONE', 'TWO', 'FOUR', 'EIGHT'],
  'gemini-2.0-flash-lite-001': ['ONE', 'TWO', 'FOUR', 'EIGHT'],
};

/** Models that were there once. */
const RETIRED = ['gemini-1.5-pro-002', 'gemini-1.5-flash-002', 'gemini-1.0-pro-002'];

/** How a job is to be tuned, from either kind of specification. */
export interface Specification {
  kind: 'supervised' | 'preference';
  trainingDatasetUri: string;
  validationDatasetUri?: string;
  epochs: number;
  exportLastCheckpointOnly: boolean;
}

/** The model a job starts from. */
export interface Source {
  base: string;
  /** Version of a tuned model, `…/models/ID@1`. */
  parent?: string;
  checkpointId?: string;
}

/** Throws NOT_FOUND for a model that was retired. */
export function checkAlive(state: GoogleState, model: string): void {
  if (![...RETIRED, ...(state.options.retired ?? [])].includes(model)) return;
  throw new Refusal(
    'NOT_FOUND',
    `Publisher Model \`publishers/google/models/${model}\` was not found or has been retired.`,
  );
}

/** Throws INVALID_ARGUMENT for labels that Google's resources cannot have. */
export function checkLabels(labels: unknown): void {
  const entries = Object.entries((labels ?? {}) as Record<string, string>);
  if (entries.length > 64) throw invalid(`Resource has ${entries.length} labels, the maximum is 64.`, 'labels');
  for (const [key, value] of entries) {
    if (!/^[a-z][a-z0-9_-]{0,63}$/.test(key)) throw invalid(`Label key "${key}" is invalid.`, 'labels');
    if (!/^[a-z0-9_-]{0,64}$/.test(value)) throw invalid(`Label value "${value}" of "${key}" is invalid.`, 'labels');
  }
}

/** The model a job starts from. Throws for one that cannot be tuned, is not there, or was retired. */
export function checkSource(state: GoogleState, job: Resource): Source {
  const { baseModel, preTunedModel } = job as {
    baseModel?: string;
    preTunedModel?: { tunedModelName?: string; checkpointId?: string };
  };
  if (baseModel && preTunedModel)
    throw invalid('Only one of base_model and pre_tuned_model can be set (oneof source_model).');
  if (preTunedModel) {
    const version = findVersion(state, preTunedModel.tunedModelName ?? '');
    if (!version) throw new Refusal('NOT_FOUND', `The model "${preTunedModel.tunedModelName}" does not exist.`);
    const { checkpointId } = preTunedModel;
    if (checkpointId && !version.checkpoints.some((one) => one.checkpointId === checkpointId))
      throw invalid(`Checkpoint "${checkpointId}" does not exist in model "${preTunedModel.tunedModelName}".`);
    checkAlive(state, version.base);
    return { base: version.base, parent: version.name, ...(checkpointId ? { checkpointId } : {}) };
  }
  const base = baseModel?.replace(/^(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/google\/models\//, '');
  if (!base) throw invalid('One of base_model and pre_tuned_model is required.');
  checkAlive(state, base);
  if (!ADAPTER_SIZES[base]) throw invalid(`Base model ${base} is not supported for tuning.`);
  return { base };
}

/** How the job is to be tuned. Throws INVALID_ARGUMENT for numbers and sizes that cannot be. */
export function checkSpecification(job: Resource, base: string): Specification {
  const supervised = job['supervisedTuningSpec'] as Resource | undefined;
  const preference = job['preferenceOptimizationSpec'] as Resource | undefined;
  const spec = supervised ?? preference;
  if (!spec || (supervised && preference)) throw invalid('Exactly one tuning spec (oneof tuning_spec) is required.');
  const {
    trainingDatasetUri,
    validationDatasetUri,
    hyperParameters = {},
    exportLastCheckpointOnly = false,
  } = spec as {
    trainingDatasetUri?: string;
    validationDatasetUri?: string;
    hyperParameters?: { epochCount?: string; learningRateMultiplier?: number; adapterSize?: string; beta?: number };
    exportLastCheckpointOnly?: boolean;
  };
  for (const uri of [trainingDatasetUri ?? '', validationDatasetUri]) if (uri !== undefined) checkUri(uri);
  const { epochCount, learningRateMultiplier = 1, adapterSize, beta = 0.1 } = hyperParameters;
  if (epochCount !== undefined && !(Number(epochCount) >= 1 && Number(epochCount) <= 100))
    throw invalid(`Epoch count ${epochCount} is out of range [1, 100].`, 'hyper_parameters.epoch_count');
  if (!(learningRateMultiplier > 0 && learningRateMultiplier <= 10))
    throw invalid(`Learning rate multiplier ${learningRateMultiplier} is out of range (0, 10].`);
  if (!(beta > 0)) throw invalid(`Beta ${beta} has to be more than 0.`, 'hyper_parameters.beta');
  const size = adapterSize?.replace('ADAPTER_SIZE_', '');
  if (size && size !== 'UNSPECIFIED' && !ADAPTER_SIZES[base]?.includes(size))
    throw invalid(
      `Adapter size ${adapterSize} is not supported for base model ${base}.`,
      'hyper_parameters.adapter_size',
    );
  return {
    kind: supervised ? 'supervised' : 'preference',
    trainingDatasetUri: trainingDatasetUri as string,
    ...(validationDatasetUri ? { validationDatasetUri } : {}),
    epochs: Number(epochCount ?? 3),
    exportLastCheckpointOnly,
  };
}

function checkUri(uri: string): void {
  if (!/^gs:\/\/[^/]+\/.+\.jsonl$/.test(uri))
    throw invalid(`Dataset URI "${uri}" is not a JSONL file in Cloud Storage.`);
}

/** Throws for files that are not there, too large, or in another region than the job. */
export async function checkFiles(state: GoogleState, spec: Specification, location: string): Promise<void> {
  const { objects } = state;
  const { bucketRegions = {}, maxTrainingBytes = 1 << 30 } = state.options;
  for (const uri of [spec.trainingDatasetUri, spec.validationDatasetUri]) {
    if (!uri) continue;
    const { bucket } = partsOf(uri);
    const region = bucketRegions[bucket];
    if (region && region !== location && !(region === 'us' && location.startsWith('us-')))
      throw invalid(`The bucket "${bucket}" is in ${region}; it has to be in the region of the job, ${location}.`);
    const size = objects && (await objects.size(uri));
    if (objects && size === undefined) throw invalid(`Cloud Storage object ${uri} does not exist or cannot be read.`);
    if (size !== undefined && size > maxTrainingBytes && spec.kind === 'supervised')
      throw invalid(`Dataset file ${uri} has ${size} bytes; the limit is ${maxTrainingBytes}.`);
  }
}
