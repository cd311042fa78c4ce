import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { terminal, TerminalError } from '../../configs/failure.ts';
import { trainingPrice } from '../../configs/prices.ts';
import type { RemoteModel } from '../../configs/remote-model.ts';
import { placeOf } from '../google/auth.ts';
import { googleFetch, vertexBase } from '../google/rest.ts';
import { putByContent } from '../google/storage/put.ts';
import type { RemoteJob, TuneOrder, TuneSettings, TuningService } from '../contracts.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { remoteModelAt } from '../remote/model-file.ts';
import { batchService } from './batch-service.ts';
import { checkFiles, checkSettings } from './check.ts';
import { askingPrice } from './choose.ts';
import { checkRegion } from './region.ts';
import { collectTuned } from './collect.ts';
import { LIMITS, remoteJob, TuningJob, TuningJobs } from './job.ts';
import { pagesAt } from './pages.ts';
import { tuningRequest, type TuningRequest } from './request.ts';
import { bad, writeVendorFiles, type VendorFiles } from './rows.ts';

/** Version of the REST interface; the one that has preference tuning. */
export const API_VERSION = 'v1beta1';

/** Epochs that an estimate supposes where the service chooses. */
export const SUPPOSED_EPOCHS = 3;

/** The tuning service of a project and region. @throws TerminalError `NoProject` */
export async function openVertex(settings: TuneSettings): Promise<TuningService> {
  const { google = {} } = settings;
  const { project, location } = await placeOf(google);
  if (location === 'global')
    throw terminal('WrongRegion', 'Vertex AI tunes in a region: set google.location, e.g. to us-central1');
  const parent = `projects/${project}/locations/${location}`;
  const address = (path: string): string => `${vertexBase(location)}/${API_VERSION}/${path}`;
  const storage = { project, userProject: google.userProject, kmsKey: google.kmsKey };

  const list = async (filter: string | undefined, signal: AbortSignal): Promise<RemoteJob[]> => {
    const pages = await pagesAt(address(`${parent}/tuningJobs`), { filter, signal, reply: TuningJobs });
    return pages.flatMap(({ tuningJobs }) => tuningJobs.map(remoteJob));
  };

  /** Checks and writes rows in a folder that is removed afterwards. */
  const withFiles = async <T>(
    order: TuneOrder,
    work: (files: VendorFiles, base: RemoteModel) => Promise<T>,
  ): Promise<T> => {
    const base = await remoteModelAt(order.base);
    const limits = checkSettings(base, order.settings);
    const folder = await mkdtemp(join(tmpdir(), 'anneal-vertex-'));
    try {
      const files = await writeVendorFiles(order.train, folder, { settings: order.settings, limits, base: base.base });
      checkFiles(base.base, files, limits);
      return await work(files, base);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  const priceOf = (base: string): number => trainingPrice({ model: base, given: settings.price }).training;

  return {
    scope: `vertex:${project}/${location}`,
    limits: LIMITS,

    check: (order) =>
      withFiles(order, async ({ doubtful }, base) => {
        priceOf(base.base);
        if (order.settings.choose?.checkpoint === 'best') askingPrice(base.base, order.settings.price);
        await checkRegion(order.settings.store ?? '', location, storage);
        const { maxTokens } = checkSettings(base, order.settings) ?? {};
        for (const { row, number, value } of maxTokens === undefined ? [] : doubtful) {
          const tokens = await countTokens(address, parent, base.base, value);
          if (tokens > (maxTokens ?? 0))
            throw bad(
              row,
              number,
              `has ${tokens.toLocaleString('en-US')} tokens, and ${base.base} takes ${(maxTokens ?? 0).toLocaleString('en-US')}`,
            );
        }
      }),

    stage: (order, label) =>
      withFiles(order, async ({ train, validation }, base) => {
        const to = { prefix: `${order.settings.store ?? ''}/vertex`, extension: '.jsonl', settings: storage };
        return tuningRequest({
          base,
          start: order.start === undefined ? undefined : await remoteModelAt(order.start),
          settings: order.settings,
          name: order.line ?? label,
          train: await putByContent(train.path, to),
          validation: validation && (await putByContent(validation.path, to)),
        });
      }),

    find: async (key, signal) => {
      const fits = ({ labels }: RemoteJob): boolean =>
        key === undefined ? labels['anneal_key'] !== undefined : labels['anneal_key'] === key;
      if (key === undefined)
        // Batches of answers carry the same labels, and cost as well.
        return [
          ...(await list(undefined, signal)).filter(fits),
          ...(await batchService({ project, location }).find(undefined, signal)),
        ];
      try {
        return (await list(`labels.anneal_key="${key}"`, signal)).filter(fits);
      } catch (error) {
        // Whether the real service knows this filter is not documented: all jobs are looked through then.
        if (!(error instanceof TerminalError) || error.type !== 'RequestRefused') throw error;
        return (await list(undefined, signal)).filter(fits);
      }
    },

    create: async (request, labels, signal) => {
      const body = { ...(request as TuningRequest), labels };
      try {
        return remoteJob(await googleFetch({ url: address(`${parent}/tuningJobs`), body, signal, reply: TuningJob }));
      } catch (error) {
        throw withoutStart(error, body);
      }
    },

    get: (name, signal) =>
      knownAt(async () => remoteJob(await googleFetch({ url: address(name), signal, reply: TuningJob }))),

    cancel: (name, signal) =>
      knownAt(async () => {
        try {
          await googleFetch({ url: address(`${name}:cancel`), method: 'POST', body: {}, signal });
        } catch (error) {
          if (!(error instanceof TerminalError) || error.type !== 'RequestRefused') throw error;
          // Refused for a job that has ended, which is as good.
          const { state } = remoteJob(await googleFetch({ url: address(name), signal, reply: TuningJob }));
          if (!['succeeded', 'failed', 'cancelled', 'cancelling'].includes(state)) throw error;
        }
      }),

    collect: (job, { folder, kept }, signal) =>
      collectTuned(TuningJob.parse(job.raw), { folder, kept, settings, project, location, address, signal }),

    price: priceOf,

    tokens: (order) =>
      withFiles(
        order,
        async ({ tokens }) => Math.round(tokens.high) * (order.settings.vertex?.epochs ?? SUPPOSED_EPOCHS),
      ),
  };
}

/** A job that was there and is not found is gone. */
async function knownAt<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof TerminalError) || error.type !== 'NotFound') throw error;
    throw new RemoteFailure('gone', error.message, { cause: error });
  }
}

