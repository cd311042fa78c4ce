import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Fault } from '../google/faults.ts';
import { readRows } from './rows.ts';
import { checkJob } from './job-checks.ts';
import { ApiError, type OpenAiState, type StoredFile, type StoredJob, type StoredModel } from './state.ts';

type Status = 'validating_files' | 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** Creates a job, as often as it is asked to. */
export function createJob(state: OpenAiState, body: unknown, fault: Fault): object {
  const request = checkJob(state, body);
  const training = fileOf(state, request.training_file, 'training_file');
  if (request.validation_file) fileOf(state, request.validation_file, 'validation_file');
  const { concurrentJobs = Infinity, minExamples = 10, pendingMs = 0, runningMs = 0 } = state.options;
  const under = allJobs(state).filter((job) => isUnderWay(statusOf(job)));
  if (under.length >= concurrentJobs)
    throw new ApiError(429, 'You have reached the limit of active fine-tuning jobs.', { code: 'rate_limit_exceeded' });
  const method = request.method ?? { type: 'supervised' };
  const found = readRows(readFileSync(state.path(training.id), 'utf8'), method.type);
  const problem =
    found.problem ??
    (found.rows < minExamples
      ? `The job failed due to an invalid training file. It has ${found.rows} example(s), but must have at least ${minExamples} examples.`
      : undefined);
  const before = state.journal.get<StoredModel>('models', request.model);
  const job: StoredJob = {
    id: `ftjob-${randomBytes(12).toString('hex')}`,
    createdAt: Date.now(),
    pendingMs,
    runningMs,
    model: before?.base ?? request.model,
    suffix: request.suffix ?? null,
    metadata: state.lacks('metadata') ? null : (request.metadata ?? null),
    trainingFile: training.id,
    validationFile: request.validation_file ?? null,
    method,
    seed: request.seed ?? 42,
    epochs: request.epochs,
    tokens: found.tokens * request.epochs,
    rows: found.rows,
    lessons: state.keepLessons(found.lessons),
    before: before?.lessons ?? [],
    ...(fault.fate ? { fate: fault.fate } : {}),
    ...(problem ? { failure: { code: 'invalid_training_file', message: problem, param: 'training_file' } } : {}),
  };
  const { anneal_key: key = '', anneal_try: number = '' } = request.metadata ?? {};
  state.journal.change([
    ...(fault.fate === 'deleted' ? [] : [{ kind: 'jobs', name: job.id, value: job }]),
    { kind: 'creates', name: job.id, value: { key, try: number, name: job.id, at: job.createdAt } },
  ]);
  return state.lacks('fields') ? { id: job.id, status: statusOf(job) } : told(state, job);
}

/** The job as it stands. */
export function getJob(state: OpenAiState, id: string): object {
  return told(state, jobOf(state, id));
}

/** Jobs, the newest first; `metadata[k]=v` narrows them where the server has that. */
export function listJobs(state: OpenAiState, query: URLSearchParams): object {
  const wanted = [...query].flatMap(([name, value]) => {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
    return key && !state.lacks('metadataFilter') ? [[key, value] as const] : [];
  });
  const jobs = allJobs(state)
    .filter(({ metadata }) => wanted.every(([key, value]) => metadata?.[key] === value))
    .toReversed();
  return listOf(jobs.map((job) => told(state, job)) as { id: string }[], query);
}

/** Ends a job that is under way. */
export function cancelJob(state: OpenAiState, id: string): object {
  const job = jobOf(state, id);
  if (state.lacks('cancel')) throw new ApiError(400, 'Not implemented');
  const status = statusOf(job);
  if (!isUnderWay(status))
    throw new ApiError(400, `Job ${id} has status ${status} and cannot be cancelled.`, {
      code: 'invalid_request_error',
    });
  const cancelled = { ...job, cancelledAt: Date.now() };
  state.journal.put('jobs', id, cancelled);
  return told(state, cancelled);
}

/** What happened to a job, the newest first. */
export function eventsOf(state: OpenAiState, id: string, query: URLSearchParams): object {
  const job = jobOf(state, id);
  if (state.lacks('events')) throw new ApiError(404, 'Not Found');
  const status = statusOf(job);
  const event = (
    number: number,
    at: number,
    message: string,
    more: object = {},
  ): { id: string; [name: string]: unknown } => ({
    id: `ftevent-${id.slice(6)}-${number}`,
    object: 'fine_tuning.job.event',
    created_at: seconds(at),
    level: 'info',
    message,
    type: 'message',
    data: {},
    ...more,
  });
  const start = job.createdAt + job.pendingMs;
  const events = [event(0, job.createdAt, `Created fine-tuning job: ${id}`)];
  const hasBegun = status === 'running' || status === 'succeeded';
  if (hasBegun) events.push(event(1, start, 'Fine-tuning job started'));
  const epochs = hasBegun ? Math.floor(progressOf(job) * job.epochs) : 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const step = stepsOf(job) * epoch;
    const at = start + (job.runningMs * epoch) / job.epochs;
    const metrics = { step, train_loss: lossOf(epoch), train_mean_token_accuracy: 1 - lossOf(epoch) / 2 };
    events.push(
      event(1 + epoch, at, `Step ${step}: training loss=${lossOf(epoch)}`, { type: 'metrics', data: metrics }),
    );
  }
  if (status === 'succeeded') events.push(event(99, endOf(job), 'The job has successfully completed'));
  return listOf(events.toReversed(), query);
}

