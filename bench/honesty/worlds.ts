import type { MetricFacts } from '../../metrics/gate/tally.ts';

/** Scores whose true mean difference is known. */
export interface World {
  name: string;
  facts: MetricFacts;
  /** Standard deviation of the differences where the gain is 0. */
  deviation: number;
  /** Scores of candidate and champion on one item; the candidate gains `gain` on average. */
  draw(random: () => number, gain: number): [candidate: number, champion: number];
}

/** Answers right or wrong; the models differ on a fifth of the items. */
export const binary: World = {
  name: 'binary',
  facts: { range: [0, 1], better: 'higher', isBinary: true },
  deviation: Math.sqrt(0.2),
  draw: (random, gain) => {
    const u = random();
    if (u < (0.2 + gain) / 2) return [1, 0];
    if (u < 0.2) return [0, 1];
    return u < 0.76 ? [1, 1] : [0, 0];
  },
};

/** Graded scores whose differences are normal. */
export const continuous: World = {
  name: 'continuous',
  facts: { range: [0, 1], better: 'higher', isBinary: false },
  deviation: 0.1,
  draw: (random, gain) => [clip(0.5 + gain + 0.1 * normal(random)), 0.5],
};

/** Grades from 1 to 5 by a judge; two of three are the same for both. */
export const judged: World = {
  name: 'judge-like',
  facts: { range: [1, 5], better: 'higher', isBinary: false },
  deviation: Math.sqrt(0.48),
  draw: (random, gain) => {
    const u = random();
    if (u < 0.02) return [1, 3];
    if (u < 0.18 - gain / 2) return [2, 3];
    if (u < 0.34) return [4, 3];
    return u < 0.36 ? [5, 3] : [3, 3];
  },
};

/** Many small gains and few large losses, exponential; skewness −2. */
export const skewed: World = {
  name: 'skewed (exponential losses)',
  facts: { range: [0, 1], better: 'higher', isBinary: false },
  deviation: 0.05,
  draw: (random, gain) => [clip(0.85 + gain - 0.05 * exponential(random)), 0.8],
};

/** The same, more strongly: log-normal losses, skewness −6. */
export const verySkewed: World = {
  name: 'very skewed (log-normal losses)',
  facts: { range: [-10, 10], better: 'higher', isBinary: false },
  deviation: 0.02 * Math.sqrt((Math.E - 1) * Math.E),
  draw: (random, gain) => [0.02 * Math.exp(0.5) + gain - 0.02 * Math.exp(normal(random)), 0],
};

/** Many small losses and few large gains, exponential; skewness +2. */
export const lucky: World = {
  name: 'skewed (exponential gains)',
  facts: { range: [0, 1], better: 'higher', isBinary: false },
  deviation: 0.05,
  draw: (random, gain) => [clip(0.15 + gain + 0.05 * exponential(random)), 0.2],
};

/** A standard normal number (Box and Muller 1958). */
export const normal = (random: () => number): number =>
  Math.sqrt(2 * exponential(random)) * Math.cos(2 * Math.PI * random());

const exponential = (random: () => number): number => -Math.log(1 - random());

const clip = (score: number): number => Math.max(0, Math.min(1, score));
