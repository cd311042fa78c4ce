import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { canonicalJson } from '../configs/canonical-json.ts';
import { terminal } from '../configs/failure.ts';
import { tunerNameOf } from '../configs/names.ts';
import { isCancelled, LOOK_EVERY_MS } from '../adapters/local/await.ts';
import type { PaidOrder, TuneResult, Tuner, TuneSettings } from '../adapters/contracts.ts';
import { remoteModelAt } from '../adapters/remote/model-file.ts';
import { findExecution } from '../artifacts/ledger/executions.ts';
import { findRun } from '../artifacts/ledger/runs.ts';
import { defineJobStep, type JobActivities } from './step/define.ts';
import type { StepContext } from './step/context.ts';
import type { Deps } from './step/deps.ts';
import { patiently } from './step/patiently.ts';
import { forcedBy } from './step/reuse.ts';
import { keepLease, leaseLost } from './step/lease.ts';
import { checkRendering, warmStartOf } from './warm-start.ts';

export type TuneParams = TuneSettings;

/** The settings were checked with the recipe; here they only have to be there. */
const TuneParams = z.custom<TuneParams>(
  (value) => typeof value === 'object' && value !== null && 'tuner' in value,
  'expected the settings of a tuner',
);

/** File in a tuned model's folder that ties it to its base, template and settings, and so makes them part of its digest. */
const IDENTITY_FILE = 'anneal.json';

/**
 * Trains a candidate as a job.
 *
 * Inputs: `train` (Dataset), `base` (Model), and `start` (Model) to start from an earlier tuned model with a fresh
 * optimizer and schedule (a warm start). Outputs: `model` (Model), `log` (TrainingLog: step with loss or devLoss).
 */
export function createTune(deps: Deps): JobActivities<TuneParams> {
  return defineJobStep(deps, {
    name: 'tune',
    version: '1',
    params: TuneParams,
    // What it costs, and where a vendor finds the rows, changes nothing of what is made.
    keyed: (params) => {
      const { price: _price, limits: _limits, watchdog: _watchdog, store: _store, google: _google, ...rest } = params;
      const { maxBadShare: _maxBadShare, ...kept } = rest;
      return tunerOf(deps, params).keyed?.(params) ?? kept;
    },

    identity: async ({ params }) => ({ parts: await tunerOf(deps, params).identity(params) }),

    submit: async (context) => {
      const warm = await warmStartOf(context);
      const [base, train] = [await context.pathOf('base'), await context.pathOf('train')];
      const start = warm && (await context.pathOf('start'));
      const order = { base, train, settings: context.params, ...(start === undefined ? {} : { start }) };
      const paid = await paidOrder(context);
      await patiently(context, () => tunerOf(deps, context.params).submit(context.jobKey, order, context.run.id, paid));
    },

    isElsewhere: (params) => deps.tuners[tunerNameOf(params)]?.pollEveryMs !== undefined,

    wait: async (context) => {
      const tuner = tunerOf(deps, context.params);
      if (tuner.pollEveryMs !== undefined) return lookOnce(context, tuner, tuner.pollEveryMs);
      const holdOn = keepLease(context);
      for (;;) {
        if (context.signal.aborted) {
          // A run that was terminated cannot stop its training itself.
          if (isCancelled(context.signal)) await tuner.cancel(context.jobKey);
          throw context.signal.reason;
        }
        // Another run has the trainer now; this one goes on later, from where it is.
        if (!(await holdOn())) {
          await tuner.pause?.(context.jobKey);
          throw leaseLost(context);
        }
        const found = await tuner.poll(context.jobKey);
        if (found.state === 'succeeded') return;
        if (found.state === 'failed') throw terminal(found.error.type, found.error.message);
        if (found.state === 'cancelled') throw terminal('Cancelled', 'the training job was cancelled');
        if (found.progress) context.progress(found.progress);
        await sleep(LOOK_EVERY_MS, undefined, { signal: context.signal }).catch(() => undefined);
      }
    },

    collect: async (context) => {
      const tuner = tunerOf(deps, context.params);
      const result = await patiently(context, () => tuner.collect(context.jobKey));
      if (result.steps !== undefined && result.steps < 1)
        throw terminal(
          'NothingTrained',
          'the trainer did no optimizer step: raise tune.iterations, or check that rows are shorter than tune.maxTokens',
        );
      checkDropped(result, context.params.maxBadShare);
      const { kind, steps, finalLoss, trainedTokens, droppedCount, seconds, device } = result;
      const { chatTemplateSha256, tokenizerSha256 } = result;
      const remote = await tuner.describe?.(context.jobKey);
      const base = context.input('base').digest;
      const warm = await warmStartOf(context);
      if (warm) checkRendering(warm, result);
      // Only where there is a start: the digests of models without one stay what they are.
      const origin = warm ? { start: warm.start, depth: warm.depth } : {};
      const folder = join(context.scratch, 'model');
      await cp(result.folder, folder, { recursive: true });
      const { tuner: name, method, seed } = context.params;
      const identity = {
        kind,
        base,
        tuner: name,
        method,
        seed,
        chatTemplateSha256,
        tokenizerSha256,
        libraries: await tuner.identity(context.params),
        ...origin,
      };
      await writeFile(join(folder, IDENTITY_FILE), canonicalJson(identity));
      for (const line of droppedWords(result, tuner.isHere === true, context.params.maxTokens))
        await context.log('dropped', line);
      if (remote?.adopted)
        await context.log('adopted', `the job ${remote.name} was there already: it was taken over, not ordered again`);
      const names = kind === 'remote' ? await namesOf(folder) : undefined;
      const outputs = {
        model: await context.save(
          'Model',
          { folder },
          {
            kind,
            base,
            chatTemplateSha256,
            tokenizerSha256,
            ...origin,
            ...(remote ? { job: remote.name, ...(remote.adopted ? { adopted: true } : {}) } : {}),
            ...(names ? { remote: names } : {}),
          },
        ),
        log: await context.save('TrainingLog', {
          text: [...result.curve, ...(result.dev ?? []).map(({ step, loss }) => ({ step, devLoss: loss }))]
            .map((point) => `${JSON.stringify(point)}\n`)
            .join(''),
        }),
      };
      await tuner.release(context.jobKey);
      return {
        outputs,
        facts: {
          ...(steps === undefined ? {} : { steps }),
          ...(finalLoss === undefined ? {} : { finalLoss }),
          trainedTokens,
          droppedRows: droppedCount,
          ...(result.truncatedCount === undefined ? {} : { truncatedRows: result.truncatedCount }),
          ...(remote ? { job: remote.name, adopted: remote.adopted } : {}),
          ...(names ? { remoteModel: names.registered ?? names.model } : {}),
          ...(result.bestStep === undefined ? {} : { bestStep: result.bestStep, devRows: result.devRows ?? 0 }),
          device,
          ...(warm ? { depth: warm.depth } : {}),
        },
        cost: { seconds, tokens: trainedTokens, ...(remote?.usd === undefined ? {} : { usd: remote.usd }) },
      };
    },

    cancel: (context) => tunerOf(deps, context.params).cancel(context.jobKey),
  });
}

