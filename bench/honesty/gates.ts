import { GateTally, type GateDecision, type GateSettings } from '../../metrics/gate/tally.ts';
import { createRandom } from '../data/support.ts';
import { atMost, near, shareOf, type Figure, type Size } from './figure.ts';
import { binary, continuous, judged, lucky, skewed, verySkewed, type World } from './worlds.ts';

export const ALPHA = 0.05;

/** A gate on one metric. */
export const settingsOf = (looks: GateSettings['looks'] = { spend: 'none' }): GateSettings => ({
  confidence: 1 - ALPHA,
  primaries: [{ metric: 'score', minGain: 0 }],
  guards: [],
  floors: [],
  maxUnmeasured: 0.05,
  looks,
});

/** The decision on n items of a world. */
export function gateOn(world: World, n: number, gain: number, random: () => number): GateDecision {
  const tally = new GateTally(settingsOf(), { score: world.facts }, 1);
  for (let i = 0; i < n; i += 1) {
    const [candidate, champion] = world.draw(random, gain);
    tally.add({ id: String(i), candidate: { score: candidate }, champion: { score: champion } });
  }
  return tally.decide();
}

/** Candidates that are no better: how many are promoted. */
export function falsePromotions({ runs, items }: Size): Figure[] {
  return [binary, continuous, judged, skewed, verySkewed, lucky].flatMap((world, w) =>
    items.map((n) => {
      const random = createRandom(1000 * w + n);
      const value = shareOf(runs, () => gateOn(world, n, 0, random).verdict === 'promote');
      return atMost(`no better, ${world.name}, n = ${n}: promoted`, value, runs, ALPHA);
    }),
  );
}

/**
 * Candidates whose true gain is just what the gates print as found with probability 0.8: how many are promoted.
 */
export function power({ runs, items }: Size): Figure[] {
  return [binary, continuous, judged].flatMap((world, w) =>
    items.map((n) => {
      const random = createRandom(7_000_000 + 1000 * w + n);
      // What is printed depends on the gain, as it does on luck: its mean, at the gain that it is.
      let gain = (2.486 * world.deviation) / Math.sqrt(n);
      for (let round = 0; round < 3; round += 1) gain = meanPrinted(world, n, gain, Math.ceil(runs / 4), random);
      const value = shareOf(runs, () => gateOn(world, n, gain, random).verdict === 'promote');
      return near(`better by the printed ${gain.toFixed(4)}, ${world.name}, n = ${n}: promoted`, value, runs, 0.8);
    }),
  );
}

function meanPrinted(world: World, n: number, gain: number, runs: number, random: () => number): number {
  let sum = 0;
  for (let run = 0; run < runs; run += 1) sum += gateOn(world, n, gain, random).minimumDetectableEffect ?? 0;
  return sum / runs;
}
