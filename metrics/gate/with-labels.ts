import { binomialTest } from '../inference/binomial.ts';
import { average, variance } from '../inference/moments.ts';
import { ppiMean } from '../inference/ppi.ts';
import { normalQuantile, tQuantile } from '../inference/special.ts';
import type { GateDecision } from './decision.ts';
import { sureness } from './sureness.ts';

/** How a pair of answers was rated, 1 for the candidate, ½ for neither, 0 for the champion. */
export interface LabelledPair {
  /** Mean over the raters; null: drawn, but nobody could say. */
  label: number | null;
  /** What the judge says of the same pair. */
  judge: number;
}

/** What people and a judge in pairs say of the rows of a test set; every value from 0 to 1, for the candidate. */
export interface LabelEvidence {
  /** Pairs drawn at random among those whose answers differ. */
  labelled: readonly LabelledPair[];
  /** What the judge says of the other pairs whose answers differ. */
  unlabelled: readonly number[];
  /** Pairs that nobody has to be asked about: equal answers, or one that did not come. */
  known: readonly number[];
  raters: number;
}

/** The gain as people see it, sharpened by a judge; gains from −1 to 1. */
export interface LabelEstimate {
  /** Pairs that people rated, and those that they were shown and passed over. */
  labels: number;
  skipped: number;
  raters: number;
  better: number;
  worse: number;
  same: number;
  /** Rows in all, and those whose answers differ. */
  rows: number;
  differing: number;
  /** Of all rows, by the judge alone; by people alone; by both. */
  judgeGain: number;
  peopleGain: number;
  gain: number;
  /** One-sided bounds, each at confidence 1 − alpha. */
  lower: number;
  upper: number;
  alpha: number;
  /** How much the judge was trusted, 0 to 1. */
  lambda: number;
  /** Exact p of the sign test on the labels; null: enough labels differ. */
  exactP: number | null;
  minimumDetectableEffect: number;
}

/** Fewer labels that take a side than this, and the exact test has to agree, as for items. */
const FEW = 30;
const POWER = 0.8;

/**
 * The mean gain 2·(mean − ½) over all rows. Rows are of two strata: those known without asking, and those that differ,
 * whose mean is PPI++'s (Angelopoulos, Duchi & Zrnic, arXiv 2311.01453) out of labels of some and the judge's verdict on
 * all. Bounds are Student's t with n − 1 degrees of freedom over the labels and one more, the worst there could be:
 * without it, a judge that errs seldom would promote too often on few labels. A pair that was passed over counts as lost
 * for the lower and as won for the upper bound.
 *
 * @throws RangeError for fewer than 2 labels, or values that are not from 0 to 1.
 */
export function estimateWithLabels(evidence: LabelEvidence, alpha: number): LabelEstimate {
  const { labelled, unlabelled, known, raters } = evidence;
  const rated = labelled.flatMap(({ label }) => (label === null ? [] : [label]));
  if (rated.length < 2) throw new RangeError(`a gain by labels needs 2 or more of them, found ${rated.length}`);
  for (const value of [...rated, ...labelled.map(({ judge }) => judge), ...unlabelled, ...known])
    if (!(value >= 0 && value <= 1)) throw new RangeError(`labels and verdicts are from 0 to 1, found ${value}`);
  const [pessimistic, optimistic] = [boundOf(evidence, 'lower', alpha), boundOf(evidence, 'upper', alpha)];
  const better = rated.filter((label) => label > 0.5).length;
  const worse = rated.filter((label) => label < 0.5).length;
  const lost = worse + labelled.length - rated.length;
  const rows = labelled.length + unlabelled.length + known.length;
  const gainOf = (mean: number): number => 2 * (mean - 0.5);
  const overall = (differing: number): number =>
    gainOf((total(known) + differing * (labelled.length + unlabelled.length)) / rows);
  return {
    labels: rated.length,
    skipped: labelled.length - rated.length,
    raters,
    better,
    worse,
    same: rated.length - better - worse,
    rows,
    differing: labelled.length + unlabelled.length,
    judgeGain: gainOf((total(known) + total(unlabelled) + total(labelled.map(({ judge }) => judge))) / rows),
    peopleGain: overall(average(rated)),
    gain: gainOf(pessimistic.mean),
    lower: Math.max(-1, gainOf(pessimistic.bound)),
    upper: Math.min(1, gainOf(optimistic.bound)),
    alpha,
    lambda: pessimistic.lambda,
    exactP:
      better + lost < FEW ? (better + lost === 0 ? 1 : binomialTest(better, better + lost, 0.5, 'greater')) : null,
    minimumDetectableEffect: 2 * pessimistic.error * (normalQuantile(1 - alpha) + normalQuantile(POWER)),
  };
}

interface Bounded {
  mean: number;
  bound: number;
  error: number;
  lambda: number;
}

