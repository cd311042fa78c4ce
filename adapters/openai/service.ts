import { terminal, TerminalError } from '../../configs/failure.ts';
import { trainingPrice } from '../../configs/prices.ts';
import type { RemoteJob, TuneSettings, TuningService } from '../contracts.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { checkOrder } from './check.ts';
import { callerOf } from './client.ts';
import { collectJob } from './collect.ts';
import { progressNow } from './extras.ts';
import { malformed, type Doing } from './failures.ts';
import { findJobs } from './find.ts';
import { hasEnded, remoteJob, stateOf } from './job.ts';
import { metadataOf, suffixOf } from './labels.ts';
import { Job } from './replies.ts';
import { serverOf } from './server.ts';
import { billedTokens, Staged, stageOrder } from './stage.ts';

/** Tuning jobs at a server of the OpenAI protocol, of which it may lack whatever it can do without. */
export function createOpenAiService(settings: TuneSettings): TuningService {
  const server = serverOf(settings);
  const call = callerOf(server);
  const at = { server, call };
  const { isOpenAi } = server;
  // A server on this machine sends no bill, unless the recipe says what it costs.
  const isPaid = !server.isHere || settings.price !== undefined;

  const jobOf = (reply: unknown, doing: Doing): Job => {
    const parsed = Job.safeParse(reply);
    if (parsed.success) return parsed.data;
    throw malformed(server, doing, 'something that is no tuning job');
  };
  const retrieve = async (job: string, signal: AbortSignal): Promise<Job> => {
    const doing = { what: 'job', job } as const;
    return jobOf(await call(doing, signal, (client, options) => client.fineTuning.jobs.retrieve(job, options)), doing);
  };

  return {
    scope: `openai:${server.host}`,
    limits: { submitsPerMinute: server.tuning.submitsPerMinute, callsPerMinute: server.tuning.callsPerMinute },
    check: (order) => checkOrder(server, order),
    stage: (order, label, signal) => stageOrder(at, order, label, signal),
    find: (key, signal) => findJobs({ ...at, isPaid }, key, signal),
    price: (base) => (isPaid ? trainingPrice({ model: base, given: settings.price }).training : undefined),
    tokens: (order) => billedTokens(server, order),

    create: async (request, labels, signal) => {
      const { body } = Staged.parse(request);
      const doing = { what: 'create', model: body.model } as const;
      const whole = { ...body, suffix: suffixOf(body.suffix, labels), metadata: metadataOf(labels) };
      const once = `${labels['anneal_key'] ?? ''}-${labels['anneal_try'] ?? '1'}`;
      const reply = await call(doing, signal, (client, options) =>
        client.fineTuning.jobs.create(whole, {
          ...options,
          // Also if somebody sets another number for the client: one call makes one job at most.
          maxRetries: 0,
          headers: { 'Idempotency-Key': once },
        }),
      );
      const job = remoteJob(jobOf(reply, doing), { isOpenAi });
      return { ...job, labels: { ...labels } };
    },

    get: async (name, signal) => {
      const job = await retrieve(name, signal);
      const progress = stateOf(job.status) === 'running' ? await progressNow(at, name, signal) : undefined;
      return remoteJob(job, { isOpenAi, progress });
    },

    cancel: async (name, signal) => {
      try {
        await call({ what: 'cancel', job: name }, signal, (client, options) =>
          client.fineTuning.jobs.cancel(name, options),
        );
      } catch (error) {
        await afterRefusal(error, name, signal);
      }
    },

    collect: async (job, { request, folder }, signal) => {
      const known: RemoteJob = job.raw === undefined ? remoteJob(await retrieve(job.name, signal)) : job;
      return collectJob(at, { job: known, request, folder, settings }, signal);
    },
  };

  /** A cancel that was refused: the job may have ended before it, or the server cannot do it. */
  async function afterRefusal(error: unknown, name: string, signal: AbortSignal): Promise<void> {
    const isRefusal =
      error instanceof TerminalError && !['KeyRefused', 'NoApiKey', 'NoPermission'].includes(error.type);
    const isUnclear = error instanceof RemoteFailure && (error.kind === 'gone' || /\(40[49]/.test(error.message));
    if (!isRefusal && !isUnclear) throw error;
    const { status } = await retrieve(name, signal);
    const state = stateOf(status);
    if (hasEnded(state) || state === 'cancelling') return;
    throw terminal(
      'CannotCancel',
      `${server.host} does not cancel the job ${name}, which is ${status ?? 'under way'} (${error.message}): stop it there, or wait for its end`,
      { job: name },
      error,
    );
  }
}
