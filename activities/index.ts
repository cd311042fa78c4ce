import type { Deps } from './step/deps.ts';
import { createBudget } from './budget.ts';
import { createApprovalRecord } from './approval/decisions.ts';
import { createRequestApproval } from './approval/request.ts';
import { createEvaluate } from './evaluation/evaluate.ts';
import { createProbe } from './evaluation/probe.ts';
import { createGate } from './gate.ts';
import { createIngest } from './ingest.ts';
import { createJudge } from './judging/judge.ts';
import { createLeases } from './leases.ts';
import { createPrepare } from './prepare.ts';
import { createNotify } from './notify.ts';
import { createOpenRating } from './rating/open-rating.ts';
import { createRegister } from './register.ts';
import { createRunRecord } from './run-record.ts';
import { createAskBatch } from './synthesis/ask-batch.ts';
import { createSynthesize } from './synthesis/synthesize.ts';
import { createTune } from './tune.ts';

/** Everything a worker offers to workflows, by queue. */
export function createActivities(deps: Deps) {
  const { find: findTuned, submit: submitTune, await: awaitTune, cancel: cancelTune } = createTune(deps);
  const askBatch = createAskBatch(deps);
  return {
    control: {
      ...createRunRecord(deps),
      ingest: createIngest(deps),
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
      ...createLeases(deps),
      ...createBudget(deps),
      findTuned,
      submitTune,
      cancelTune,
    },
    train: { awaitTune, evaluate: createEvaluate(deps), probe: createProbe(deps), askBatch },
  };
}

type Activities = ReturnType<typeof createActivities>;
export type ControlActivities = Activities['control'];
export type TrainActivities = Activities['train'];
