import { z } from 'zod';
import { enterLook } from '../artifacts/ledger/looks.ts';
import { canonicalJson } from '../configs/canonical-json.ts';
import { terminal } from '../configs/failure.ts';
import { Gate, primariesOf } from '../configs/gate.ts';
import { breathing } from '../data/lines.ts';
import { GateTally, type GateDecision, type MetricFacts, type PairedItem } from '../metrics/gate/tally.ts';
import type { ProbeReport } from './evaluation/probe.ts';
import type { EvalReport, ScoredItem } from './evaluation/report.ts';
import type { StepContext } from './step/context.ts';
import { defineStep, type Step } from './step/define.ts';
import type { Deps } from './step/deps.ts';

export const GateParams = z.strictObject({
  ...Gate.unwrap().shape,
  /** Rounds of evidence that were gathered before this decision. */
  round: z.int().min(0).default(0),
  /** `confirm`: the rows were kept back, and only say whether a promotion holds. */
  stage: z.enum(['decide', 'confirm']).default('decide'),
});
export type GateParams = z.infer<typeof GateParams>;
type Context = StepContext<GateParams>;

/** The decision with what it rests on. */
export interface GateVerdict extends GateDecision {
  metric: string;
  test: string;
  candidate: string;
  champion: string;
  /** How many comparisons, this one included, have looked at this test set; each look uses some of it up. */
  looks: number;
  round: number;
  stage: 'decide' | 'confirm';
  /** The rule that decided. */
  settings: Gate;
}

/**
 * Decides on the paired per-item scores whether the candidate replaces the champion.
 *
 * Inputs: `test`; `report` (EvalReport) and `scores`, and further ones (`report1`, `scores1`, …) of rows that were
 * added; `probes` (Scores) and `probing` (ProbeReport). Output: `verdict` (GateVerdict).
 */
export function createGate(deps: Deps): Step<GateParams> {
  return defineStep(deps, {
    name: 'gate',
    version: '2',
    params: GateParams,
    run: async (context) => {
      const { round: _round, stage, ...settings } = context.params;
      const reports = await Promise.all(inputsLike(context, 'report').map((role) => read<EvalReport>(context, role)));
      const [first] = reports;
      if (!first) throw terminal('MissingInput', 'a gate needs the report of an evaluation');
      const stranger = reports.find(
        ({ test, candidate, champion }) =>
          test !== first.test || candidate !== first.candidate || champion !== first.champion,
      );
      if (stranger || first.test !== context.input('test').digest)
        throw terminal(
          'TestSetChanged',
          'candidate and champion were not measured on one and the same test set: evaluate both again',
        );
      const { test, candidate, champion } = first;
      const primaries = primariesOf(settings);
      const facts = await factsOf(context, reports);
      const look = {
        test,
        rows: stage === 'confirm' ? ('confirm' as const) : ('main' as const),
        metrics: primaries.map(({ metric }) => metric),
        candidate,
        champion,
      };
      const number = await enterLook(deps.ledger, look, context.executionId);
      const tally = new GateTally(
        {
          confidence: shareOf(settings),
          primaries,
          guards: settings.guards.map(({ metric, margin, marginShare, slice }) => ({
            metric,
            margin: margin ?? { share: marginShare ?? 0 },
            ...(slice === undefined ? {} : { slice }),
          })),
          floors: settings.floors.map(({ metric, atLeast, atMost, slice }) => ({
            metric,
            ...(atLeast === undefined ? {} : { atLeast }),
            ...(atMost === undefined ? {} : { atMost }),
            ...(slice === undefined ? {} : { slice }),
          })),
          maxUnmeasured: settings.maxUnmeasured,
          looks: {
            spend: settings.looks.spend,
            ...(settings.looks.planned === undefined ? {} : { planned: settings.looks.planned }),
          },
        },
        facts,
        number,
      );
      for await (const item of itemsOf(context)) tally.add(item);
      const decision = tally.decide();
      const verdict: GateVerdict = {
        ...decision,
        reasons: [...decision.reasons, lookInWords(number, settings), ...stageInWords(context.params)],
        metric: primaries[0]?.metric ?? settings.metric,
        test,
        candidate,
        champion,
        looks: number,
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

function lookInWords(number: number, { looks }: Gate): string {
  const times = `This test set has now been looked at by ${number} gate${number === 1 ? '' : 's'}.`;
  if (number === 1) return times;
  return looks.spend === 'none'
    ? `${times} The more often it decides, the more its luck decides: bring fresh test rows.`
    : `${times} Each look has less of the risk to spend: fresh test rows begin anew.`;
}

function stageInWords({ stage, round, gather, onInconclusive }: GateParams): string[] {
  if (stage === 'confirm') return ['Decided on rows that were kept back, to confirm a promotion.'];
  if (onInconclusive !== 'gather') return [];
  const looks = gather.rounds + 1;
  return [
    `Look ${round + 1} of at most ${looks} at this comparison, which share the risk: ${round === 0 ? 'no row' : `${round} of ${gather.rounds} parts`} of the reserve has been used.`,
  ];
}

/** The confidence of one decision: rounds of gathering share the risk, this one included. */
function shareOf({ confidence, onInconclusive, gather }: Gate): number {
  return onInconclusive === 'gather' ? 1 - (1 - confidence) / (gather.rounds + 1) : confidence;
}

const inputsLike = ({ inputs }: Context, role: string): string[] =>
  Object.keys(inputs)
    .filter((name) => name.startsWith(role) && /^\d*$/.test(name.slice(role.length)))
    .toSorted();

async function read<T>(context: Context, role: string): Promise<T> {
  return JSON.parse((await context.deps.store.read(context.input(role).digest)).toString('utf8')) as T;
}

/** What is known of every metric of the evidence. */
async function factsOf(context: Context, reports: readonly EvalReport[]): Promise<Record<string, MetricFacts>> {
  const facts: Record<string, MetricFacts> = {};
  const probing = context.inputs['probing'] ? await read<ProbeReport>(context, 'probing') : undefined;
  for (const { metrics } of [...reports, ...(probing ? [probing] : [])])
    for (const [name, found] of Object.entries(metrics)) {
      // Reports of earlier versions do not say: they know two metrics, both shares.
      const {
        range = [0, 1] as const,
        better = 'higher',
        isBinary = name === 'exactMatch',
      } = found as Partial<MetricFacts>;
      const known = facts[name];
      // What has no upper end has the largest that was seen.
      const [low, high] = known ? [Math.min(known.range[0], range[0]), Math.max(known.range[1], range[1])] : range;
      facts[name] = { range: [low, high], better, isBinary };
    }
  return facts;
}

/** Scores of all rows, one after the other: the test set's, added ones, and those of attacks and pairs. */
async function* itemsOf(context: Context): AsyncGenerator<PairedItem> {
  const roles = [...inputsLike(context, 'scores'), ...(context.inputs['probes'] ? ['probes'] : [])];
  for (const role of roles) yield* breathing<ScoredItem>(await context.pathOf(role));
  if (context.inputs['scores']) return;
  // A run that began with an earlier version: its items stand in the report.
  const { items } = await read<{ items: unknown }>(context, 'report');
  if (!Array.isArray(items)) throw terminal('MissingInput', 'a gate needs the scores of an evaluation');
  yield* items as PairedItem[];
}
