import { binomialPmf, binomialUpper, normalQuantile, tQuantile } from '../inference/special.ts';

/** Power at which the minimum detectable effect is stated. */
export const POWER = 0.8;

/**
 * Effect that n paired items with this standard deviation show with probability `power`, at which the t statistic has
 * the noncentrality δ = t (1 − 1/4ν) + z(power) √(1 + t²/2ν), with t = t(1 − α; ν) and ν = n − 1 (Johnson and Welch
 * 1940): δ · s / √n. For large n it is (z(1 − α) + z(power)) · s / √n.
 */
export function detectable(deviation: number, n: number, alpha: number, power = POWER): number {
  const freedom = n - 1;
  const t = n > 100_000 ? normalQuantile(1 - alpha) : tQuantile(1 - alpha, freedom);
  const noncentrality = t * (1 - 1 / (4 * freedom)) + normalQuantile(power) * Math.sqrt(1 + (t * t) / (2 * freedom));
  return (noncentrality * deviation) / Math.sqrt(n);
}

/**
 * The same for 0/1 scores of which few differ, by the exact test: the smallest gain that is found with probability 0.8
 * when the share of items that differ is as it was, or the gain itself where that is more. Null: there is none.
 */
export function exactEffect(n: number, share: number, alpha: number, power = POWER): number | null {
  // Even if every item differs and all are better, nothing is proved.
  if (0.5 ** n > alpha) return null;
  const fewest: number[] = [];
  const isFound = (gain: number): boolean => exactPower(n, Math.max(share, gain), gain, alpha, fewest) >= power;
  // From below: the larger the gain, the more items differ, and the longer each step takes.
  let [low, high] = [0, Math.min(1, 1 / n)];
  while (high < 1 && !isFound(high)) [low, high] = [high, Math.min(1, 2 * high)];
  while (high - low > 1e-4 * high) {
    const middle = (low + high) / 2;
    if (isFound(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * Probability that the exact test finds a gain: D ~ Binomial(n, share) items differ, and of these X are better.
 *
 * @param fewest How many have to be better, of so many that differ; filled as it is needed.
 */
export function exactPower(n: number, share: number, gain: number, alpha: number, fewest: number[] = []): number {
  const isBetter = Math.min(1, (1 + gain / share) / 2);
  // Further from the middle than this lies less than 1e-9 of the probability.
  const reach = 6.5 * Math.sqrt(n * share * (1 - share)) + 12;
  const last = Math.min(n, Math.ceil(n * share + reach));
  const first = Math.max(0, Math.floor(n * share - reach));
  let power = 0;
  let chance = binomialPmf(first, n, share);
  for (let differ = first; differ <= last; differ += 1) {
    const least = (fewest[differ] ??= fewestBetter(differ, alpha, fewest[differ - 1]));
    if (chance >= 1e-10) power += chance * upperTail(least, differ, isBetter);
    // Where the first one is too small for a double, the next cannot be had from it.
    chance =
      chance > 0 && share < 1
        ? (chance * (n - differ) * share) / ((differ + 1) * (1 - share))
        : binomialPmf(differ + 1, n, share);
  }
  return power;
}

/** The fewest better ones, of those that differ, that are significant; one more than there are: none is enough. */
function fewestBetter(differ: number, alpha: number, before?: number): number {
  // One item more asks for as many or for one more.
  if (before !== undefined) return upperTail(before, differ, 0.5) <= alpha ? before : before + 1;
  let [low, high] = [0, differ + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (binomialUpper(middle, differ, 0.5) <= alpha) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** P(X ≥ k) for X ~ Binomial(n, p), p ≥ ½: term by term from the top where there are few, which is quicker. */
function upperTail(k: number, n: number, p: number): number {
  if (n > 200 || k <= 0 || k > n || p === 1) return binomialUpper(k, n, p);
  let term = p ** n;
  let sum = term;
  for (let i = n; i > k; i -= 1) {
    term *= (i * (1 - p)) / ((n - i + 1) * p);
    sum += term;
  }
  return sum;
}
