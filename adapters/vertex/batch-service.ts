import { z } from 'zod';
import { TerminalError } from '../../configs/failure.ts';
import type { JobService, RemoteJob } from '../contracts.ts';
import { googleFetch, vertexBase } from '../google/rest.ts';
import { LIMITS, remoteJob, TuningJob } from './job.ts';
import { pagesAt } from './pages.ts';

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
    const pages = await pagesAt(address(`${parent}/batchPredictionJobs`), { filter, signal, reply: BatchJobs });
    return pages.flatMap(({ batchPredictionJobs }) => batchPredictionJobs.map(asJob));
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
