import { normalCdf, normalQuantile, tQuantile } from '../inference/special.ts';
import { alphaOf, checkAlpha } from './looks.ts';
import { FEW_DIFFERENCES, type MetricFacts } from './paired.ts';
import { exactPower, POWER } from './power.ts';
import type { GateSettings } from './tally.ts';
import { planInWords } from './plan-words.ts';

/** What is known of a metric before the gate runs. */
export interface Spread {
  /** Standard deviation of the differences per item, of an earlier gate. */
  deviation: number;
  /** Mean of the champion, for guards whose margin is a share of it. */
  champion?: number;
}

export interface PlanQuestion {
  settings: GateSettings;
  facts: Readonly<Record<string, MetricFacts>>;
  /** The look that is coming, 1 for the first. */
  look: number;
  /** Items of the test set; `byMetric` and `bySlice` where a metric or a slice has others. */
  items: number;
  byMetric?: Readonly<Record<string, number>>;
  bySlice?: Readonly<Record<string, number>>;
  /** Of earlier gates, by metric. */
  spreads?: Readonly<Record<string, Spread>>;
  /** True gains that one hopes for, by metric that decides, in its units. */
  wanted?: Readonly<Record<string, number>>;
  /** Where nothing is known: the share of items on which 0/1 scores differ, and the deviation as a share of the range. */
  assumed?: { discordance?: number; deviation?: number };
}

/** What one test of the gate can find. */
export interface PlanLine {
  role: 'primary' | 'guard';
  metric: string;
  slice?: string;
  n: number;
  /** After looks and Holm; 0: the test set is used up. */
  alpha: number;
  /** Of the differences, per item. */
  deviation: number;
  basis: 'earlier gate' | 'assumed';
  /**
   * Primary: the true gain found with probability 0.8. Guard: the margin that two equal models are found to keep with it.
   * Null: none is, with so few items.
   */
  effect: number | null;
  /** Primary: the gain that was asked about. Guard: its margin; null where that is a share of a mean not known. */
  wanted: number | null;
  /** Probability that `wanted` is found; null without it. */
  power: number | null;
  /** Items that find `wanted` with probability 0.8; null: no number does, or nothing is wanted. */
  needed: number | null;
  words: string;
}

/** Share of items on which 0/1 scores differ, and deviation of graded ones as a share of the range, where unknown. */
const ASSUMED = { discordance: 0.2, deviation: 0.2 } as const;
/** Above this many items nobody asks. */
const MOST = 1e9;

/**
 * What a gate with these settings can find on this test set, before anything runs:
 * effect = minGain + (t(1 − α; n − 1) + z(0.8)) · s / √n. For 0/1 scores that differ on a share δ of the items,
 * s² = δ − effect²; where fewer than 30 differ, by the exact test.
 *
 * @throws RangeError for items, effects or spreads that make no sense, or a metric that is not known.
 */
export function planGate(question: PlanQuestion): PlanLine[] {
  const { settings, look } = question;
  const plain = 1 - settings.confidence;
  const { primaries, guards } = settings;
  if (primaries.length === 0) throw new RangeError('a gate needs a metric that decides');
  // Of several, Holm asks the first one proved for this.
  const alpha = alphaOf(settings.looks, plain, look) / primaries.length;
  checkAlpha(plain);
  return [
    ...primaries.map(({ metric, minGain }) => {
      const { n, test, ...about } = testOf(question, metric);
      const wanted = numberOf(question.wanted, metric) ?? null;
      if (wanted !== null && !Number.isFinite(wanted))
        throw new RangeError(`the gain wanted of ${metric} is ${wanted}: expected a number`);
      const effect = alpha > 0 ? test.effect(n, alpha, minGain) : null;
      const power = wanted === null ? null : alpha > 0 ? test.power(n, alpha, minGain, wanted) : 0;
      const needed =
        wanted === null || !(wanted > minGain) || alpha === 0
          ? null
          : itemsFor((items) => test.power(items, alpha, minGain, wanted));
      return planInWords({ role: 'primary', metric, n, alpha, ...about, effect, wanted, power, needed }, minGain);
    }),
    ...guards.map(({ metric, margin, slice }) => {
      const { n, test: _test, ...about } = testOf(question, metric, slice);
      const champion = known(question.spreads, metric)?.champion;
      const wanted =
        typeof margin === 'number' ? margin : champion === undefined ? null : margin.share * Math.abs(champion);
      // That the gain is above −margin, of two models that are equal: guards are by the t bound alone.
      const power = wanted === null ? null : normalPower(about.deviation, n, plain, wanted);
      const needed =
        wanted === null || wanted <= 0 ? null : itemsFor((items) => normalPower(about.deviation, items, plain, wanted));
      const effect = n > 1 ? effectOf(about.deviation, n, plain) : null;
      const where = slice === undefined ? { metric } : { metric, slice };
      return planInWords({ role: 'guard', ...where, n, alpha: plain, ...about, effect, wanted, power, needed }, 0);
    }),
  ];
}

