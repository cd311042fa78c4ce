import { SequentialGate } from '../../metrics/gate/sequential.ts';
import { GateTally, type GateSettings } from '../../metrics/gate/tally.ts';
import { createRandom } from '../data/support.ts';
import { atMost, failsBeyond, shareOf, type Figure } from './figure.ts';
import { ALPHA, settingsOf } from './gates.ts';
import { binary, continuous, judged, normal, type World } from './worlds.ts';

const WEEKS = 52;
const ITEMS = 200;
const FACTS = { score: { range: [0, 1], better: 'higher', isBinary: true } } as const;

/**
 * A gate a week on one test set of 200 items, for a year. No candidate is better than another: each is right on an item
 * with probability 0.7, alike by 0.8 (of the normal numbers behind it). Who is promoted is the next one's champion.
 */
export function yearOfGates(runs: number): Figure[] {
  const year = (looks: GateSettings['looks']): number => {
    const random = createRandom(52);
    return shareOf(runs, () => isLuckyYear(settingsOf(looks), random));
  };
  const name = (rule: string): string => `${WEEKS} weekly gates on one test set, ${rule}: a promotion in the year`;
  return [
    atMost(name('harmonic'), year({ spend: 'harmonic' }), runs, ALPHA),
    atMost(name('planned'), year({ spend: 'planned', planned: WEEKS }), runs, ALPHA),
    failsBeyond(name('the whole risk each time'), year({ spend: 'none' }), runs, ALPHA),
  ];
}

function isLuckyYear(settings: GateSettings, random: () => number): boolean {
  const difficulty = Float64Array.from({ length: ITEMS }, () => normal(random));
  // P(z < 0.5244) = 0.7
  const answers = (): (0 | 1)[] =>
    Array.from(difficulty, (d) => (Math.sqrt(0.8) * d + Math.sqrt(0.2) * normal(random) < 0.5244 ? 1 : 0));
  const champion = answers();
  for (let week = 1; week <= WEEKS; week += 1) {
    const candidate = answers();
    const tally = new GateTally(settings, FACTS, week);
    for (let i = 0; i < ITEMS; i += 1)
      tally.add({
        id: String(i),
        candidate: { score: candidate[i] as number },
        champion: { score: champion[i] as number },
      });
    // The first promotion settles it: what follows it in the year does not matter here.
    if (tally.decide().verdict === 'promote') return true;
  }
  return false;
}

/** One looks every 50 items, to 1,000, and stops as soon as a candidate that is no better is promoted. */
export function peeking(runs: number): Figure[] {
  const looks = 20;
  const every = 50;
  return [binary, continuous, judged].flatMap((world, w) => {
    const ever = (rule: 'betting' | { looks: number }): number => {
      const random = createRandom(900 + w);
      return shareOf(runs, () => {
        const gate = new SequentialGate({ facts: world.facts, minGain: 0, alpha: ALPHA, rule });
        for (let look = 0; look < looks; look += 1) {
          for (let i = 0; i < every; i += 1) gate.add(...world.draw(random, 0));
          if (gate.look().verdict === 'promote') return true;
        }
        return false;
      });
    };
    const name = (rule: string): string => `a look every 50 items to 1,000, ${world.name}, ${rule}: ever promoted`;
    return [
      atMost(name('betting'), ever('betting'), runs, ALPHA),
      atMost(name('planned looks'), ever({ looks }), runs, ALPHA),
      failsBeyond(name('the one-shot gate each time'), peekedAt(world, runs, looks, every), runs, ALPHA),
    ];
  });
}

function peekedAt(world: World, runs: number, looks: number, every: number): number {
  const random = createRandom(950);
  return shareOf(runs, () => {
    const tally = new GateTally(settingsOf(), { score: world.facts }, 1);
    for (let look = 0; look < looks; look += 1) {
      for (let i = 0; i < every; i += 1) {
        const [candidate, champion] = world.draw(random, 0);
        tally.add({ id: String(i), candidate: { score: candidate }, champion: { score: champion } });
      }
      if (tally.decide().verdict === 'promote') return true;
    }
    return false;
  });
}
