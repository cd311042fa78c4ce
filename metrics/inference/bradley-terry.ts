import { checkCount } from './checks.ts';

/** Winner and loser by number; the weight is 1 unless it is given (a tie: half a win each way). */
export type Win = readonly [winner: number, loser: number] | readonly [winner: number, loser: number, weight: number];

/** Steps until the strengths have to stand still; Newton's method takes about ten. */
const STEPS = 200;
/** A step of this size changes no digit that counts. */
const STILL = 1e-12;
/** Share of the objective by which two sums of the same terms may differ. */
const ROUNDING = 1e-13;

/**
 * Strengths θ of `count` competitors, mean 0: the least of −Σ w log σ(θ_winner − θ_loser) + alpha Σ θ²
 * (choix.opt_pairwise). σ(θ_i − θ_j) is then the estimated probability that i wins over j.
 *
 * @param alpha above 0: without it, one that never loses would be infinitely strong
 * @throws RangeError when a win names no competitor or one twice, a weight is not above 0, or alpha is not.
 */
export function bradleyTerry(count: number, wins: Iterable<Win>, alpha = 0.01): number[] {
  checkCount('the number of competitors', count, 1, 2000);
  if (!(alpha > 0 && Number.isFinite(alpha))) throw new RangeError(`alpha must be a number above 0, got ${alpha}`);
  const won = tally(count, wins);
  let theta = new Float64Array(count);
  let value = objective(won, theta, alpha);
  for (let step = 0; step < STEPS; step += 1) {
    const direction = newtonStep(won, theta, alpha);
    let [scale, next, lower] = [1, theta, value];
    // The objective is convex: half the step until it gets no higher, but for its rounding errors.
    for (; scale > 1e-8; scale /= 2) {
      next = theta.map((strength, i) => strength + scale * direction[i]!);
      lower = objective(won, next, alpha);
      if (lower <= value + ROUNDING * value) break;
    }
    const moved = Math.max(...next.map((strength, i) => Math.abs(strength - theta[i]!)));
    [theta, value] = [next, lower];
    if (moved < STILL) break;
  }
  const mean = theta.reduce((sum, strength) => sum + strength, 0) / count;
  return Array.from(theta, (strength) => strength - mean);
}

/** won[i][j]: how often i beat j. */
function tally(count: number, wins: Iterable<Win>): Float64Array[] {
  const won = Array.from({ length: count }, () => new Float64Array(count));
  for (const [winner, loser, weight = 1] of wins) {
    checkCount('the winner', winner, 0, count - 1);
    checkCount('the loser', loser, 0, count - 1);
    if (winner === loser) throw new RangeError(`a competitor cannot beat itself, got ${winner} against ${loser}`);
    if (!(weight > 0 && Number.isFinite(weight))) throw new RangeError(`a weight must be above 0, got ${weight}`);
    won[winner]![loser]! += weight;
  }
  return won;
}

function objective(won: readonly Float64Array[], theta: Float64Array, alpha: number): number {
  let total = 0;
  for (const [i, row] of won.entries()) {
    total += alpha * theta[i]! ** 2;
    for (const [j, times] of row.entries()) if (times > 0) total += times * softplus(theta[j]! - theta[i]!);
  }
  return total;
}

/** log(1 + eˣ), for any x. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** −H⁻¹g: the step to the least of the parabola that touches the objective here. */
function newtonStep(won: readonly Float64Array[], theta: Float64Array, alpha: number): Float64Array {
  const n = theta.length;
  const downhill = theta.map((strength) => -2 * alpha * strength);
  const hessian = Array.from({ length: n }, () => new Float64Array(n));
  for (let i = 0; i < n; i += 1) {
    hessian[i]![i]! += 2 * alpha;
    for (let j = 0; j < i; j += 1) {
      const games = won[i]![j]! + won[j]![i]!;
      if (games === 0) continue;
      const p = 1 / (1 + Math.exp(theta[j]! - theta[i]!));
      const surplus = won[i]![j]! - games * p;
      downhill[i]! += surplus;
      downhill[j]! -= surplus;
      const curvature = games * p * (1 - p);
      hessian[i]![i]! += curvature;
      hessian[j]![j]! += curvature;
      hessian[i]![j]! -= curvature;
    }
  }
  return solve(hessian, downhill);
}

/** Solves a symmetric positive definite system, given by its lower half, by Cholesky's decomposition (in place). */
function solve(lower: Float64Array[], right: Float64Array): Float64Array {
  const n = right.length;
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j <= i; j += 1) {
      let rest = lower[i]![j]!;
      for (let k = 0; k < j; k += 1) rest -= lower[i]![k]! * lower[j]![k]!;
      lower[i]![j] = i === j ? Math.sqrt(rest) : rest / lower[j]![j]!;
    }
  const x = Float64Array.from(right);
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) x[i]! -= lower[i]![k]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) x[i]! -= lower[k]![i]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  return x;
}