/** A refusal of a job that goes on from a tuned model which cannot be gone on from, with what to do instead. */
function withoutStart(error: unknown, { preTunedModel }: TuningRequest): unknown {
  if (!preTunedModel || !(error instanceof TerminalError)) return error;
  const remedy = {
    NotFound: 'train from the base model, once with `anneal trigger RECIPE --reanchor`',
    NoModel: 'name a model that can be tuned now under model.for.vertex, and training begins anew from it',
  }[error.type];
  if (remedy === undefined) return error;
  return terminal(
    'NoStart',
    `${preTunedModel.tunedModelName}, from which this training would go on, cannot be tuned any more (${error.message}): ${remedy}`,
    error.details,
    error,
  );
}

const Counted = z.looseObject({ totalTokens: z.number().optional() });

/** The vendor's own count of a row, of a pair that of the longer answer; 0: it does not count this one. Costs nothing. */
async function countTokens(
  address: (path: string) => string,
  parent: string,
  model: string,
  { contents, completions, systemInstruction, system_instruction, tools }: Record<string, unknown>,
): Promise<number> {
  const system = systemInstruction ?? system_instruction;
  const prompt = contents as unknown[];
  const answers = (completions as { completion: unknown }[] | undefined)?.map(({ completion }) => [completion]);
  let most = 0;
  for (const answer of answers ?? [[]]) {
    const reply = await googleFetch({
      url: address(`${parent}/publishers/google/models/${encodeURIComponent(model)}:countTokens`),
      body: {
        contents: [...prompt, ...answer],
        ...(system === undefined ? {} : { systemInstruction: system }),
        ...(tools === undefined ? {} : { tools }),
      },
      signal: new AbortController().signal,
      isRead: true,
      reply: Counted,
    });
    most = Math.max(most, reply.totalTokens ?? 0);
  }
  return most;
}
