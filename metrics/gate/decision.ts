import type { Bounds } from './bounds.ts';
import type { Flip } from './flips.ts';
import type { FloorResult, GuardResult } from './guards.ts';
import type { Looks } from './looks.ts';
import type { Paired } from './paired.ts';
import { sureness } from './sureness.ts';

export type Verdict = 'promote' | 'reject' | 'inconclusive';

/** One metric that decides. */
export interface PrimaryResult {
  metric: string;
  n: number;
  /** Mean of candidate − champion, turned so that more is better. */
  gain: number;
  /** One-sided lower and upper bounds of the gain, each at confidence 1 − alpha. */
  lower: number;
  upper: number;
  /** After Holm, where several decide. */
  alpha: number;
  minGain: number;
  better: number;
  worse: number;
  equal: number;
  unmeasured: number;
  minimumDetectableEffect: number | null;
  mcnemarP: number | null;
  method: string;
  /** The gain is proved to exceed minGain. */
  isProved: boolean;
}

export interface SliceResult {
  slice: string;
  n: number;
  candidate: number;
  champion: number;
  gain: number;
  lower: number;
  upper: number;
  better: number;
  worse: number;
  equal: number;
}

/** The decision; its first fields are those of the first metric that decides. */
export interface GateDecision extends Omit<PrimaryResult, 'metric' | 'isProved'> {
  verdict: Verdict;
  /** As asked for, one-sided. */
  confidence: number;
  /** How many comparisons, this one included, looked at this test set. */
  look: number;
  primaries: PrimaryResult[];
  guards: GuardResult[];
  floors: FloorResult[];
  slices: SliceResult[];
  flips: Flip[];
  /** The decision in words, the weightiest first. */
  reasons: string[];
}

/** What was gathered and has to be put together. */
export interface Judged {
  /** Of this look; 0: the test set is used up. */
  alpha: number;
  look: number;
  confidence: number;
  looks: Looks;
  maxUnmeasured: number;
  primaries: { metric: string; minGain: number; paired: Paired }[];
  guards: GuardResult[];
  floors: FloorResult[];
  slices: { slice: string; paired: Paired }[];
  flips: Flip[];
}

/**
 * Puts the parts together. promote: one of the metrics that decide is proved better (Holm 1979 over several), none is
 * proved worse, every guard and floor is proved, and no more is unmeasured than allowed. reject: no gain above what is
 * asked for is left possible, or a loss, a guard or a floor is proved to be broken. Else inconclusive.
 */
export function conclude(judged: Judged): GateDecision {
  const primaries = holm(judged);
  const [first] = primaries as [PrimaryResult];
  const checks = [...judged.guards, ...judged.floors];
  const isSpent = judged.alpha === 0;
  const tooFewMeasured = primaries.filter(({ unmeasured, n }) => unmeasured / n > judged.maxUnmeasured);
  const isWorse = primaries.length > 1 && primaries.some(({ upper }) => upper < 0);
  const isBroken = checks.some(({ outcome }) => outcome === 'failed');
  const isHopeless = primaries.every(({ upper, minGain }) => upper <= minGain);
  const isProved =
    primaries.some((primary) => primary.isProved) &&
    !isWorse &&
    checks.every(({ outcome }) => outcome === 'passed') &&
    tooFewMeasured.length === 0;
  const verdict = isSpent
    ? 'inconclusive'
    : isBroken || isHopeless || isWorse
      ? 'reject'
      : isProved
        ? 'promote'
        : 'inconclusive';
  const { metric: _metric, isProved: _isProved, ...top } = first;
  return {
    verdict,
    ...top,
    alpha: judged.alpha,
    confidence: judged.confidence,
    look: judged.look,
    primaries,
    guards: judged.guards,
    floors: judged.floors,
    slices: judged.slices.map((slice) => sliceOf(slice, 1 - judged.confidence)),
    flips: judged.flips,
    reasons: [
      ...(isSpent ? [usedUp(judged)] : []),
      ...primaries.flatMap((primary) => wordsOf(primary, primaries.length > 1)),
      ...tooFewMeasured.map(
        ({ metric, unmeasured, n }) =>
          `${metric} was not measured on ${unmeasured} of ${n} items, more than the ${percent(judged.maxUnmeasured)} allowed: see why, and measure them.`,
      ),
      ...checks.map(({ words }) => `${words}.`),
    ],
  };
}

