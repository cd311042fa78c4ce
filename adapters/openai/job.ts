import type { JobProgress } from '../../configs/progress.ts';
import type { RemoteJob } from '../contracts.ts';
import { labelsOf } from './labels.ts';
import { shown, type Job } from './replies.ts';

/** Words of the servers for the states of a job: OpenAI's own, and those of servers beside it. */
const STATES: readonly [RemoteJob['state'], readonly string[]][] = [
  ['pending', ['validating_files', 'queued', 'pending', 'created', 'paused', 'pending_pause', 'pending_resume']],
  ['running', ['running', 'in_progress']],
  ['cancelling', ['cancelling', 'canceling', 'pending_cancel']],
  ['succeeded', ['succeeded', 'success', 'completed']],
  ['failed', ['failed', 'error', 'expired']],
  ['cancelled', ['cancelled', 'canceled']],
];

/** A state as the protocol has it; a word that nobody knows is of a job that goes on. */
export function stateOf(status: string | undefined): RemoteJob['state'] {
  const word = (status ?? 'queued').toLowerCase();
  return STATES.find(([, words]) => words.includes(word))?.[0] ?? 'running';
}

/** Whether nothing more happens to a job. */
export const hasEnded = (state: RemoteJob['state']): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';

/** A job as a server shows it. */
export function remoteJob(
  job: Job,
  more: {
    key?: string | undefined;
    training?: string | undefined;
    progress?: JobProgress | undefined;
    isOpenAi?: boolean;
  } = {},
): RemoteJob {
  const state = stateOf(job.status);
  const { created_at: createdAt, started_at: startedAt, finished_at: finishedAt } = job;
  return {
    name: job.id,
    labels: labelsOf(job, more.key, more.training),
    state,
    vendorState: shown(job.status ?? 'unknown').slice(0, 60),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt !== undefined && hasEnded(state) ? { endedAt: finishedAt } : {}),
    ...(more.progress ? { progress: more.progress } : {}),
    ...(state === 'failed' ? { error: errorOf(job) } : {}),
    ...(more.isOpenAi ? { url: `https://platform.openai.com/finetune/${encodeURIComponent(job.id)}` } : {}),
    raw: job,
  };
}

/** Why a job failed; an empty message where the server does not say. */
function errorOf({ error }: Job): { type: string; message: string } {
  const message = shown(error?.message ?? '');
  const code = error?.code ?? '';
  if (/file|data|format/.test(code))
    return {
      type: 'BadData',
      message: `the server does not take the rows (${code}: ${message}): mend them, then run again`,
    };
  if (/quota|billing|limit/.test(code))
    return { type: 'NoCredit', message: `the server ended the job for want of credit or quota (${code}: ${message})` };
  return { type: 'JobFailed', message };
}
