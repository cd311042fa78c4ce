import { CancellationScope, isCancellation, patched, proxyActivities } from '@temporalio/workflow';
import type { ControlActivities, TrainActivities } from '../activities/index.ts';
import { BOOKKEEPING, ELSEWHERE, QUEUES, STEP, TRAIN } from '../configs/presets.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { StepResult } from '../configs/refs.ts';
import type { LineBudget } from './budget.ts';
import { withTrainer } from './leases.ts';
import type { Purse } from './purse.ts';
import type { Story } from './story.ts';

const brief = proxyActivities<ControlActivities>(BOOKKEEPING);
const short = proxyActivities<ControlActivities>(STEP);
const long = proxyActivities<TrainActivities>(TRAIN);
/** Models that lie elsewhere keep nothing on this machine busy. */
const away = proxyActivities<Pick<ControlActivities, 'evaluate' | 'probe'>>({ ...TRAIN, taskQueue: QUEUES.control });
const patient = proxyActivities<Pick<ControlActivities, 'awaitTune'>>(ELSEWHERE);

/** Bookkeeping of runs in the ledger. */
export const { openRun, closeRun, skipSteps, findChampion, setWaiting, noteReconsidered } = brief;

/** What is read and written about a line of continuous tuning. */
export const { readLine, skipRun, notePending, askReanchor, chooseStart, lastTrial, lineModels, noteMissed } = brief;
export const { cutPeriods } = short;

/** What is written and looked up about an approval. */
export const { noteDecision, endApproval } = brief;
export const { checkEvidence, heldByGuards } = short;

type TuneCall = Parameters<ControlActivities['submitTune']>[0];

/** What a training depends on beside its inputs: its turn at the trainer, and what may be spent. */
export interface TrainingTerms {
  recipe: Recipe;
  story: Story;
  budget?: LineBudget | undefined;
}

/**
 * Trains, unless that was done before: sets aside what it may cost, waits for the trainer, and lets go of it.
 *
 * @param terms Left out: it waits for nothing, as runs did that began before there were leases.
 */
async function tuneModel(call: TuneCall, terms?: TrainingTerms): Promise<StepResult> {
  if (!terms || !patched('2026-11-25-trainer-lease')) return train(call);
  const { recipe, story, budget } = terms;
  const { result } = await short.findTuned.executeWithOptions({ summary: 'was this trained before?' }, [call]);
  if (result) return result;
  await budget?.reserve(call.instance ?? 'tune', { settings: call.params, train: call.inputs['train'] });
  const trained = await withTrainer({ run: call.run, recipe, story }, (lease) =>
    train(lease === undefined ? call : { ...call, lease }),
  );
  await budget?.settle();
  return trained;
}

/** Trains as a job: submits it, waits for it, and stops it when the run is cancelled. */
async function train(call: TuneCall): Promise<StepResult> {
  try {
    const { result, elsewhere } = await short.submitTune.executeWithOptions(
      { summary: 'order the training job, or find it done' },
      [call],
    );
    if (result) return result;
    if (elsewhere)
      return await patient.awaitTune.executeWithOptions({ summary: `a job at ${call.params.tuner}` }, [call]);
    const summary = `${call.params.method}, ${call.params.iterations} steps`;
    return await long.awaitTune.executeWithOptions({ summary }, [call]);
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => brief.cancelTune(call));
    throw error;
  }
}

/** Asks a batch: small, so that little is asked again after a crash, and large enough to be few events. */
const ASKS_A_BATCH = 20;

/** What a staged step says that it needs. */
interface Needed {
  plan: string;
  asks: number;
  queue: 'control' | 'train';
  lanes: number;
}

type Batch = Parameters<ControlActivities['askBatch']>[0];

/** Calls a step until it gives its result; what it needs to be asked meanwhile is put to its generators in batches. */
async function untilAnswered(
  advance: () => Promise<{ result?: StepResult; needed?: Needed }>,
  batch: Pick<Batch, 'run' | 'instance' | 'settings' | 'failure'>,
  purse: Purse,
): Promise<StepResult> {
  for (;;) {
    const { result, needed } = await advance();
    if (result) return result;
    if (!needed) throw new Error(`${batch.instance} neither ended nor asked for anything`);
    const { plan, asks, queue, lanes } = needed;
    const { askBatch } = queue === 'train' ? long : short;
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < asks) {
        const from = next;
        const to = Math.min(from + ASKS_A_BATCH, asks);
        next = to;
        for (;;) {
          const budget = purse.budget();
          const { paused } = await askBatch.executeWithOptions({ summary: `asks ${from + 1} to ${to} of ${asks}` }, [
            { ...batch, plan, from, to, budget },
          ]);
          if (paused === undefined) break;
          await purse.refill(budget, paused);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(lanes, Math.ceil(asks / ASKS_A_BATCH)) }, lane));
  }
}

