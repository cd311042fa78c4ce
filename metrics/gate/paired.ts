import { binomialUpper, normalQuantile } from '../inference/special.ts';
import { boundsOf, type Bounds } from './bounds.ts';
import { Moments } from './moments.ts';
import { detectable, exactEffect, POWER } from './power.ts';

/** What is known of a metric beside its scores. */
export interface MetricFacts {
  /** Smallest and largest score; what has no upper end gives the largest that was seen. */
  range: readonly [number, number];
  better: 'higher' | 'lower';
  /** Every score is 0 or 1. */
  isBinary: boolean;
}

/** Below this many items that differ, the t bound of 0/1 scores is not trusted alone. */
export const FEW_DIFFERENCES = 30;

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
    const { deviation } = this.worst;
    const { widened } = this.bounds(alpha);
    // What is held against skewness has to be overcome as well.
    if (widened !== null) return ((widened + normalQuantile(POWER)) * deviation) / Math.sqrt(this.n);
    return detectable(deviation, this.n, alpha);
  }

  #difference(candidate: number, champion: number): number {
    return this.#facts.better === 'higher'
      ? candidate - (1 - this.#share) * champion
      : (1 + this.#share) * champion - candidate;
  }
}
