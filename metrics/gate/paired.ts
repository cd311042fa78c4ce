import { binomialUpper, normalQuantile } from '../inference/special.ts';
import { boundsOf, type Bounds } from './bounds.ts';
import { Moments } from './moments.ts';

/** What is known of a metric beside its scores. */
export interface MetricFacts {
  /** Smallest and largest score; what has no upper end gives the largest that was seen. */
  range: readonly [number, number];
  better: 'higher' | 'lower';
  /** Every score is 0 or 1. */
  isBinary: boolean;
}

/** Below this many items that differ, the t bound of 0/1 scores is not trusted alone. */
const FEW_DIFFERENCES = 30;
/** Power at which the minimum detectable effect is stated. */
export const POWER = 0.8;

/**
 * Paired differences of one metric, turned so that more is better, in constant memory. A score that was not measured is
 * held against the candidate where something is to be proved for it (`worst`: it has the worst score, or the champion
 * the best), and for it where something is to be proved against it (`best`).
 */
export class Paired {
  readonly worst = new Moments();
  readonly best = new Moments();
  n = 0;
  unmeasured = 0;
  better = 0;
  worse = 0;
  /** Means of both sides; what was not measured counts as the worst for its side. */
  #candidate = 0;
  #champion = 0;
  readonly #facts: MetricFacts;
  readonly #share: number;
  readonly range: readonly [number, number];

  /** @param share Of a guard: how much worse than the champion is allowed, as a share of its score; else 0. */
  constructor(facts: MetricFacts, share = 0) {
    this.#facts = facts;
    this.#share = share;
    const [low, high] = facts.range;
    this.range = [
      Math.min(this.#difference(low, high), this.#difference(high, low)),
      Math.max(this.#difference(low, high), this.#difference(high, low)),
    ];
  }

  add(candidate: number | null, champion: number | null): void {
    const [low, high] = this.#facts.range;
    const [bad, good] = this.#facts.better === 'higher' ? [low, high] : [high, low];
    this.n += 1;
    this.#candidate += candidate ?? bad;
    this.#champion += champion ?? bad;
    if (candidate === null || champion === null) {
      this.unmeasured += 1;
      this.worst.add(this.#difference(candidate ?? bad, champion ?? good));
      this.best.add(this.#difference(candidate ?? good, champion ?? bad));
      return;
    }
    const difference = this.#difference(candidate, champion);
    this.worst.add(difference);
    this.best.add(difference);
    if (difference > 0) this.better += 1;
    else if (difference < 0) this.worse += 1;
  }

  get means(): { candidate: number; champion: number } {
    return { candidate: this.#candidate / this.n, champion: this.#champion / this.n };
  }

  /** Mean gain; what was not measured is held against the candidate. */
  get gain(): number {
    return this.worst.mean;
  }

  /** One-sided bounds of the mean gain, each at confidence 1 − alpha. */
  bounds(alpha: number): Bounds {
    const isGraded = !this.#facts.isBinary;
    const lower = boundsOf(this.worst, this.range, alpha, isGraded);
    if (this.unmeasured === 0) return lower;
    return { ...lower, upper: boundsOf(this.best, this.range, alpha, isGraded).upper };
  }

  /** P(X ≥ better) for X ~ Binomial(better + worse, ½): the exact one-sided McNemar test; null unless scores are 0 or 1. */
  get mcnemarP(): number | null {
    if (!this.#facts.isBinary || this.#share > 0) return null;
    // What was not measured may have been worse: it is counted so.
    const worse = this.worse + this.unmeasured;
    return this.better === 0 ? 1 : binomialUpper(this.better, this.better + worse, 0.5);
  }

  /** The t bound alone is not enough: 0/1 scores, few of which differ. */
  get needsExact(): boolean {
    return this.mcnemarP !== null && !this.worst.isSpreadless && this.better + this.worse < FEW_DIFFERENCES;
  }

  /** The gain is proved to exceed `least`. */
  proves(least: number, alpha: number): boolean {
    return alpha > 0 && this.bounds(alpha).lower > least && (!this.needsExact || (this.mcnemarP as number) <= alpha);
  }

  /** Gain above `minGain` that a gate like this one finds with probability 0.8; null when all differences are equal. */
  minimumDetectableEffect(alpha: number): number | null {
    if (this.worst.isSpreadless || alpha <= 0) return null;
    if (this.needsExact) return exactEffect(this.n, (this.better + this.worse) / this.n, alpha);
    return detectable(this.worst.deviation, this.n, alpha);
  }

  #difference(candidate: number, champion: number): number {
    return this.#facts.better === 'higher'
      ? candidate - (1 - this.#share) * champion
      : (1 + this.#share) * champion - candidate;
  }
}

/**
 * Effect that n paired items with this standard deviation show with probability `power`:
 * (z(1 − α) + z(power)) · s / √n.
 */
export function detectable(deviation: number, n: number, alpha: number, power = POWER): number {
  return ((normalQuantile(1 - alpha) + normalQuantile(power)) * deviation) / Math.sqrt(n);
}

/**
 * The same for 0/1 scores of which few differ, by the exact test: the smallest gain that is found with probability 0.8
 * when the share of items that differ is as it was, or the gain itself where that is more. Null: there is none.
 */
export function exactEffect(n: number, share: number, alpha: number, power = POWER): number | null {
  if (exactPower(n, 1, 1, alpha) < power) return null;
  let [low, high] = [0, 1];
  for (let i = 0; i < 40; i += 1) {
    const middle = (low + high) / 2;
    if (exactPower(n, Math.max(share, middle), middle, alpha) >= power) high = middle;
    else low = middle;
  }
  return high;
}

/** Probability that the exact test finds a gain: D ~ Binomial(n, share) items differ, and of these X are better. */
export function exactPower(n: number, share: number, gain: number, alpha: number): number {
  const isBetter = Math.min(1, (1 + gain / share) / 2);
  const logs = logFactorials(n);
  const pmf = (k: number, of: number, p: number): number =>
    p === 0 || p === 1
      ? Number(k === of * p)
      : Math.exp(
          (logs[of] as number) -
            (logs[k] as number) -
            (logs[of - k] as number) +
            k * Math.log(p) +
            (of - k) * Math.log1p(-p),
        );
  let power = 0;
  for (let differ = 0; differ <= n; differ += 1) {
    const chance = pmf(differ, n, share);
    if (chance < 1e-12) continue;
    // The fewest better ones that are significant.
    let tail = 0;
    let fewest = differ + 1;
    while (fewest > 0) {
      const more = tail + pmf(fewest - 1, differ, 0.5);
      if (more > alpha) break;
      tail = more;
      fewest -= 1;
    }
    let found = 0;
    for (let k = fewest; k <= differ; k += 1) found += pmf(k, differ, isBetter);
    power += chance * found;
  }
  return power;
}

function logFactorials(n: number): Float64Array {
  const logs = new Float64Array(n + 1);
  for (let i = 2; i <= n; i += 1) logs[i] = (logs[i - 1] as number) + Math.log(i);
  return logs;
}
