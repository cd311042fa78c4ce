import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { ControlActivities, TrainActivities } from '../activities/index.ts';
import { BOOKKEEPING, STEP, TRAIN } from '../configs/presets.ts';
import type { StepResult } from '../configs/refs.ts';

const brief = proxyActivities<ControlActivities>(BOOKKEEPING);
const short = proxyActivities<ControlActivities>(STEP);
const long = proxyActivities<TrainActivities>(TRAIN);

/** Bookkeeping of runs in the ledger. */
export const { openRun, closeRun, skipSteps, findChampion } = brief;

type TuneCall = Parameters<ControlActivities['submitTune']>[0];

/** Trains as a job: submits it, waits for it, and stops it when the run is cancelled. */
async function tuneModel(call: TuneCall): Promise<StepResult> {
  try {
    const { result } = await short.submitTune.executeWithOptions(
      { summary: 'order the training job, or find it done' },
      [call],
    );
    return (
      result ??
      (await long.awaitTune.executeWithOptions({ summary: `${call.params.method}, ${call.params.iterations} steps` }, [
        call,
      ]))
    );
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => brief.cancelTune(call));
    throw error;
  }
}

/** The steps of the lifecycle, each with a line for the Temporal UI. */
export const steps = {
  ingest: (call: Parameters<ControlActivities['ingest']>[0]): Promise<StepResult> =>
    short.ingest.executeWithOptions({ summary: 'rows and base model get their digests' }, [call]),
  prepare: (call: Parameters<ControlActivities['prepare']>[0]): Promise<StepResult> =>
    short.prepare.executeWithOptions({ summary: 'conversations, no repeats, no test prompt in training' }, [call]),
  tune: tuneModel,
  evaluate: (call: Parameters<TrainActivities['evaluate']>[0]): Promise<StepResult> =>
    long.evaluate.executeWithOptions({ summary: 'candidate and champion answer the same test set' }, [call]),
  gate: (call: Parameters<ControlActivities['gate']>[0]): Promise<StepResult> =>
    short.gate.executeWithOptions({ summary: 'is the candidate better, and how sure is that?' }, [call]),
  register: (call: Parameters<ControlActivities['register']>[0]): Promise<StepResult> =>
    short.register.executeWithOptions({ summary: 'version, card, alias by compare-and-set' }, [call]),
} as const;