/** How a test of one metric behaves, whatever the number of items. */
interface Test {
  effect(n: number, alpha: number, minGain: number): number | null;
  power(n: number, alpha: number, minGain: number, gain: number): number;
}

function testOf(
  { facts, items, byMetric, bySlice, spreads, assumed = {} }: PlanQuestion,
  metric: string,
  slice?: string,
): { n: number; test: Test; deviation: number; basis: PlanLine['basis'] } {
  const about = known(facts, metric);
  if (!about)
    throw new RangeError(`the gate looks at ${metric}, which is not known: there are ${Object.keys(facts).join(', ')}`);
  const n = (slice === undefined ? numberOf(byMetric, metric) : numberOf(bySlice, slice)) ?? items;
  if (!Number.isInteger(n) || n < 0) throw new RangeError(`a test set has a whole number of items, found ${n}`);
  const earlier = known(spreads, metric)?.deviation;
  const [low, high] = about.range;
  const { discordance = ASSUMED.discordance, deviation = ASSUMED.deviation } = assumed;
  const spread = earlier ?? (about.isBinary ? Math.sqrt(discordance) : deviation * (high - low));
  if (!(spread >= 0 && Number.isFinite(spread)))
    throw new RangeError(`the spread of ${metric} has to be 0 or more, found ${spread}`);
  const basis = earlier === undefined ? 'assumed' : 'earlier gate';
  const test = about.isBinary ? binaryTest(Math.min(1, spread * spread)) : gradedTest(spread);
  return { n, test, deviation: spread, basis };
}

const gradedTest = (deviation: number): Test => ({
  effect: (n, alpha, minGain) => (n > 1 ? minGain + effectOf(deviation, n, alpha) : null),
  power: (n, alpha, minGain, gain) => normalPower(deviation, n, alpha, gain - minGain),
});

/** Of 0/1 scores that differ on a share of the items: the t bound, and the exact test as well where it is asked. */
const binaryTest = (share: number): Test => {
  const power = (n: number, alpha: number, minGain: number, gain: number): number => {
    // A gain cannot be larger than the share of items that differ.
    const differ = Math.max(share, Math.abs(gain));
    const byBound = normalPower(Math.sqrt(Math.max(0, differ - gain * gain)), n, alpha, gain - minGain);
    if (n * differ >= FEW_DIFFERENCES || n === 0 || differ === 0) return byBound;
    return Math.min(byBound, exactPower(n, differ, Math.max(0, gain), alpha));
  };
  return {
    power,
    effect: (n, alpha, minGain) => {
      if (n === 0 || power(n, alpha, minGain, 1) < POWER) return null;
      let [low, high] = [minGain, 1];
      for (let i = 0; i < 40; i += 1) {
        const middle = (low + high) / 2;
        if (power(n, alpha, minGain, middle) >= POWER) high = middle;
        else low = middle;
      }
      return high;
    },
  };
};

/** P(mean − t(1 − α; n − 1) · s / √n > 0) of a mean difference `effect`. */
function normalPower(deviation: number, n: number, alpha: number, effect: number): number {
  if (n < 2) return 0;
  if (deviation === 0) return Number(effect > 0);
  return normalCdf((effect * Math.sqrt(n)) / deviation - critical(n, alpha));
}

/** The effect at which that is 0.8. */
const effectOf = (deviation: number, n: number, alpha: number): number =>
  ((critical(n, alpha) + normalQuantile(POWER)) * deviation) / Math.sqrt(n);

/** Of many items t is z. */
const critical = (n: number, alpha: number): number =>
  n > 100_000 ? normalQuantile(1 - alpha) : tQuantile(1 - alpha, n - 1);

/** The fewest items with power 0.8; null: not even a thousand million. */
function itemsFor(power: (items: number) => number): number | null {
  let [low, high] = [1, 2];
  while (power(high) < POWER) {
    [low, high] = [high, high * 2];
    if (high > MOST) return null;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (power(middle) >= POWER) high = middle;
    else low = middle;
  }
  return high;
}

const known = <T>(values: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
const numberOf = known<number>;
