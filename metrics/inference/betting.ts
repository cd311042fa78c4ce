import { checkNumbers, checkOpen } from './checks.ts';

/** Bets laid beside each other: l_j = (j − ½)/100. */
const BETS = 100;
/** Factors between two logarithms: each is from 0.005 to 2 (or more, see below), so that no product leaves a double. */
const RUN = 64;

/**
 * A bet against "the mean difference is at most `mean`" on differences in [−1, 1], in the order in which they come:
 * E = mean over l of ∏ (1 + l·(d − mean)/(1 + mean)), l = 0.005, 0.015, …, 0.995. While the mean is at most that, E is
 * expected never to exceed 1, so P(E ever ≥ 1/alpha) ≤ alpha: one may look after every item.
 * Waudby-Smith & Ramdas 2024, JRSS B 86:1.
 */
export class BettingProcess {
  readonly mean: number;
  /** Items so far. */
  n = 0;
  readonly #bets = Float64Array.from({ length: BETS }, (_, j) => (j + 0.5) / BETS);
  readonly #logs = new Float64Array(BETS);
  readonly #products = new Float64Array(BETS).fill(1);
  #pending = 0;

  /** @throws RangeError when `mean` is not above −0.99 and below 1. */
  constructor(mean = 0) {
    // The closer to −1, the larger a factor can be: (1 + d)/(1 + mean).
    if (!(mean > -0.99 && mean < 1)) throw new RangeError(`the mean bet against must be in (−0.99, 1), got ${mean}`);
    this.mean = mean;
  }

  /** @throws RangeError when `d` is not in [−1, 1]. */
  add(d: number): void {
    if (!(d >= -1 && d <= 1)) throw new RangeError(`a betting process needs differences in [−1, 1], got ${d}`);
    this.n += 1;
    const gain = (d - this.mean) / (1 + this.mean);
    const products = this.#products;
    const bets = this.#bets;
    for (let j = 0; j < BETS; j += 1) products[j]! *= 1 + bets[j]! * gain;
    this.#pending += 1;
    if (this.#pending === RUN) this.#fold();
  }

  /** log E; at 0 items 0. */
  get logValue(): number {
    this.#fold();
    return logMean(this.#logs);
  }

  /** E; Infinity above 1.8e308. */
  get value(): number {
    return Math.exp(this.logValue);
  }

  #fold(): void {
    for (let j = 0; j < BETS; j += 1) this.#logs[j]! += Math.log(this.#products[j]!);
    this.#products.fill(1);
    this.#pending = 0;
  }
}

/**
 * E of differences that are all there: {@link BettingProcess} over them. A promotion is justified at E ≥ 1/alpha.
 *
 * @throws RangeError when a difference is not in [−1, 1]. E of none is 1.
 */
export function bettingProcess(
  differences: Iterable<number>,
  mean = 0,
): { n: number; value: number; logValue: number } {
  const process = new BettingProcess(mean);
  for (const d of differences) process.add(d);
  const { n, value, logValue } = process;
  return { n, value, logValue };
}

/**
 * The lower end of a confidence sequence: the largest mean that the bets refuse at 1/alpha, −1 if they refuse none.
 * It holds at all times at once with probability 1 − alpha. The bet falls as the mean rises, so bisection finds it;
 * that costs about 30 passes over the distinct differences.
 *
 * @throws RangeError when there is no difference, one is not in [−1, 1], or alpha is not between 0 and 1.
 */
export function bettingLowerBound(differences: ArrayLike<number>, alpha: number): number {
  checkNumbers('a betting bound', differences);
  checkOpen('alpha', alpha);
  const counts = new Map<number, number>();
  for (let i = 0; i < differences.length; i += 1) {
    const d = differences[i]!;
    if (d < -1 || d > 1) throw new RangeError(`a betting bound needs differences in [−1, 1], got ${d}`);
    counts.set(d, (counts.get(d) ?? 0) + 1);
  }
  const isRefused = (mean: number): boolean => logBet(counts, mean) >= -Math.log(alpha);
  let [low, high] = [-1, 1];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (isRefused(middle)) low = middle;
    else high = middle;
  }
  return low <= -1 + 1e-8 ? -1 : low;
}

function logBet(counts: ReadonlyMap<number, number>, mean: number): number {
  const logs = new Float64Array(BETS);
  for (const [d, times] of counts) {
    const gain = (d - mean) / (1 + mean);
    for (let j = 0; j < BETS; j += 1) logs[j]! += times * Math.log1p(((j + 0.5) / BETS) * gain);
  }
  return logMean(logs);
}

/** log of the mean of e^x, which may itself be out of range. */
function logMean(logs: Float64Array): number {
  const top = logs.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  return top + Math.log(logs.reduce((sum, x) => sum + Math.exp(x - top), 0) / logs.length);
}
