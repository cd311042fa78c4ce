import { z } from 'zod';
import { TerminalError } from '../../configs/failure.ts';
import type { JobService, RemoteJob } from '../contracts.ts';
import { googleFetch, vertexBase } from '../google/rest.ts';
import { remoteJob, TuningJob } from './job.ts';

/** Limits of a project in a region (Vertex AI quotas), which tuning jobs share. */
const LIMITS = { submitsPerMinute: 60, callsPerMinute: 600 };
const PAGE = 100;
/** A list that goes round in circles ends. */
const MOST_PAGES = 1000;

const int64 = z.union([z.string().regex(/^-?\d+$/), z.number()]).transform(Number);

/** A batch prediction job as the service gives it. What all jobs have in common is read as of tuning jobs. */
export const BatchJob = z.looseObject({
  ...TuningJob.pick({ name: true, state: true, labels: true, createTime: true }).shape,
  startTime: z.string().optional(),
  endTime: z.string().optional(),
  error: z.looseObject({ message: z.string().optional() }).optional(),
  outputInfo: z.looseObject({ gcsOutputDirectory: z.string().optional() }).optional(),
  completionStats: z.looseObject({ successfulCount: int64.optional(), failedCount: int64.optional() }).optional(),
});
export type BatchJob = z.infer<typeof BatchJob>;

const BatchJobs = z.looseObject({
  batchPredictionJobs: z.array(BatchJob).default([]),
  nextPageToken: z.string().optional(),
});

const asJob = (job: BatchJob): RemoteJob => ({ ...remoteJob(TuningJob.parse(job)), raw: job });

/** Batch prediction jobs of a project in a region. */
export function batchService({ project, location }: { project: string; location: string }): JobService {
  const parent = `projects/${project}/locations/${location}`;
  const address = (path: string): string => `${vertexBase(location)}/v1/${path}`;

  const list = async (filter: string | undefined, signal: AbortSignal): Promise<RemoteJob[]> => {
    const found: RemoteJob[] = [];
    let token: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = new URLSearchParams({ pageSize: String(PAGE) });
      if (filter !== undefined) query.set('filter', filter);
      if (token !== undefined) query.set('pageToken', token);
      const url = address(`${parent}/batchPredictionJobs?${query.toString()}`);
      const reply = await googleFetch({ url, signal, reply: BatchJobs });
      found.push(...reply.batchPredictionJobs.map(asJob));
      token = reply.nextPageToken || undefined;
      if (token === undefined) return found;
    }
    throw new Error(`the list of batch prediction jobs of ${parent} does not end`);
  };

  return {
    scope: `vertex:${project}/${location}`,
    limits: LIMITS,
    find: async (key, signal) => {
      const fits = ({ labels }: RemoteJob): boolean =>
        key === undefined ? labels['anneal_key'] !== undefined : labels['anneal_key'] === key;
      return (await list(key === undefined ? undefined : `labels.anneal_key="${key}"`, signal)).filter(fits);
    },
    create: async (request, labels, signal) => {
      const body = { ...(request as Record<string, unknown>), labels };
      return asJob(await googleFetch({ url: address(`${parent}/batchPredictionJobs`), body, signal, reply: BatchJob }));
    },
    get: async (name, signal) => asJob(await googleFetch({ url: address(name), signal, reply: BatchJob })),
    cancel: async (name, signal) => {
      try {
        await googleFetch({ url: address(`${name}:cancel`), method: 'POST', body: {}, signal });
      } catch (error) {
        // Refused for a job that has ended, which is as good.
        if (!(error instanceof TerminalError) || error.type !== 'RequestRefused') throw error;
      }
    },
  };
}
