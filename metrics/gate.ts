import binomialCdf from '@stdlib/stats-base-dists-binomial-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { moments } from './intervals.ts';

export interface GateQuestion {
  /** Per-item scores in [0, 1] on the same items in the same order. */
  candidate: readonly number[];
  champion: readonly number[];
  /** The gain that has to be exceeded, in units of the metric. */
  minGain: number;
  /** One-sided confidence, e.g. 0.95. */
  confidence: number;
}

export interface GateDecision {
  verdict: 'promote' | 'reject' | 'inconclusive';
  n: number;
  /** Mean of candidate − champion. */
  gain: number;
  /** One-sided lower and upper bounds of the gain, each at `confidence`. */
  lower: number;
  upper: number;
  confidence: number;
  minGain: number;
  /** Items on which the candidate is better, worse, equal. */
  better: number;
  worse: number;
  equal: number;
  /** Gain above `minGain` that a gate of this size finds with probability 0.8; null when all differences are equal. */
  minimumDetectableEffect: number | null;
  /** Exact one-sided McNemar (sign) p; stated when scores are 0 or 1. */
  mcnemarP: number | null;
  /** Which rule gave the bounds. */
  method: 'paired t' | 'paired t and exact McNemar' | 'exact bound';
  /** The decision in words. */
  reasons: string[];
}

/** Below this many items that differ, the t interval of 0/1 scores is not trusted alone. */
const FEW_DIFFERENCES = 30;
/** Power at which the minimum detectable effect is stated. */
const POWER = 0.8;

/**
 * Decides whether the candidate is better than the champion, on paired scores d = candidate − champion.
 *
 * promote: d̄ − t(c; n−1) · s/√n > minGain. reject: d̄ + t(c; n−1) · s/√n ≤ minGain. Else inconclusive.
 * For 0/1 scores with fewer than 30 differing items a promotion also needs the exact McNemar test to agree.
 * Where no two differences differ there is no spread to estimate: an event not seen in n items has a probability
 * of at most q = 1 − (1 − c)^(1/n), and at worst it moves the gain all the way to −1 or to 1. For 0/1 scores that
 * is the exact sign test: five items, all better, are the fewest that promote at 0.95.
 *
 * @throws RangeError when the lists are empty or of different length.
 */
export function decide({ candidate, champion, minGain, confidence }: GateQuestion): GateDecision {
  const n = candidate.length;
  if (n === 0 || champion.length !== n)
    throw new RangeError(`a gate needs paired scores, got ${n} and ${champion.length}`);
  const differences = candidate.map((score, i) => score - (champion[i] as number));
  const better = differences.filter((d) => d > 0).length;
  const worse = differences.filter((d) => d < 0).length;
  const { average: gain, deviation } = moments(differences);
  const alpha = 1 - confidence;
  const spreadless = deviation < 1e-12;
  const half = spreadless ? 0 : (tQuantile(confidence, n - 1) * deviation) / Math.sqrt(n);
  const unseen = spreadless ? 1 - alpha ** (1 / n) : 0;
  const lower = Math.max(-1, gain - half - unseen * (gain + 1));
  const upper = Math.min(1, gain + half + unseen * (1 - gain));
  const isBinary = [...candidate, ...champion].every((score) => score === 0 || score === 1);
  const mcnemarP = isBinary ? upperTail(better, better + worse) : null;
  const needsExact = isBinary && !spreadless && better + worse < FEW_DIFFERENCES;
  const agreed = !needsExact || (mcnemarP as number) <= alpha;
  const verdict = lower > minGain && agreed ? 'promote' : upper <= minGain ? 'reject' : 'inconclusive';
  const minimumDetectableEffect = spreadless
    ? null
    : ((normalQuantile(confidence, 0, 1) + normalQuantile(POWER, 0, 1)) * deviation) / Math.sqrt(n);
  const decision: Omit<GateDecision, 'reasons'> = {
    verdict,
    n,
    gain,
    lower,
    upper,
    confidence,
    minGain,
    better,
    worse,
    equal: n - better - worse,
    minimumDetectableEffect,
    mcnemarP,
    method: spreadless ? 'exact bound' : needsExact ? 'paired t and exact McNemar' : 'paired t',
  };
  return { ...decision, reasons: explain(decision, agreed) };
}

/** P(X ≥ k) for X ~ Binomial(n, ½); 1 when there is nothing to count. */
function upperTail(k: number, n: number): number {
  return n === 0 || k === 0 ? 1 : 1 - binomialCdf(k - 1, n, 0.5);
}

function explain(d: Omit<GateDecision, 'reasons'>, agreed: boolean): string[] {
  const sure = `${+(d.confidence * 100).toFixed(4)} %`;
  const reasons = [
    `Of ${d.n} test items the candidate is better on ${d.better}, worse on ${d.worse}, equal on ${d.equal}: mean gain ${signed(d.gain)}.`,
  ];
  if (d.verdict === 'promote') {
    reasons.push(
      `With ${sure} confidence the true gain is above ${signed(d.lower)}, more than the ${d.minGain} asked for.`,
    );
  } else if (d.verdict === 'reject') {
    reasons.push(
      `With ${sure} confidence the true gain is at most ${signed(d.upper)}, not more than the ${d.minGain} asked for.`,
    );
  } else {
    reasons.push(
      `With ${sure} confidence the true gain lies above ${signed(d.lower)}, and with the same confidence below ${signed(d.upper)}: neither side of the ${d.minGain} asked for is proved.`,
    );
    if (!agreed)
      reasons.push(
        `Only ${d.better + d.worse} items differ; the exact McNemar test (p = ${d.mcnemarP?.toFixed(4)}) does not confirm the gain.`,
      );
    const needed =
      d.minimumDetectableEffect !== null && d.gain > d.minGain
        ? Math.ceil(d.n * (d.minimumDetectableEffect / (d.gain - d.minGain)) ** 2)
        : Number.POSITIVE_INFINITY;
    reasons.push(
      needed < 1e6
        ? `About ${needed} test items would be needed to prove a gain of this size.`
        : 'More test items are needed to prove either.',
    );
  }
  if (d.minimumDetectableEffect !== null) {
    reasons.push(
      `A true gain of ${signed(d.minGain + d.minimumDetectableEffect)} or more would have been found with 80 % probability.`,
    );
  }
  return reasons;
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
