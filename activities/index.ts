import type { Deps } from './step/deps.ts';
import { createBudget } from './budget.ts';
import { createApprovalRecord } from './approval/decisions.ts';
import { createRequestApproval } from './approval/request.ts';
import { createArrivals } from './continuous/arrivals.ts';
import { createExamine } from './continuous/examine.ts';
import { createForgetting } from './continuous/forgetting.ts';
import { createLineRecord } from './continuous/line-record.ts';
import { createMix } from './continuous/mix.ts';
import { createReplaying } from './continuous/replaying.ts';
import { createSuite } from './continuous/suite.ts';
import { createLastTrial, createTrial } from './continuous/trial.ts';
import { createMoveWatermark } from './continuous/watermark-step.ts';
import { createEvaluate } from './evaluation/evaluate.ts';
import { createProbe } from './evaluation/probe.ts';
import { createGate } from './gate.ts';
import { createIngest } from './ingest.ts';
import { createJudge } from './judging/judge.ts';
import { createLeases } from './leases.ts';
import { createPrepare } from './prepare.ts';
import { createMirrorRecord } from './mirror.ts';
import { createNotify } from './notify.ts';
import { createOpenRating } from './rating/open-rating.ts';
import { createRegister } from './register.ts';
import { createRunRecord } from './run-record.ts';
import { createAskBatch } from './synthesis/ask-batch.ts';
import { createSynthesize } from './synthesis/synthesize.ts';
import { createScheduleRecord } from './schedules/note-missed.ts';
import { final } from './step/final.ts';
import { createTune } from './tune.ts';
import { createWatching } from './watching.ts';

/** Everything a worker offers to workflows, by queue. */
export function createActivities(deps: Deps) {
  const { find: findTuned, submit: submitTune, await: awaitTune, cancel: cancelTune } = createTune(deps);
  const askBatch = createAskBatch(deps);
  const [evaluate, probe] = [createEvaluate(deps), createProbe(deps)];
  return {
    control: {
      ...createRunRecord(deps),
      ...final(createLineRecord(deps)),
      lastTrial: createLastTrial(deps),
      ...final(createReplaying(deps)),
      ingest: createIngest(deps),
      arrivals: createArrivals(deps),
      mix: createMix(deps),
      suite: createSuite(deps),
      forgetting: createForgetting(deps),
      moveWatermark: createMoveWatermark(deps),
      prepare: createPrepare(deps),
      synthesize: createSynthesize(deps),
      askBatch,
      judge: createJudge(deps),
      openRating: createOpenRating(deps),
      gate: createGate(deps),
      register: createRegister(deps),
      requestApproval: createRequestApproval(deps),
      ...createApprovalRecord(deps),
      ...createNotify(deps),
      ...createMirrorRecord(deps),
      ...final(createLeases(deps)),
      ...createBudget(deps),
      findTuned,
      ...createScheduleRecord(deps),
      ...createWatching(deps),
      submitTune,
      // For jobs elsewhere, which keep nothing on this machine busy.
      awaitTune,
      cancelTune,
      // For models that lie elsewhere.
      evaluate,
      probe,
    },
    train: {
      awaitTune,
      evaluate,
      probe,
      trial: createTrial(deps),
      examine: createExamine(deps),
      askBatch,
    },
  };
}

type Activities = ReturnType<typeof createActivities>;
export type ControlActivities = Activities['control'];
export type TrainActivities = Activities['train'];
