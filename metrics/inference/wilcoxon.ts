import { symmetricP, type Alternative } from './alternative.ts';
import { checkCount, checkPaired } from './checks.ts';
import { differences, sum } from './moments.ts';
import { rank, tieTerm } from './ranks.ts';
import { normalCdf } from './special.ts';

export interface WilcoxonOptions {
  /** What becomes of pairs without a difference: dropped; ranked, then dropped; ranked, half to each side. */
  zeroMethod?: 'wilcox' | 'pratt' | 'zsplit';
  /** Move the rank sum by ½ towards its mean (normal approximation only). */
  correction?: boolean;
  alternative?: Alternative;
  /**
   * exact: the distribution without ties and zeros. auto, up to 50 pairs: exact without ties and zeros; with them the
   * distribution over all signs up to 13 pairs; else the normal approximation.
   */
  method?: 'auto' | 'exact' | 'asymptotic';
}

export interface Wilcoxon {
  n: number;
  /** Sum of the ranks of positive differences; two-sided: the smaller of the sums of both signs. */
  statistic: number;
  p: number;
  /** How p was computed; `permutation` are all 2ⁿ signs. */
  method: 'exact' | 'asymptotic' | 'permutation';
}

/** Most pairs for which `auto` does not approximate, without and with ties or zeros (scipy 1.17). */
const AUTO_EXACT = 50;
const AUTO_PERMUTATION = 13;
/** Most pairs of the exact distribution: it takes n³/6 additions. */
const EXACT = 2000;

/**
 * Wilcoxon's signed-rank test of paired values (scipy.stats.wilcoxon 1.17).
 *
 * @throws RangeError when there is no pair, a value is not finite, no difference is left to rank, or `exact` is asked
 * of more than 2000 pairs.
 */
export function wilcoxon(x: ArrayLike<number>, y: ArrayLike<number>, options: WilcoxonOptions = {}): Wilcoxon {
  const { zeroMethod = 'wilcox', correction = false, alternative = 'two-sided', method = 'auto' } = options;
  checkPaired('a signed-rank test', x, y);
  const all = differences(x, y);
  const zeros = all.reduce((count, d) => count + (d === 0 ? 1 : 0), 0);
  if (zeros === all.length)
    throw new RangeError('a signed-rank test needs a difference: x and y are equal on every item');
  const d = zeroMethod === 'wilcox' ? all.filter((value) => value !== 0) : all;
  const { ranks, groups } = rank(d.map(Math.abs));
  const share = (sign: (value: number) => boolean): number => sum(ranks.map((r, i) => (sign(d[i]!) ? r : 0)));
  const half = zeroMethod === 'zsplit' ? share((value) => value === 0) / 2 : 0;
  const plus = share((value) => value > 0) + half;
  const minus = share((value) => value < 0) + half;
  const used = chooseMethod(method, all.length, zeros > 0 || groups.some((size) => size > 1));
  let p: number;
  if (used === 'exact') {
    checkCount('the number of pairs of an exact signed-rank test', d.length, 1, EXACT);
    p = exactP(plus, d.length, alternative);
  } else if (used === 'permutation') {
    // Twice a rank is a whole number, and what zeros add is the same under all signs.
    const sizes = ranks.filter((_, i) => d[i] !== 0).map((r) => 2 * r);
    p = tailP(distribution(sizes), 2 * (plus - half), 2 * (plus - half), alternative);
  } else {
    p = asymptoticP(plus, d.length, zeroMethod === 'pratt' ? zeros : 0, groups, alternative, correction);
  }
  return { n: all.length, statistic: alternative === 'two-sided' ? Math.min(plus, minus) : plus, p, method: used };
}

function chooseMethod(method: NonNullable<WilcoxonOptions['method']>, n: number, isTied: boolean): Wilcoxon['method'] {
  if (method !== 'auto') return method;
  if (n > AUTO_EXACT) return 'asymptotic';
  if (!isTied) return 'exact';
  return n <= AUTO_PERMUTATION ? 'permutation' : 'asymptotic';
}

/** The distribution is of whole numbers: a sum between two of them counts as the one that gives the larger p. */
function exactP(plus: number, n: number, alternative: Alternative): number {
  const ranks = Float64Array.from({ length: n }, (_, i) => i + 1);
  return tailP(distribution(ranks), Math.ceil(plus), Math.floor(plus), alternative);
}

/** p out of the probabilities of 0, 1, …: up to `below`, or from `above`, or twice the smaller of both. */
function tailP(mass: Float64Array, below: number, above: number, alternative: Alternative): number {
  const less = (): number => Math.min(1, sum(mass, 0, below + 1));
  const greater = (): number => Math.min(1, sum(mass, above, mass.length - above));
  if (alternative === 'less') return less();
  if (alternative === 'greater') return greater();
  return Math.min(1, 2 * Math.min(less(), greater()));
}

/** Probabilities of all sums of a random half of some whole numbers, each in or out with probability ½. */
function distribution(sizes: Float64Array): Float64Array {
  const mass = new Float64Array(sum(sizes) + 1);
  mass[0] = 1;
  let top = 0;
  for (const size of sizes) {
    top += size;
    // From the top down, so that mass[k - size] is still that of the sizes before.
    for (let k = top; k >= size; k -= 1) mass[k] = (mass[k]! + mass[k - size]!) / 2;
    for (let k = size - 1; k >= 0; k -= 1) mass[k] = mass[k]! / 2;
  }
  return mass;
}

/** Normal approximation with the variance less that of ties; Pratt's zeros leave both moments (Cureton 1967). */
function asymptoticP(
  plus: number,
  n: number,
  zeros: number,
  groups: readonly number[],
  alternative: Alternative,
  correction: boolean,
): number {
  const mean = (n * (n + 1) - zeros * (zeros + 1)) / 4;
  const squares = n * (n + 1) * (2 * n + 1) - zeros * (zeros + 1) * (2 * zeros + 1);
  // Zeros are the smallest group, and their ties are not counted.
  const ties = tieTerm(zeros > 0 ? groups.slice(1) : groups);
  const error = Math.sqrt((squares - ties / 2) / 24);
  const z = (plus - mean) / error;
  const sign = alternative === 'greater' ? 1 : alternative === 'less' ? -1 : Math.sign(z);
  return symmetricP(correction ? z - (sign * 0.5) / error : z, alternative, normalCdf);
}
