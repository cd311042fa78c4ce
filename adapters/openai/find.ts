import { terminal, TerminalError } from '../../configs/failure.ts';
import type { RemoteJob } from '../contracts.ts';
import type { Caller } from './client.ts';
import { malformed } from './failures.ts';
import { fileNames } from './files.ts';
import { remoteJob } from './job.ts';
import { isBare, labelsOf, shortKey } from './labels.ts';
import { pagesOf, type Query } from './pages.ts';
import { Job } from './replies.ts';
import type { Server } from './server.ts';

interface At {
  server: Server;
  call: Caller;
  /** Whether a job that is not found would be paid for a second time. */
  isPaid: boolean;
}

/**
 * Our jobs, or those with a key: asked for by the server's filter, then looked through ourselves on every page, by
 * metadata, suffix and name of the training file.
 *
 * @throws TerminalError `CannotLook` where jobs are paid for and the server shows nothing to know them by.
 */
export async function findJobs(at: At, key: string | undefined, signal: AbortSignal): Promise<RemoteJob[]> {
  const isOurs = (job: Job, training?: string): boolean => {
    const { anneal_key: found } = labelsOf(job, key, training);
    return found !== undefined && (key === undefined || found === key || found === shortKey(key));
  };
  const shown = (job: Job, training?: string): RemoteJob =>
    remoteJob(job, { key, training, isOpenAi: at.server.isOpenAi });
  if (key !== undefined) {
    const filtered = await allJobs(at, { metadata: { anneal_key: key } }, signal);
    const found = filtered?.filter((job) => isOurs(job)) ?? [];
    if (found.length > 0) return found.map((job) => shown(job));
  }
  const jobs = await allJobs(at, {}, signal);
  if (!jobs) return cannotLook(at, 'has no list of jobs');
  const unlabelled = jobs.filter((job) => !isOurs(job) && job.training_file && !job.metadata?.['anneal_key']);
  const names = unlabelled.length > 0 ? await fileNames(at, signal) : new Map<string, string>();
  const found = jobs.flatMap((job) => {
    const training = names.get(job.training_file ?? '') ?? job.training_file;
    return isOurs(job, training) ? [shown(job, training)] : [];
  });
  if (found.length === 0 && key !== undefined && jobs.some(isBare))
    return cannotLook(at, 'lists jobs with nothing to know them by');
  return found;
}

function cannotLook({ server, isPaid }: At, why: string): RemoteJob[] {
  if (!isPaid) return [];
  throw terminal(
    'CannotLook',
    `${server.host} ${why}, so that after a lost reply a job could be paid twice: take a server that shows metadata, suffix or training file of its jobs, or leave out tune.price if it sends no bill`,
  );
}

/** Every job of a list; undefined: the server has no list. A server that refuses the filter is asked without. */
async function allJobs({ server, call }: At, query: Query, signal: AbortSignal): Promise<Job[] | undefined> {
  const doing = { what: 'list' } as const;
  const found = new Map<string, Job>();
  try {
    const pages = pagesOf(
      (page) => call(doing, signal, (client, options) => client.get('/fine_tuning/jobs', { ...options, query: page })),
      query,
      (what) => malformed(server, doing, what),
    );
    for await (const page of pages)
      for (const item of page) {
        const parsed = Job.safeParse(item);
        if (parsed.success) found.set(parsed.data.id, parsed.data);
      }
  } catch (error) {
    if (error instanceof TerminalError && (error.type === 'NoRoutes' || error.type === 'RequestRefused')) {
      if ('metadata' in query || error.type === 'NoRoutes') return undefined;
    }
    throw error;
  }
  return [...found.values()];
}
