import { spend } from '../counted.ts';
import { knownAt } from '../lessons.ts';
import type { OpenAiState, StoredJob, StoredModel } from './state.ts';

/** How a job stands. */
export type Status = 'validating_files' | 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** Whole seconds. */
export const seconds = (ms: number): number => Math.floor(ms / 1000);
/** When a job that nothing befalls is done, in ms. */
export const endOf = (job: StoredJob): number => job.createdAt + job.pendingMs + job.runningMs;
/** Has not ended. */
export const isUnderWay = (status: Status): boolean => ['validating_files', 'queued', 'running'].includes(status);
/** Steps of one epoch. */
export const stepsOf = ({ rows }: StoredJob): number => Math.max(1, Math.ceil(rows / 16));
/** Training loss after an epoch. */
export const lossOf = (epoch: number): number => Math.round(1000 / (epoch + 1)) / 1000;
/** How much of its running time is over, 0 to 1. */
export const progressOf = (job: StoredJob): number =>
  job.runningMs === 0 ? 1 : Math.min(1, (Date.now() - job.createdAt - job.pendingMs) / job.runningMs);

/** How the job stands, by the clock. */
export function statusOf(job: StoredJob): Status {
  if (job.cancelledAt !== undefined) return 'cancelled';
  const age = Date.now() - job.createdAt;
  if (age < job.pendingMs / 2) return 'validating_files';
  if (job.failure) return 'failed';
  if (age < job.pendingMs || job.fate === 'pending-for-ever') return 'queued';
  if (Date.now() < endOf(job) || job.fate === 'running-for-ever') return 'running';
  return job.fate === 'failed' || job.fate === 'failed-empty' ? 'failed' : 'succeeded';
}

/** Writes the end of a job that succeeded: its models, its money. */
export function settle(state: OpenAiState, job: StoredJob): Status {
  const status = statusOf(job);
  if (status !== 'succeeded' || state.journal.get('money', job.id)) return status;
  state.journal.change([
    ...modelsOf(job).map((value) => ({ kind: 'models', name: value.id, value })),
    spend(job.id, job.tokens, state.priceOf(job.model)),
  ]);
  return status;
}

/** The models a job makes: a checkpoint for each epoch (the last three at most), the last being the tuned model. */
export function modelsOf(job: StoredJob): StoredModel[] {
  const id = `ft:${job.model}:anneal:${job.suffix ?? ''}:${job.id.slice(6, 14)}`;
  return Array.from({ length: job.epochs }, (_, i): StoredModel => {
    const isLast = i === job.epochs - 1;
    return {
      id: isLast ? id : `${id}:ckpt-step-${stepsOf(job) * (i + 1)}`,
      base: job.model,
      createdAt: endOf(job),
      learned: knownAt(job.learned, (i + 1) / job.epochs),
    };
  }).slice(-3);
}

/** The job as the service tells it. */
export function told(state: OpenAiState, job: StoredJob): object {
  const status = settle(state, job);
  const isDone = status === 'succeeded';
  const model = isDone ? (modelsOf(job).at(-1)?.id ?? null) : null;
  if (state.lacks('fields')) return { id: job.id, status, ...(model ? { fine_tuned_model: model } : {}) };
  const hyperparameters = (job.method[job.method.type] as { hyperparameters?: object } | undefined)?.hyperparameters;
  const all = { batch_size: 16, learning_rate_multiplier: 1, ...hyperparameters, n_epochs: job.epochs };
  const failed = job.failure ?? {
    code: 'server_error',
    message: job.fate === 'failed-empty' ? '' : 'Internal error.',
    param: null,
  };
  return {
    id: job.id,
    object: 'fine_tuning.job',
    created_at: seconds(job.createdAt),
    finished_at: isUnderWay(status) ? null : seconds(job.cancelledAt ?? (job.failure ? job.createdAt : endOf(job))),
    model: job.model,
    fine_tuned_model: model,
    organization_id: 'org-anneal',
    result_files: [],
    status,
    trained_tokens: isDone ? job.tokens : null,
    training_file: job.trainingFile,
    validation_file: job.validationFile,
    seed: job.seed,
    error: status === 'failed' ? failed : { code: null, message: null, param: null },
    user_provided_suffix: job.suffix,
    ...(job.metadata ? { metadata: job.metadata } : {}),
    hyperparameters: all,
    method: { type: job.method.type, [job.method.type]: { hyperparameters: all } },
  };
}
