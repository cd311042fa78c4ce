import type { VertexTuning } from '../../configs/tune-vertex.ts';
import type { RemoteModel } from '../../configs/remote-model.ts';
import type { TuneSettings } from '../contracts.ts';

const SIZES = { 1: 'ONE', 2: 'TWO', 4: 'FOUR', 8: 'EIGHT', 16: 'SIXTEEN', 32: 'THIRTY_TWO' } as const;

/** What a tuning job is created with, labels apart. */
export interface TuningRequest {
  baseModel?: string;
  preTunedModel?: { tunedModelName: string; checkpointId?: string };
  supervisedTuningSpec?: Record<string, unknown>;
  preferenceOptimizationSpec?: Record<string, unknown>;
  tunedModelDisplayName: string;
  serviceAccount?: string;
  encryptionSpec?: { kmsKeyName: string };
}

/** Puts the request together; int64 are texts, as in the JSON form of Google's messages. */
export function tuningRequest(of: {
  base: RemoteModel;
  start: RemoteModel | undefined;
  settings: TuneSettings;
  /** Name of the tuned model: the same name is the next version of it. */
  name: string;
  train: string;
  validation: string | undefined;
}): TuningRequest {
  const { base, start, settings, name, train, validation } = of;
  const { objective = 'sft', google } = settings;
  const vertex: Partial<VertexTuning> = settings.vertex ?? {};
  const { epochs, learningRateMultiplier, adapterSize, beta, lastCheckpointOnly, evaluation } = vertex;
  const hyperParameters = {
    ...(epochs === undefined ? {} : { epochCount: String(epochs) }),
    ...(learningRateMultiplier === undefined ? {} : { learningRateMultiplier }),
    ...(adapterSize === undefined ? {} : { adapterSize: `ADAPTER_SIZE_${SIZES[adapterSize]}` }),
    ...(objective === 'preference' && beta !== undefined ? { beta } : {}),
  };
  const spec = {
    trainingDatasetUri: train,
    ...(validation === undefined ? {} : { validationDatasetUri: validation }),
    ...(Object.keys(hyperParameters).length === 0 ? {} : { hyperParameters }),
    ...(lastCheckpointOnly ? { exportLastCheckpointOnly: true } : {}),
    ...(evaluation && objective === 'sft'
      ? {
          evaluationConfig: {
            metrics: evaluation.metrics,
            outputConfig: { gcsDestination: { outputUriPrefix: evaluation.output } },
          },
        }
      : {}),
  };
  const checkpoint = vertex.startCheckpoint ?? start?.checkpoint;
  return {
    ...(start
      ? {
          preTunedModel: {
            tunedModelName: start.registered ?? start.model,
            ...(checkpoint === undefined ? {} : { checkpointId: checkpoint }),
          },
        }
      : { baseModel: base.base }),
    ...(objective === 'preference' ? { preferenceOptimizationSpec: spec } : { supervisedTuningSpec: spec }),
    tunedModelDisplayName: name.slice(0, 128),
    ...(google?.serviceAccount === undefined ? {} : { serviceAccount: google.serviceAccount }),
    ...(google?.kmsKey === undefined ? {} : { encryptionSpec: { kmsKeyName: google.kmsKey } }),
  };
}
