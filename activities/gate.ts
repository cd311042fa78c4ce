import { z } from 'zod';
import { canonicalJson } from '../configs/canonical-json.ts';
import { countLooks } from '../artifacts/ledger/executions.ts';
import { terminal } from '../configs/failure.ts';
import type { MetricName } from '../configs/recipe.ts';
import { decide, type GateDecision } from '../metrics/gate.ts';
import type { EvalReport } from './evaluate.ts';
import { defineStep, type Step } from './step/define.ts';
import type { Deps } from './step/deps.ts';

export const GateParams = z.strictObject({ metric: z.string(), minGain: z.number(), confidence: z.number() });
export type GateParams = z.infer<typeof GateParams>;

/** The decision with what it rests on. */
export interface GateVerdict extends GateDecision {
  metric: string;
  test: string;
  candidate: string;
  champion: string;
  /** How many gates, this one included, have looked at this test set; each look uses some of it up. */
  looks: number;
}

/**
 * Decides on the paired per-item scores whether the candidate replaces the champion.
 *
 * Inputs: `report` (EvalReport), `test`. Output: `verdict` (GateVerdict).
 */
export function createGate(deps: Deps): Step<GateParams> {
  return defineStep(deps, {
    name: 'gate',
    version: '1',
    params: GateParams,
    run: async (context) => {
      const { metric, minGain, confidence } = context.params;
      const report = JSON.parse((await deps.store.read(context.input('report').digest)).toString('utf8')) as EvalReport;
      const scores = (side: 'candidate' | 'champion'): number[] =>
        report.items.map((item) => {
          const score = item[side][metric as MetricName];
          if (score === undefined)
            throw terminal(
              'NotMeasured',
              `the gate decides on ${metric}, which the evaluation did not measure: add it to evaluate.metrics`,
            );
          return score;
        });
      const decision = decide({ candidate: scores('candidate'), champion: scores('champion'), minGain, confidence });
      const looks = 1 + (await countLooks(deps.ledger, report.test, context.executionId));
      const look = `This test set has now been looked at by ${looks} gate${looks === 1 ? '' : 's'}.`;
      const reused = looks > 5 ? ' The more often it decides, the more its luck decides: bring fresh test rows.' : '';
      const { test, candidate, champion } = report;
      const verdict: GateVerdict = {
        ...decision,
        reasons: [...decision.reasons, look + reused],
        metric,
        test,
        candidate,
        champion,
        looks,
      };
      return {
        outputs: {
          verdict: await context.save('GateVerdict', { text: canonicalJson(verdict) }, { verdict: verdict.verdict }),
        },
        facts: {
          verdict: verdict.verdict,
          reason: verdict.reasons.join(' '),
          metric,
          n: verdict.n,
          gain: verdict.gain,
          lower: verdict.lower,
          upper: verdict.upper,
          minimumDetectableEffect: verdict.minimumDetectableEffect,
          looks,
        },
      };
    },
  });
}
