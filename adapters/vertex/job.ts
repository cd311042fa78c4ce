import { z } from 'zod';
import { plain } from '../../configs/plain.ts';
import type { RemoteJob } from '../contracts.ts';

/** Limits of a project in a region (Vertex AI quotas), for jobs of all kinds: submissions, and calls, in a minute. */
export const LIMITS = { submitsPerMinute: 60, callsPerMinute: 600 };

/** Longest text of the vendor that is kept. */
const MAX_TEXT = 1000;

const int64 = z.union([z.string().regex(/^\d+$/), z.number()]).transform(Number);
const Stats = z.looseObject({
  tuningDatasetExampleCount: int64.optional(),
  totalBillableTokenCount: int64.optional(),
  tuningStepCount: int64.optional(),
  totalTruncatedExampleCount: int64.optional(),
  droppedExampleReasons: z.array(z.string()).optional(),
});
const Hyper = z.looseObject({ hyperParameters: z.looseObject({ epochCount: int64.optional() }).optional() });
const Checkpoint = z.looseObject({
  checkpointId: z.string(),
  epoch: int64.optional(),
  step: int64.optional(),
  endpoint: z.string().optional(),
});

/** A tuning job as the service gives it; fields that it leaves out are absent. */
export const TuningJob = z.looseObject({
  name: z.string().min(1),
  state: z.string().default('JOB_STATE_UNSPECIFIED'),
  labels: z.record(z.string(), z.string()).default({}),
  createTime: z.string().optional(),
  startTime: z.string().optional(),
  endTime: z.string().optional(),
  error: z.looseObject({ code: z.number().optional(), message: z.string().optional() }).optional(),
  experiment: z.string().optional(),
  supervisedTuningSpec: Hyper.optional(),
  preferenceOptimizationSpec: Hyper.optional(),
  tunedModel: z
    .looseObject({
      model: z.string().optional(),
      endpoint: z.string().optional(),
      checkpoints: z.array(Checkpoint).optional(),
    })
    .optional(),
  tuningDataStats: z
    .looseObject({
      supervisedTuningDataStats: Stats.optional(),
      preferenceOptimizationDataStats: Stats.optional(),
    })
    .optional(),
});
export type TuningJob = z.infer<typeof TuningJob>;
export type TuningCheckpoint = z.infer<typeof Checkpoint>;

/** A page of a list. */
export const TuningJobs = z.looseObject({
  tuningJobs: z.array(TuningJob).default([]),
  nextPageToken: z.string().optional(),
});

const STATES: Record<string, RemoteJob['state']> = {
  JOB_STATE_QUEUED: 'pending',
  JOB_STATE_PENDING: 'pending',
  JOB_STATE_PAUSED: 'pending',
  JOB_STATE_RUNNING: 'running',
  JOB_STATE_UPDATING: 'running',
  JOB_STATE_CANCELLING: 'cancelling',
  JOB_STATE_SUCCEEDED: 'succeeded',
  JOB_STATE_PARTIALLY_SUCCEEDED: 'succeeded',
  JOB_STATE_FAILED: 'failed',
  JOB_STATE_EXPIRED: 'failed',
  JOB_STATE_CANCELLED: 'cancelled',
};

/** The job in our words. A state that nobody has heard of yet counts as running: the deadline ends it. */
export function remoteJob(job: TuningJob): RemoteJob {
  const { name, labels, createTime, startTime, endTime, error } = job;
  const state = STATES[job.state] ?? (job.state === 'JOB_STATE_UNSPECIFIED' ? 'pending' : 'running');
  const message = plain(error?.message ?? '').slice(0, MAX_TEXT);
  return {
    name,
    labels,
    state,
    vendorState: plain(job.state).slice(0, 60),
    createdAt: createTime,
    startedAt: startTime,
    endedAt: endTime,
    ...(state === 'failed' ? { error: { type: 'JobFailed', message: message && `Vertex AI: ${message}` } } : {}),
    url: pageOf(name),
    raw: job,
  };
}

/** The publisher's model behind a job, also behind one that goes on from an earlier tuned model. */
export function baseOf(job: TuningJob): string {
  const { baseModel, preTunedModel } = job as { baseModel?: unknown; preTunedModel?: { baseModel?: unknown } };
  const base = baseModel ?? preTunedModel?.baseModel;
  return typeof base === 'string' && base !== '' ? plain(base).slice(0, 300) : 'unknown';
}

/** Page of the console that shows a job. */
function pageOf(name: string): string | undefined {
  const [, project, location, id] = /^projects\/([^/]+)\/locations\/([^/]+)\/tuningJobs\/([^/]+)$/.exec(name) ?? [];
  if (project === undefined) return undefined;
  const place = [location, id].map((part) => encodeURIComponent(part ?? '')).join('/tuningJob/');
  return `https://console.cloud.google.com/vertex-ai/generative/language/locations/${place}?project=${encodeURIComponent(project)}`;
}