function boundOf({ labelled, unlabelled, known }: LabelEvidence, side: 'lower' | 'upper', alpha: number): Bounded {
  const missing = side === 'lower' ? 0 : 1;
  const labels = labelled.map(({ label }) => label ?? missing);
  const verdicts = labelled.map(({ judge }) => judge);
  const isAll = unlabelled.length === 0;
  const { estimate, lambda } = isAll ? { estimate: average(labels), lambda: 0 } : ppiMean(labels, verdicts, unlabelled);
  // A good judge errs seldom, and errors that were not seen in n labels may be there: one more, the worst, counts as seen.
  const rectified = [
    ...labels.map((label, i) => label - lambda * (verdicts[i] as number)),
    missing - lambda * (1 - missing),
  ];
  const n = rectified.length;
  const ofJudge = isAll ? 0 : (lambda * lambda * variance(unlabelled, 0)) / unlabelled.length;
  const differing = labels.length + unlabelled.length;
  const rows = differing + known.length;
  const weight = differing / rows;
  const mean = weight * estimate + total(known) / rows;
  const cautious = average(rectified) + (isAll ? 0 : lambda * average(unlabelled));
  // How many rows differ, and how the others stand, is chance as well.
  const spread = differing * (estimate - mean) ** 2 + known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(weight * weight * (variance(rectified, 1) / n + ofJudge) + spread / rows ** 2);
  const half = -tQuantile(alpha, labels.length - 1) * error;
  const bound = mean + weight * (cautious - estimate) + (side === 'lower' ? -half : half);
  return { mean, bound, error, lambda };
}

/** What a decision by labels is held to. */
export interface LabelRule {
  minGain: number;
  /** Largest share of the drawn pairs that people may have passed over. */
  maxUnmeasured: number;
}

/**
 * A gate's decision with people's word in place of the judge's: promote when the lower bound of the gain exceeds
 * `minGain` (and, with few labels that take a side, the exact sign test agrees) and every guard and floor holds; reject
 * when the upper bound does not exceed it, or a guard or floor is proved to be broken.
 */
export function decideWithLabels(
  decision: GateDecision,
  evidence: LabelEvidence,
  { minGain, maxUnmeasured }: LabelRule,
): GateDecision & { labels: LabelEstimate } {
  // A test set that is used up proves nothing, but what people said is still shown.
  const isSpent = decision.alpha === 0;
  const estimate = estimateWithLabels(evidence, isSpent ? 0.05 : decision.alpha);
  const { gain, lower, upper, exactP, labels, skipped, minimumDetectableEffect } = estimate;
  const checks = [...decision.guards, ...decision.floors];
  const isSkipped = skipped / (labels + skipped) > maxUnmeasured;
  const isProved = !isSpent && lower > minGain && (exactP === null || exactP <= decision.alpha);
  const holds = checks.every(({ outcome }) => outcome === 'passed') && !isSkipped;
  const isLost = upper <= minGain || checks.some(({ outcome }) => outcome === 'failed');
  const method = `prediction-powered mean of ${labels} labels${exactP === null ? '' : ' and exact sign test'}`;
  const found = { gain, lower, upper, method, minimumDetectableEffect };
  const [first, ...others] = decision.primaries;
  return {
    ...decision,
    ...found,
    verdict: isSpent ? 'inconclusive' : isLost ? 'reject' : isProved && holds ? 'promote' : 'inconclusive',
    primaries: first ? [{ ...first, ...found, isProved }, ...others] : [],
    reasons: [
      ...(isSpent ? decision.reasons.slice(0, 1) : []),
      ...wordsOf(estimate, { minGain, isProved }),
      ...(isSkipped
        ? [
            `People passed over ${skipped} of ${labels + skipped} pairs, more than the ${percent(maxUnmeasured)} allowed.`,
          ]
        : []),
      ...checks.map(({ words }) => `${words}.`),
    ],
    labels: estimate,
  };
}

function wordsOf(e: LabelEstimate, { minGain, isProved }: { minGain: number; isProved: boolean }): string[] {
  const sure = sureness(e.alpha);
  const people = e.raters === 1 ? 'One person' : `${e.raters} people`;
  const passed = e.skipped === 0 ? '' : `, and passed over ${e.skipped}, which counts against it`;
  const reasons = [
    `${people} compared ${e.labels} pairs of the ${e.differing} of ${e.rows} rows whose answers differ: the candidate is better on ${e.better}, worse on ${e.worse}, the same on ${e.same}${passed}.`,
    `The judge alone sees a mean gain of ${signed(e.judgeGain)}; corrected by what people say it is ${signed(e.gain)}.`,
  ];
  if (isProved)
    reasons.push(
      `With ${sure} confidence the true gain is above ${signed(e.lower)}, more than the ${minGain} asked for.`,
    );
  else if (e.upper <= minGain)
    reasons.push(
      `With ${sure} confidence the true gain is at most ${signed(e.upper)}, not more than the ${minGain} asked for.`,
    );
  else
    reasons.push(
      `With ${sure} confidence the true gain lies above ${signed(e.lower)}, and with the same confidence below ${signed(e.upper)}: neither side of the ${minGain} asked for is proved.`,
    );
  if (!isProved && e.lower > minGain && e.exactP !== null)
    reasons.push(
      `Only ${e.better + e.worse} labels take a side; the exact sign test (p = ${e.exactP.toFixed(4)}) does not confirm the gain.`,
    );
  return reasons;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const percent = (share: number): string => `${+(share * 100).toFixed(2)} %`;
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