/** Steps down: what is proved at alpha divided by those left is taken out, and the rest have more alpha each. */
function holm({ primaries, alpha }: Judged): PrimaryResult[] {
  const levels = new Map(primaries.map((primary) => [primary, alpha / primaries.length]));
  const proved = new Set<(typeof primaries)[number]>();
  for (;;) {
    const left = primaries.filter((primary) => !proved.has(primary));
    const level = left.length === 0 ? alpha : alpha / left.length;
    for (const primary of left) levels.set(primary, level);
    const found = left.filter(({ paired, minGain }) => paired.proves(minGain, level));
    for (const primary of found) proved.add(primary);
    if (found.length === 0 || proved.size === primaries.length) break;
  }
  return primaries.map((primary) => resultOf(primary, levels.get(primary) as number, proved.has(primary)));
}

function resultOf(
  { metric, minGain, paired }: Judged['primaries'][number],
  alpha: number,
  isProved: boolean,
): PrimaryResult {
  // A test set that is used up proves nothing, but what was seen is still shown, at the level of a first look.
  const { lower, upper, method } = paired.bounds(alpha === 0 ? 0.05 : alpha);
  return {
    metric,
    n: paired.n,
    gain: paired.gain,
    lower,
    upper,
    alpha,
    minGain,
    better: paired.better,
    worse: paired.worse,
    equal: paired.n - paired.better - paired.worse - paired.unmeasured,
    unmeasured: paired.unmeasured,
    minimumDetectableEffect: paired.minimumDetectableEffect(alpha),
    mcnemarP: paired.mcnemarP,
    method: methodOf(method, paired),
    isProved,
  };
}

const methodOf = (method: Bounds['method'], { needsExact }: Paired): string =>
  method === 'exact bound' || !needsExact ? method : `${method} and exact McNemar`;

function sliceOf({ slice, paired }: Judged['slices'][number], alpha: number): SliceResult {
  const { lower, upper } = paired.bounds(alpha);
  const { n, gain, better, worse, unmeasured } = paired;
  return { slice, n, ...paired.means, gain, lower, upper, better, worse, equal: n - better - worse - unmeasured };
}

function wordsOf(d: PrimaryResult, isOneOfSeveral: boolean): string[] {
  const sure = sureness(d.alpha);
  const name = isOneOfSeveral ? `${d.metric}: of` : 'Of';
  const reasons = [
    `${name} ${d.n} test items the candidate is better on ${d.better}, worse on ${d.worse}, equal on ${d.equal}${d.unmeasured > 0 ? `, and ${d.unmeasured} were not measured, which counts against it` : ''}: mean gain ${signed(d.gain)}.`,
  ];
  if (d.alpha === 0) return reasons;
  if (d.isProved)
    reasons.push(
      `With ${sure} confidence the true gain is above ${signed(d.lower)}, more than the ${d.minGain} asked for.`,
    );
  else if (d.upper <= d.minGain)
    reasons.push(
      `With ${sure} confidence the true gain is at most ${signed(d.upper)}, not more than the ${d.minGain} asked for.`,
    );
  else {
    reasons.push(
      `With ${sure} confidence the true gain lies above ${signed(d.lower)}, and with the same confidence below ${signed(d.upper)}: neither side of the ${d.minGain} asked for is proved.`,
    );
    if (d.method.endsWith('McNemar') && (d.mcnemarP as number) > d.alpha)
      reasons.push(
        `Only ${d.better + d.worse} items differ; the exact McNemar test (p = ${d.mcnemarP?.toFixed(4)}) does not confirm the gain.`,
      );
    reasons.push(neededItems(d));
  }
  if (d.minimumDetectableEffect !== null)
    reasons.push(
      `A true gain of ${signed(d.minGain + d.minimumDetectableEffect)} or more would have been found with 80 % probability.`,
    );
  return reasons;
}

function neededItems({ n, gain, minGain, minimumDetectableEffect }: PrimaryResult): string {
  const needed =
    minimumDetectableEffect !== null && gain > minGain
      ? Math.ceil(n * (minimumDetectableEffect / (gain - minGain)) ** 2)
      : Number.POSITIVE_INFINITY;
  return needed < 1e6
    ? `About ${needed} test items would be needed to prove a gain of this size.`
    : 'More test items are needed to prove either.';
}

const usedUp = ({ looks, look }: Judged): string =>
  `The test set has been used up: it was meant for ${looks.planned ?? 0} looks, and this is number ${look}. Bring fresh rows.`;

const percent = (share: number): string => `${+(share * 100).toFixed(2)} %`;
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
