import { boundsOf, wilsonBounds } from './bounds.ts';
import { Moments } from './moments.ts';
import type { MetricFacts, Paired } from './paired.ts';

export interface Guard {
  metric: string;
  /** How much worse is still accepted: in units of the metric, or as a share of the champion's. */
  margin: number | { share: number };
  /** Only the items of this slice. */
  slice?: string;
}

export interface Floor {
  metric: string;
  atLeast?: number;
  atMost?: number;
  slice?: string;
}

/** Scores of the candidate alone, for floors. */
export class Side {
  n = 0;
  unmeasured = 0;
  ones = 0;
  readonly worst = new Moments();
  readonly best = new Moments();
  readonly #facts: MetricFacts;

  constructor(facts: MetricFacts) {
    this.#facts = facts;
  }

  add(score: number | null): void {
    const [low, high] = this.#facts.range;
    const [bad, good] = this.#facts.better === 'higher' ? [low, high] : [high, low];
    this.n += 1;
    if (score === null) this.unmeasured += 1;
    this.worst.add(score ?? bad);
    this.best.add(score ?? good);
    if ((score ?? bad) === 1) this.ones += 1;
  }

  /** Bounds of the mean at confidence 1 − alpha, with what was not measured counted as the worst. */
  bounds(alpha: number): { value: number; lower: number; upper: number } {
    const value = this.worst.mean;
    if (this.#facts.isBinary) return { value, ...wilsonBounds(this.ones, this.n, alpha) };
    const { lower, upper } = boundsOf(this.worst, this.#facts.range, alpha);
    return { value, lower, upper };
  }

  /** The same with what was not measured counted as the best: what a violation has to be proved on. */
  kindBounds(alpha: number): { lower: number; upper: number } {
    if (!this.#facts.isBinary) return boundsOf(this.best, this.#facts.range, alpha);
    const good = this.#facts.better === 'higher' ? this.unmeasured : -this.unmeasured;
    return wilsonBounds(this.ones + good, this.n, alpha);
  }
}

export type Outcome = 'passed' | 'not proved' | 'failed';

export interface GuardResult {
  metric: string;
  slice?: string;
  /** Allowed loss in units of the metric; of a share, that share of the champion's mean. */
  margin: number;
  /** Mean gain over the champion. */
  gain: number;
  /** Lower bound of the gain that is held against −margin; null without items. */
  bound: number | null;
  n: number;
  outcome: Outcome;
  words: string;
}

/** Whether the candidate is no worse than a guard allows. */
export function judgeGuard({ metric, margin, slice }: Guard, paired: Paired, alpha: number): GuardResult {
  const name = slice === undefined ? metric : `${metric} on ${slice}`;
  const where = slice === undefined ? { metric } : { metric, slice };
  if (paired.n === 0) {
    const words = `${name}: no item has it, so nothing is proved`;
    return {
      ...where,
      margin: typeof margin === 'number' ? margin : 0,
      gain: 0,
      bound: null,
      n: 0,
      outcome: 'not proved',
      words,
    };
  }
  const { candidate, champion } = paired.means;
  // Of a share, what is tested is the gain with the share taken off already: it has to be above 0.
  const isShare = typeof margin !== 'number';
  const allowed = isShare ? margin.share * Math.abs(champion) : margin;
  const shift = isShare ? allowed : 0;
  const { lower, upper } = paired.bounds(alpha);
  const [gain, bound, most] = [paired.gain - shift, lower - shift, upper - shift];
  // Equal to the margin is not worse than it: a model compared with itself passes at a margin of 0 only if nothing differs.
  const outcome = bound >= -allowed - 1e-12 ? 'passed' : most < -allowed ? 'failed' : 'not proved';
  const loss = `${decimals(allowed)}${isShare ? ` (${decimals(100 * margin.share, 2)} % of the champion's ${decimals(champion)})` : ''}`;
  const words = {
    passed: `${name} is proved to be worse by no more than the ${loss} allowed (${decimals(candidate)} against ${decimals(champion)})`,
    failed: `${name} is proved to be worse by more than the ${loss} allowed (${decimals(candidate)} against ${decimals(champion)})`,
    'not proved': `${name} may be worse by more than the ${loss} allowed: ${paired.n} items are not enough to rule it out (${decimals(candidate)} against ${decimals(champion)})`,
  }[outcome];
  return { ...where, margin: allowed, gain, bound, n: paired.n, outcome, words };
}

export interface FloorResult {
  metric: string;
  slice?: string;
  atLeast?: number;
  atMost?: number;
  /** Mean of the candidate. */
  value: number;
  /** The bound that is held against the floor; null without items. */
  bound: number | null;
  n: number;
  outcome: Outcome;
  words: string;
}

/** Whether the candidate by itself keeps to a floor. */
export function judgeFloor({ metric, atLeast, atMost, slice }: Floor, side: Side, alpha: number): FloorResult {
  const name = slice === undefined ? metric : `${metric} on ${slice}`;
  const about = {
    metric,
    ...(slice === undefined ? {} : { slice }),
    ...(atLeast === undefined ? {} : { atLeast }),
    ...(atMost === undefined ? {} : { atMost }),
  };
  if (side.n === 0)
    return {
      ...about,
      value: 0,
      bound: null,
      n: 0,
      outcome: 'not proved',
      words: `${name}: no item has it, so nothing is proved`,
    };
  const { value, lower, upper } = side.bounds(alpha);
  const kind = side.kindBounds(alpha);
  const isHeld = (atLeast === undefined || lower >= atLeast) && (atMost === undefined || upper <= atMost);
  const isBroken = (atLeast !== undefined && kind.upper < atLeast) || (atMost !== undefined && kind.lower > atMost);
  const outcome: Outcome = isHeld ? 'passed' : isBroken ? 'failed' : 'not proved';
  const asked = [
    ...(atLeast === undefined ? [] : [`at least ${decimals(atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${decimals(atMost)}`]),
  ].join(' and ');
  const isUnder = atMost === undefined;
  const isFailed = outcome === 'failed';
  // What is proved lies on one side where a floor is kept, and on the other where it is broken.
  const bound = isUnder ? (isFailed ? kind.upper : lower) : isFailed ? kind.lower : upper;
  const found = `${decimals(value)} over ${side.n} items, ${isUnder === isFailed ? 'proved to be below' : 'proved to be above'} ${decimals(bound)}`;
  const words = {
    passed: `${name} is ${asked}: ${found}`,
    failed: `${name} has to be ${asked}: ${found}`,
    'not proved': `${name} has to be ${asked}, which ${side.n} items do not prove: ${found}`,
  }[outcome];
  return { ...about, value, bound, n: side.n, outcome, words };
}

const decimals = (value: number, places = 4): string => `${value < 0 ? '−' : ''}${+Math.abs(value).toFixed(places)}`;
