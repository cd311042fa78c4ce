import { z } from 'zod';
import { enterLook } from '../artifacts/ledger/looks.ts';
import { canonicalJson } from '../configs/canonical-json.ts';
import type { ArtifactRef } from '../configs/refs.ts';
import { Gate, primariesOf } from '../configs/gate.ts';
import type { GateDecision } from '../metrics/gate/tally.ts';
import { decideWithLabels, type LabelEstimate } from '../metrics/gate/with-labels.ts';
import type { ForgettingReport } from './continuous/ancestors.ts';
import { decideOn } from './gating/decide.ts';
import { openEvidence } from './gating/evidence.ts';
import { openLabels } from './gating/labels.ts';
import { decidingJudges, whyNot, type DecidingJudge } from './judging/may-decide.ts';
import { defineStep, type Step } from './step/define.ts';
import type { Deps } from './step/deps.ts';

export const GateParams = z.strictObject({
  ...Gate.unwrap().shape,
  /** Rounds of evidence that were gathered before this decision. */
  round: z.int().min(0).default(0),
  /** `confirm`: the rows were kept back, and only say whether a promotion holds. */
  stage: z.enum(['decide', 'confirm']).default('decide'),
  /** A name for test sets that grow out of one another: looks at any of them count as looks at one. */
  suite: z.string().optional(),
});
export type GateParams = z.infer<typeof GateParams>;

/** The decision with what it rests on. */
export interface GateVerdict extends GateDecision {
  metric: string;
  test: string;
  candidate: string;
  champion: string;
  /** How many comparisons, this one included, have looked at this test set; each look uses some of it up. */
  looks: number;
  /** Judges that it rests on, by name, with the digest of each. */
  judges: Record<string, string>;
  /** What people said, where they were asked. */
  labels?: LabelEstimate;
  round: number;
  stage: 'decide' | 'confirm';
  /** The rule that decided. */
  settings: Gate;
}

/**
 * Decides on the paired per-item scores whether the candidate replaces the champion.
 *
 * Inputs: `test`; `report` (EvalReport) and `scores`, and further ones (`report1`, `scores1`, …) of rows that were
 * added; `judgements` (Scores) and `judging` (JudgeReport) in the same way; `probes` (Scores) and `probing` (ProbeReport);
 * `ratings1` (Ratings) of `task1` (RatingTask), and further ones, where people were asked; `forgetting`
 * (ForgettingReport) in continuous tuning.
 * Output: `verdict` (GateVerdict).
 */
export function createGate(deps: Deps): Step<GateParams> {
  return defineStep(deps, {
    name: 'gate',
    version: '2',
    params: GateParams,
    // Whether a judge may decide changes with its calibration.
    identity: async ({ params, inputs }) => {
      const { round: _round, stage: _stage, suite: _suite, ...settings } = params;
      const judges = await decidingJudges(deps, inputs, settings);
      return { parts: Object.fromEntries(judges.map(({ name, state }) => [`judge.${name}`, state])) };
    },
    run: async (context) => {
      const { round: _round, stage, suite, ...settings } = context.params;
      const judges = await decidingJudges(deps, context.inputs, settings);
      const evidence = await openEvidence(deps, context.inputs);
      const { test, candidate, champion } = evidence;
      const metrics = primariesOf(settings).map(({ metric }) => metric);
      const rows = stage === 'confirm' ? 'confirm' : 'main';
      const look = { test: suite === undefined ? test : `suite ${suite}`, rows, metrics, candidate, champion } as const;
      const number = await enterLook(deps.ledger, look, context.executionId);
      const counted = await decideOn(evidence, settings, number);
      const said = await openLabels(deps, context.inputs, settings.metric);
      const rated = said?.labelled.filter(({ label }) => label !== null).length ?? 0;
      const labels = rated < FEWEST_LABELS ? undefined : said;
      const { maxUnmeasured } = settings;
      const decision: GateDecision & { labels?: LabelEstimate } = labels
        ? decideWithLabels(counted, labels, { minGain: settings.minGain, maxUnmeasured })
        : counted;
      // Where people decide, what they say corrects the judge, whatever it was compared with before.
      const deciding = labels ? judges.filter((judge) => !isCorrected(judge, settings)) : judges;
      const barred = deciding.flatMap((judge) => whyNot(judge) ?? []);
      const forgotten = context.inputs['forgetting'] && (await readForgetting(deps, context.inputs['forgetting']));
      const found = barred.length > 0 ? 'inconclusive' : decision.verdict;
      const verdict: GateVerdict = {
        ...decision,
        verdict: forgotten ? withForgetting(found, forgotten) : found,
        reasons: [
          ...barred,
          ...(forgotten && forgotten.outcome !== 'passed' ? forgotten.reasons : []),
          ...decision.reasons,
          ...(forgotten?.outcome === 'passed' ? forgotten.reasons : []),
          ...(said && !labels
            ? [`People were asked, and ${rated} of their labels can be used: that decides nothing.`]
            : []),
          ...waivedInWords(deciding),
          lookInWords(number, settings, suite),
          ...stageInWords(context.params),
        ],
        metric: metrics[0] ?? settings.metric,
        test,
        candidate,
        champion,
        looks: number,
        judges: Object.fromEntries(judges.map(({ name, digest }) => [name, digest])),
        round: context.params.round,
        stage,
        settings,
      };
      return {
        outputs: {
          verdict: await context.save('GateVerdict', { text: canonicalJson(verdict) }, { verdict: verdict.verdict }),
        },
        facts: {
          verdict: verdict.verdict,
          reason: verdict.reasons.join(' '),
          metric: verdict.metric,
          n: verdict.n,
          gain: verdict.gain,
          lower: verdict.lower,
          upper: verdict.upper,
          minimumDetectableEffect: verdict.minimumDetectableEffect,
          looks: number,
        },
      };
    },
  });
}