type SynthesizeCall = Parameters<ControlActivities['synthesize']>[0];

/** Makes synthetic rows: what is asked for is put to the generators, until nothing is missing. */
function synthesizeRows(call: SynthesizeCall, purse: Purse): Promise<StepResult> {
  const { run, params } = call;
  const summary = 'rows out of what was answered, or what has to be asked';
  const batch = { run, instance: call.instance ?? 'synthesize', settings: params.settings };
  return untilAnswered(() => short.synthesize.executeWithOptions({ summary }, [call]), batch, purse);
}

type JudgeCall = Parameters<ControlActivities['judge']>[0];

/** Has judges look at the answers of both models, until each has said what it has to. */
function judgeAnswers(call: JudgeCall, purse: Purse): Promise<StepResult> {
  const { run, params } = call;
  const generators = Object.fromEntries(
    Object.entries(params.judges).map(([name, { generator }]) => [name, generator]),
  );
  const batch = { run, instance: call.instance ?? 'judge', settings: { generators }, failure: 'JudgingFailed' };
  const summary = 'scores out of what was judged, or what has to be asked';
  return untilAnswered(() => short.judge.executeWithOptions({ summary }, [call]), batch, purse);
}

/** The steps of the lifecycle, each with a line for the Temporal UI. */
export const steps = {
  ingest: (call: Parameters<ControlActivities['ingest']>[0]): Promise<StepResult> =>
    short.ingest.executeWithOptions({ summary: 'rows and base model get their digests' }, [call]),
  prepare: (call: Parameters<ControlActivities['prepare']>[0]): Promise<StepResult> =>
    short.prepare.executeWithOptions({ summary: 'conversations, no repeats, no test prompt in training' }, [call]),
  synthesize: synthesizeRows,
  arrivals: (call: Parameters<ControlActivities['arrivals']>[0]): Promise<StepResult> =>
    short.arrivals.executeWithOptions({ summary: 'rows that no verdict has used' }, [call]),
  trial: (call: Parameters<TrainActivities['trial']>[0]): Promise<StepResult> =>
    long.trial.executeWithOptions({ summary: 'does the alarm mean harm?' }, [call]),
  mix: (call: Parameters<ControlActivities['mix']>[0]): Promise<StepResult> =>
    short.mix.executeWithOptions({ summary: 'rows of earlier periods are mixed in' }, [call]),
  suite: (call: Parameters<ControlActivities['suite']>[0]): Promise<StepResult> =>
    short.suite.executeWithOptions({ summary: 'the test set grows by the test rows of the period' }, [call]),
  forgetting: (call: Parameters<ControlActivities['forgetting']>[0]): Promise<StepResult> =>
    short.forgetting.executeWithOptions({ summary: 'is anything of earlier periods lost?' }, [call]),
  moveWatermark: (call: Parameters<ControlActivities['moveWatermark']>[0]): Promise<StepResult> =>
    short.moveWatermark.executeWithOptions({ summary: 'the rows are used up' }, [call]),
  examine: (call: Parameters<TrainActivities['examine']>[0]): Promise<StepResult> =>
    long.examine.executeWithOptions({ summary: 'one model on every slice' }, [call]),
  tune: tuneModel,
  /** @param isAway Both models lie at vendors. */
  evaluate: (call: Parameters<TrainActivities['evaluate']>[0], isAway = false): Promise<StepResult> =>
    (isAway ? away : long).evaluate.executeWithOptions({ summary: 'candidate and champion answer the same test set' }, [
      call,
    ]),
  judge: judgeAnswers,
  openRating: (call: Parameters<ControlActivities['openRating']>[0]): Promise<StepResult> =>
    short.openRating.executeWithOptions({ summary: 'pairs of answers are drawn for people' }, [call]),
  /** @param isAway Both models lie at vendors. */
  probe: (call: Parameters<TrainActivities['probe']>[0], isAway = false): Promise<StepResult> =>
    (isAway ? away : long).probe.executeWithOptions(
      { summary: 'attacks, harmless questions, and pairs that should be answered alike' },
      [call],
    ),
  gate: (call: Parameters<ControlActivities['gate']>[0]): Promise<StepResult> =>
    short.gate.executeWithOptions({ summary: 'is the candidate better, and how sure is that?' }, [call]),
  requestApproval: (call: Parameters<ControlActivities['requestApproval']>[0]): Promise<StepResult> =>
    short.requestApproval.executeWithOptions({ summary: 'what people decide on, each part by its digest' }, [call]),
  register: (call: Parameters<ControlActivities['register']>[0]): Promise<StepResult> =>
    short.register.executeWithOptions({ summary: 'version, card, alias by compare-and-set' }, [call]),
} as const;
