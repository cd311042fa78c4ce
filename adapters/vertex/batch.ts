import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { digestOf } from '../../artifacts/canonical.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { jobKeyOf } from '../../artifacts/ledger/job-intents.ts';
import { updateJob } from '../../artifacts/ledger/remote-jobs.ts';
import { terminal } from '../../configs/failure.ts';
import type { GenerateOrder } from '../contracts.ts';
import { bucketOf, openStorage, type StorageSettings } from '../google/storage/client.ts';
import { putByContent } from '../google/storage/put.ts';
import { parseGs } from '../google/storage/uri.ts';
import { usdOf, type BatchAsking, type RemoteAnswer, type RemoteAsker } from '../remote/asker.ts';
import { runJob } from '../remote/run-job.ts';
import { batchAnswers, batchInput, type BatchInput } from './batch-lines.ts';
import { BatchJob, batchService } from './batch-service.ts';
import { contentRequest, type GenerateContentRequest } from './generate-content.ts';

/** Prompts above which a batch is worth its wait, when the recipe does not say. */
const BATCH_ABOVE = 2000;
/** Looks at a batch are so far apart, in ms: it takes minutes to hours. */
const POLL_MS = 15_000;
/** What an answer in a batch costs of what it costs by itself (Gemini pricing: batch at half the price). */
const BATCH_PRICE_SHARE = 0.5;

/** What batches are asked with. */
export interface BatchPlace {
  ledger: Ledger;
  /** Default: POLL_MS. */
  pollMs?: number | undefined;
  settleMs?: number | undefined;
}

/** The model that a batch is asked of, and where. */
export interface BatchModel {
  /** `publishers/google/models/M`, or the registered model of a tuned one. */
  model: string;
  base: string;
  project: string;
  location: string;
}

/**
 * Large evaluations by one BatchPredictionJob; undefined where that cannot be: without a bucket, or outside of a region.
 */
export function batchAsking(
  { ledger, pollMs = POLL_MS, settleMs }: BatchPlace,
  of: BatchModel,
  order: GenerateOrder,
  price: RemoteAsker['price'],
): BatchAsking | undefined {
  const { store, google, decoding } = order;
  if (!store?.startsWith('gs://') || of.location === 'global') return undefined;
  const placed = { ...google, project: of.project, location: of.location };
  const settings: StorageSettings = {
    project: of.project,
    userProject: google?.userProject,
    kmsKey: google?.kmsKey,
  };
  return {
    above: order.batchAbove ?? BATCH_ABOVE,
    priceShare: BATCH_PRICE_SHARE,
    answer: async (prompts, { key, run, signal }) => {
      const requests = new Map<string, GenerateContentRequest>();
      for (const prompt of prompts) {
        try {
          requests.set(prompt.id, contentRequest(prompt, decoding, of.base));
        } catch {
          // Asked by itself, it is refused with the reason.
        }
      }
      const input = batchInput(requests);
      const digest = digestOf(`${of.model}\n${input.lines.join('\n')}`);
      const service = batchService(of);
      const { job, row } = await runJob(
        { ledger, service, pollMs, settleMs, signal },
        {
          jobKey: `${run}.${key}`,
          key: jobKeyOf(digest, key),
          provider: 'vertex',
          scope: service.scope,
          settings: { settings: { tuner: 'vertex', google: placed }, base: of.base, start: null },
          runId: run,
          instance: 'evaluate',
          line: run,
          estimateUsd: null,
        },
        async (label) => requestOf(label, input, { of, store, settings, kmsKey: google?.kmsKey }),
      );
      const directory = BatchJob.parse(job.raw).outputInfo?.gcsOutputDirectory;
      if (directory === undefined)
        throw terminal('NoAnswers', `the batch ${job.name} succeeded and names no output: look at its page`);
      const answers = await batchAnswers(outputLines(directory, settings), input);
      await updateJob(ledger, row.label, billed([...answers.values()], price));
      return answers;
    },
  };
}

function billed(answers: readonly RemoteAnswer[], price: RemoteAsker['price']): { tokens: number; cost_usd: number } {
  return {
    tokens: answers.reduce((sum, { promptTokens, completionTokens }) => sum + promptTokens + completionTokens, 0),
    cost_usd: answers.reduce((sum, answer) => sum + usdOf({ ...answer, priceShare: BATCH_PRICE_SHARE }, price), 0),
  };
}

async function requestOf(
  label: string,
  input: BatchInput,
  at: { of: BatchModel; store: string; settings: StorageSettings; kmsKey: string | undefined },
): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), 'anneal-batch-'));
  try {
    const path = join(folder, 'prompts.jsonl');
    await writeFile(path, `${input.lines.join('\n')}\n`);
    const prefix = `${at.store}/vertex`;
    const uri = await putByContent(path, { prefix, extension: '.jsonl', settings: at.settings });
    return {
      displayName: `anneal answers ${label}`.slice(0, 128),
      model: at.of.model,
      inputConfig: { instancesFormat: 'jsonl', gcsSource: { uris: [uri] } },
      outputConfig: {
        predictionsFormat: 'jsonl',
        gcsDestination: { outputUriPrefix: `${prefix}/answers/${label}` },
      },
      ...(at.kmsKey ? { encryptionSpec: { kmsKeyName: at.kmsKey } } : {}),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lines of every output file, read as they come: they may be many. */
async function* outputLines(directory: string, settings: StorageSettings): AsyncGenerator<string> {
  const { bucket: name, name: prefix } = parseGs(directory);
  const bucket = bucketOf(await openStorage(settings), name, settings);
  const [files] = await bucket.getFiles({ prefix: prefix.replace(/\/?$/, '/') });
  for (const file of files.filter((one) => one.name.endsWith('.jsonl'))) {
    const stream = file.createReadStream();
    const lines = createInterface({ input: stream, crlfDelay: Infinity });
    // What readline does not hand on would be lost.
    const broken = new Promise<never>((_, reject) => void stream.once('error', reject));
    broken.catch(() => undefined);
    const each = lines[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([each.next(), broken]);
      if (next.done) break;
      yield next.value;
    }
  }
}