/** What a candidate may not lose stands beside what it has to gain: harm rejects, and what is not proved promotes nothing. */
function withForgetting(verdict: GateVerdict['verdict'], { outcome }: ForgettingReport): GateVerdict['verdict'] {
  if (outcome === 'failed') return 'reject';
  return outcome === 'not proved' && verdict === 'promote' ? 'inconclusive' : verdict;
}

const readForgetting = async ({ store }: Pick<Deps, 'store'>, { digest }: ArtifactRef): Promise<ForgettingReport> =>
  JSON.parse((await store.read(digest)).toString('utf8')) as ForgettingReport;

/** Whether a judge only sharpens what people say. One that was retired decides nothing, and no guard is corrected. */
const isCorrected = ({ name, state }: DecidingJudge, { guards, floors }: Gate): boolean =>
  state !== 'retired' && [...guards, ...floors].every(({ metric }) => metric !== name);

/** Fewer say nothing of how much they vary. */
const FEWEST_LABELS = 2;

const waivedInWords = (judges: readonly DecidingJudge[]): string[] =>
  judges
    .filter(({ state }) => state === 'waived')
    .map(({ name }) => `The judge ${name} decides without having been compared with people: the recipe waives it.`);

function lookInWords(number: number, { looks }: Gate, suite: string | undefined): string {
  if (suite !== undefined)
    return `The test sets of ${suite} have now been looked at by ${number} gate${number === 1 ? '' : 's'}: they grow out of one another, so all looks share the risk.`;
  const times = `This test set has now been looked at by ${number} gate${number === 1 ? '' : 's'}.`;
  if (number === 1) return times;
  return looks.spend === 'none'
    ? `${times} The more often it decides, the more its luck decides: bring fresh test rows.`
    : `${times} Each look has less of the risk to spend: fresh test rows begin anew.`;
}

const GATHERED: Record<Gate['gather']['what'], (round: number, gate: Gate) => string> = {
  items: (round, { gather: { rounds } }) =>
    `${round === 0 ? 'no row' : `${round} of ${rounds} parts`} of the reserve has been used`,
  labels: (round) => `people have been asked ${timesOf(round)}`,
  votes: (round) => `judges have voted again ${timesOf(round)}`,
};

const timesOf = (round: number): string => (round === 0 ? 'not yet' : round === 1 ? 'once' : `${round} times`);

function stageInWords({ stage, round, ...gate }: GateParams): string[] {
  const { gather, onInconclusive } = gate;
  if (stage === 'confirm') return ['Decided on rows that were kept back, to confirm a promotion.'];
  if (onInconclusive !== 'gather') return [];
  const looks = gather.rounds + 1;
  return [
    `Look ${round + 1} of at most ${looks} at this comparison, which share the risk: ${GATHERED[gather.what](round, gate)}.`,
  ];
}
