import { GateTally, type GateDecision } from './gate/tally.ts';

export type { GateDecision } from './gate/tally.ts';

export interface GateQuestion {
  /** Per-item scores in [0, 1] on the same items in the same order. */
  candidate: readonly number[];
  champion: readonly number[];
  /** The gain that has to be exceeded, in units of the metric. */
  minGain: number;
  /** One-sided confidence, e.g. 0.95. */
  confidence: number;
}

/**
 * Decides on one metric in [0, 1], at its first and only look: the gate in its plainest form.
 * @throws RangeError when the lists are empty or of different length.
 */
export function decide({ candidate, champion, minGain, confidence }: GateQuestion): GateDecision {
  const n = candidate.length;
  if (n === 0 || champion.length !== n)
    throw new RangeError(`a gate needs paired scores, got ${n} and ${champion.length}`);
  const isBinary = [...candidate, ...champion].every((score) => score === 0 || score === 1);
  const settings = { confidence, primaries: [{ metric: 'score', minGain }], guards: [], floors: [], maxUnmeasured: 0 };
  const tally = new GateTally(
    { ...settings, looks: { spend: 'none' } },
    { score: { range: [0, 1], better: 'higher', isBinary } },
  );
  candidate.forEach((score, i) =>
    tally.add({ id: String(i), candidate: { score }, champion: { score: champion[i] as number } }),
  );
  return tally.decide();
}
