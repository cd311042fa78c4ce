import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { countCreate } from '../counted.ts';
import type { Fault } from '../google/faults.ts';
import { readRows } from './rows.ts';
import {
  endOf,
  isUnderWay,
  lossOf,
  modelsOf,
  progressOf,
  seconds,
  settle,
  statusOf,
  stepsOf,
  told,
} from './job-state.ts';
import { checkJob } from './job-checks.ts';
import { ApiError, type OpenAiState, type StoredFile, type StoredJob, type StoredModel } from './state.ts';

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
    learned: [...(before?.learned ?? []), { digest: state.lessons.keep(found.lessons), share: 1 }],
    ...(request.epochs === state.options.foreverEpochs ? { fate: 'running-for-ever' as const } : {}),
    ...(fault.fate ? { fate: fault.fate } : {}),
    ...(problem ? { failure: { code: 'invalid_training_file', message: problem, param: 'training_file' } } : {}),
  };
  state.journal.change([
    ...(fault.fate === 'deleted' ? [] : [{ kind: 'jobs', name: job.id, value: job }]),
    countCreate(job.id, request.metadata),
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
    : modelsOf(job).map(({ id: model }, i) => ({
        id: `ftckpt_${id.slice(6)}${i}`,
        object: 'fine_tuning.job.checkpoint',
        created_at: seconds(endOf(job)),
        fine_tuned_model_checkpoint: model,
        fine_tuning_job_id: id,
        step_number: stepsOf(job) * (i + 1),
        metrics: {
          step: stepsOf(job) * (i + 1),
          train_loss: lossOf(i + 1),
          train_mean_token_accuracy: 1 - lossOf(i + 1) / 2,
        },
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
