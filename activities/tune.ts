import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { canonicalJson } from '../configs/canonical-json.ts';
import { terminal } from '../configs/failure.ts';
import type { Recipe } from '../configs/recipe.ts';
import { isCancelled, LOOK_EVERY_MS } from '../adapters/local/await.ts';
import type { Tuner } from '../adapters/contracts.ts';
import { defineJobStep, type JobActivities } from './step/define.ts';
import type { Deps } from './step/deps.ts';
import { keepLease, leaseLost } from './step/lease.ts';
import { checkRendering, warmStartOf } from './warm-start.ts';

export type TuneParams = Recipe['tune'];

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
    // What it costs changes nothing of what is made.
    keyed: ({ price: _price, ...rest }) => rest,

    identity: async ({ params }) => ({ parts: await tunerOf(deps, params).identity() }),

    submit: async (context) => {
      const warm = await warmStartOf(context);
      const [base, train] = [await context.pathOf('base'), await context.pathOf('train')];
      const start = warm && (await context.pathOf('start'));
      await tunerOf(deps, context.params).submit(
        context.jobKey,
        { base, train, settings: context.params, ...(start === undefined ? {} : { start }) },
        context.run.id,
      );
    },

    wait: async (context) => {
      const tuner = tunerOf(deps, context.params);
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
      const result = await tuner.collect(context.jobKey);
      if (result.steps < 1)
        throw terminal(
          'NothingTrained',
          'the trainer did no optimizer step: raise tune.iterations, or check that rows are shorter than tune.maxTokens',
        );
      const {
        kind,
        steps,
        finalLoss,
        trainedTokens,
        droppedCount,
        seconds,
        chatTemplateSha256,
        tokenizerSha256,
        device,
      } = result;
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
        libraries: await tuner.identity(),
        ...origin,
      };
      await writeFile(join(folder, IDENTITY_FILE), canonicalJson(identity));
      if (droppedCount > 0)
        await context.log(
          'dropped',
          `${droppedCount} training rows are longer than tune.maxTokens ${context.params.maxTokens} and were left out`,
        );
      const outputs = {
        model: await context.save('Model', { folder }, { kind, base, chatTemplateSha256, tokenizerSha256, ...origin }),
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
          steps,
          finalLoss,
          trainedTokens,
          droppedRows: droppedCount,
          ...(result.bestStep === undefined ? {} : { bestStep: result.bestStep, devRows: result.devRows ?? 0 }),
          device,
          ...(warm ? { depth: warm.depth } : {}),
        },
        cost: { seconds, tokens: trainedTokens },
      };
    },

    cancel: (context) => tunerOf(deps, context.params).cancel(context.jobKey),
  });
}

function tunerOf(deps: Deps, { tuner }: TuneParams): Tuner {
  const found = deps.tuners[tuner];
  if (!found)
    throw terminal('NoSuchTuner', `there is no tuner "${tuner}": known are ${Object.keys(deps.tuners).join(', ')}`);
  return found;
}
