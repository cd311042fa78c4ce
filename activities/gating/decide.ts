import { terminal } from '../../configs/failure.ts';
import { primariesOf, type Gate } from '../../configs/gate.ts';
import { GateTally, type GateDecision, type GateSettings } from '../../metrics/gate/tally.ts';
import type { Evidence } from './evidence.ts';

/**
 * The decision of a recipe's gate on some evidence, at a look with a number.
 * @throws TerminalError `NotMeasured` when the gate looks at what the evidence does not have.
 */
export async function decideOn(evidence: Evidence, gate: Gate, look: number): Promise<GateDecision> {
  try {
    const tally = new GateTally(settingsOf(gate), evidence.facts, look);
    for await (const item of evidence.items()) tally.add(item);
    return tally.decide();
  } catch (error) {
    if (error instanceof RangeError) throw terminal('NotMeasured', error.message, {}, error);
    throw error;
  }
}

/** The settings of a recipe as the rule takes them. */
export function settingsOf(gate: Gate): GateSettings {
  const { guards, floors, maxUnmeasured, looks } = gate;
  const where = (slice: string | undefined): { slice?: string } => (slice === undefined ? {} : { slice });
  return {
    confidence: shareOf(gate),
    primaries: primariesOf(gate),
    guards: guards.map(({ metric, margin, marginShare, slice }) => ({
      metric,
      margin: margin ?? { share: marginShare ?? 0 },
      ...where(slice),
    })),
    floors: floors.map(({ metric, atLeast, atMost, slice }) => ({
      metric,
      ...(atLeast === undefined ? {} : { atLeast }),
      ...(atMost === undefined ? {} : { atMost }),
      ...where(slice),
    })),
    maxUnmeasured,
    looks: { spend: looks.spend, ...(looks.planned === undefined ? {} : { planned: looks.planned }) },
  };
}

/** The confidence of one decision: rounds of gathering share the risk, the first decision included. */
function shareOf({ confidence, onInconclusive, gather }: Gate): number {
  return onInconclusive === 'gather' ? 1 - (1 - confidence) / (gather.rounds + 1) : confidence;
}