/** Checkpoints of a job, the newest first. */
export function checkpointsOf(state: OpenAiState, id: string, query: URLSearchParams): object {
  const job = jobOf(state, id);
  if (state.lacks('checkpoints')) throw new ApiError(404, 'Not Found');
  const isDone = settle(state, job) === 'succeeded';
  const checkpoints = !isDone
    ? []
    : modelsOf(job).map(({ id: model, share }, i) => ({
        id: `ftckpt_${id.slice(6)}${i}`,
        object: 'fine_tuning.job.checkpoint',
        created_at: seconds(endOf(job)),
        fine_tuned_model_checkpoint: model,
        fine_tuning_job_id: id,
        step_number: stepsOf(job) * (i + 1),
        metrics: { step: stepsOf(job) * (i + 1), train_loss: lossOf(i + 1), train_mean_token_accuracy: share / 2 },
      }));
  return listOf(checkpoints.toReversed(), query);
}

/** Every job, those that have come to their end written down. */
export function allJobs(state: OpenAiState): StoredJob[] {
  return state.journal.all<StoredJob>('jobs').map(([, job]) => {
    settle(state, job);
    return job;
  });
}

/** One page of a list. */
export function listOf(items: readonly { id: string }[], query: URLSearchParams): object {
  const after = query.get('after');
  const start = after ? items.findIndex(({ id }) => id === after) + 1 : 0;
  const limit = Math.min(Number(query.get('limit') ?? 20) || 20, 100);
  const data = items.slice(start, start + limit);
  return { object: 'list', data, has_more: start + limit < items.length };
}

function jobOf(state: OpenAiState, id: string): StoredJob {
  const job = state.journal.get<StoredJob>('jobs', id);
  if (!job)
    throw new ApiError(404, `Could not find fine tune: ${id}`, {
      param: 'fine_tuning_job_id',
      code: 'fine_tune_not_found',
    });
  settle(state, job);
  return job;
}

function fileOf(state: OpenAiState, id: string, param: string): StoredFile {
  const file = state.journal.get<StoredFile>('files', id);
  if (!file) throw new ApiError(400, `invalid ${param}: ${id}`, { param, code: 'invalid_file' });
  if (file.purpose !== 'fine-tune')
    throw new ApiError(400, `File '${id}' has purpose '${file.purpose}', which is not 'fine-tune'.`, {
      param,
      code: 'invalid_file',
    });
  return file;
}

const seconds = (ms: number): number => Math.floor(ms / 1000);
const endOf = (job: StoredJob): number => job.createdAt + job.pendingMs + job.runningMs;
const isUnderWay = (status: Status): boolean => ['validating_files', 'queued', 'running'].includes(status);
const stepsOf = ({ rows }: StoredJob): number => Math.max(1, Math.ceil(rows / 16));
const lossOf = (epoch: number): number => Math.round(1000 / (epoch + 1)) / 1000;
const progressOf = (job: StoredJob): number =>
  job.runningMs === 0 ? 1 : Math.min(1, (Date.now() - job.createdAt - job.pendingMs) / job.runningMs);

function statusOf(job: StoredJob): Status {
  if (job.cancelledAt !== undefined) return 'cancelled';
  const age = Date.now() - job.createdAt;
  if (age < job.pendingMs / 2) return 'validating_files';
  if (job.failure) return 'failed';
  if (age < job.pendingMs || job.fate === 'pending-for-ever') return 'queued';
  if (Date.now() < endOf(job) || job.fate === 'running-for-ever') return 'running';
  return job.fate === 'failed' || job.fate === 'failed-empty' ? 'failed' : 'succeeded';
}

/** Writes the end of a job that succeeded: its models, its money. */
function settle(state: OpenAiState, job: StoredJob): Status {
  const status = statusOf(job);
  if (status !== 'succeeded' || state.journal.get('money', job.id)) return status;
  const microUsd = Math.round(job.tokens * state.priceOf(job.model));
  state.journal.change([
    ...modelsOf(job).map((value) => ({ kind: 'models', name: value.id, value })),
    { kind: 'money', name: job.id, value: { tokens: job.tokens, microUsd } },
  ]);
  return status;
}

/** The models a job makes: a checkpoint for each epoch (the last three at most), the last being the tuned model. */
function modelsOf(job: StoredJob): StoredModel[] {
  const id = `ft:${job.model}:anneal:${job.suffix ?? ''}:${job.id.slice(6, 14)}`;
  return Array.from({ length: job.epochs }, (_, i): StoredModel => {
    const isLast = i === job.epochs - 1;
    return {
      id: isLast ? id : `${id}:ckpt-step-${stepsOf(job) * (i + 1)}`,
      base: job.model,
      createdAt: endOf(job),
      lessons: [...job.before, job.lessons],
      share: isLast ? 1 : 0.25 + (0.5 * (i + 1)) / job.epochs,
    };
  }).slice(-3);
}

/** The job as the service tells it. */
function told(state: OpenAiState, job: StoredJob): object {
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