/** Looks after a job elsewhere once; while it goes on, the activity fails in a way that is tried again later. */
async function lookOnce(context: StepContext<TuneParams>, tuner: Tuner, everyMs: number): Promise<void> {
  const found = await patiently(context, () => tuner.poll(context.jobKey), everyMs);
  if (found.state === 'succeeded') return;
  if (found.state === 'failed') throw terminal(found.error.type, found.error.message);
  if (found.state === 'cancelled') throw terminal('Cancelled', 'the training job was cancelled');
  if (found.progress) context.progress(found.progress);
  throw ApplicationFailure.create({
    type: 'JobStillRunning',
    message: 'the training job goes on',
    category: ApplicationFailureCategory.BENIGN,
    nextRetryDelay: everyMs,
  });
}

/** What makes a paid training the same as another one: the key of the step. */
async function paidOrder(context: StepContext<TuneParams>): Promise<PaidOrder> {
  const row = await findExecution(context.deps.ledger, context.run.id, context.instance);
  if (!row?.cache_key) throw new Error(`the key of ${context.executionId} is not in the ledger`);
  const isForced = forcedBy(context.run, 'tune') !== undefined;
  return { cacheKey: row.cache_key, isForced, line: await lineOfRun(context), instance: context.instance };
}

const lineOfRun = async ({ deps, run }: StepContext<TuneParams>): Promise<string> =>
  (await findRun(deps.ledger, run.id))?.pipeline ?? run.id;

/** Rows that a vendor left out or cut count as bad rows do. */
function checkDropped(result: TuneResult, maxBadShare: number | undefined): void {
  const { rows, droppedCount, truncatedCount = 0, droppedReasons = [] } = result;
  if (rows === undefined || maxBadShare === undefined || rows === 0) return;
  const share = (droppedCount + truncatedCount) / rows;
  if (share <= maxBadShare) return;
  const why = droppedReasons.length === 0 ? '' : ` (${unlike(droppedReasons)})`;
  throw terminal(
    'TooManyDropped',
    `the tuner left out ${droppedCount} and cut ${truncatedCount} of ${rows} training rows${why}, more than data.maxBadShare ${maxBadShare}: mend the rows (\`anneal check --target MODEL\` shows which are too long), or raise data.maxBadShare`,
    { rows, dropped: droppedCount, truncated: truncatedCount },
  );
}

/** A few reasons, each once: a vendor says one for every row. */
const unlike = (reasons: readonly string[]): string =>
  [...new Set(reasons.map((reason) => reason.replace(/\.$/, '')))].slice(0, 3).join('; ');

function droppedWords(result: TuneResult, isHere: boolean, maxTokens: number): string[] {
  const { droppedCount, truncatedCount = 0, droppedReasons = [] } = result;
  const lines: string[] = [];
  if (droppedCount > 0 && isHere)
    lines.push(`${droppedCount} training rows are longer than tune.maxTokens ${maxTokens} and were left out`);
  if (droppedCount > 0 && !isHere)
    lines.push(`the vendor left out ${droppedCount} training rows: ${unlike(droppedReasons) || 'it gave no reason'}`);
  if (truncatedCount > 0) lines.push(`the vendor cut off the end of ${truncatedCount} training rows`);
  return lines;
}

function tunerOf(deps: Deps, params: TuneParams): Tuner {
  const tuner = tunerNameOf(params);
  const found = deps.tuners[tuner];
  if (!found)
    throw terminal('NoSuchTuner', `there is no tuner "${tuner}": known are ${Object.keys(deps.tuners).join(', ')}`);
  return found;
}

/** Where a model lies at a vendor, for people and the lineage. */
async function namesOf(folder: string): Promise<{ provider: string; model: string; registered?: string }> {
  const { provider, model, registered } = await remoteModelAt(folder);
  return { provider, model, ...(registered === undefined ? {} : { registered }) };
}
