import { checkCount } from './checks.ts';
import { wilson, type Bounds } from './proportions.ts';

/** A difference of two shares with its interval. */
export interface ShareDifference {
  difference: number;
  ci: Bounds;
}

/**
 * Difference of two independent shares, p₁ − p₂, with Newcombe's interval out of the two Wilson intervals: d minus
 * √((p₁−l₁)² + (u₂−p₂)²), plus √((u₁−p₁)² + (p₂−l₂)²).  Newcombe 1998, Statistics in Medicine 17:873, method 10.
 *
 * @throws RangeError when `ones` and `n` are not counts, an `n` is 0, or the confidence is not between 0 and 1.
 */
export function newcombe(
  first: { ones: number; n: number },
  second: { ones: number; n: number },
  confidence = 0.95,
): ShareDifference {
  return hybrid(first, second, 0, confidence);
}

/** Counts of paired yes/no outcomes. */
export interface PairedCounts {
  both: number;
  firstOnly: number;
  secondOnly: number;
  neither: number;
}

/**
 * Difference of two shares measured on the same items, with Newcombe's interval: as {@link newcombe}, less what the two
 * have in common: φ = C / √((a+b)(c+d)(a+c)(b+d)), C = ad − bc, less n/2 (down to 0) where it is positive.
 * Newcombe 1998, Statistics in Medicine 17:2635, method 10.
 *
 * @throws RangeError when a count is none, or all are 0.
 */
export function newcombePaired(counts: PairedCounts, confidence = 0.95): ShareDifference {
  const { both: a, firstOnly: b, secondOnly: c, neither: d } = counts;
  for (const [name, count] of Object.entries(counts)) checkCount(name, count);
  const n = a + b + c + d;
  const product = Math.sqrt(a + b) * Math.sqrt(c + d) * Math.sqrt(a + c) * Math.sqrt(b + d);
  const cross = a * d - b * c;
  const corrected = cross > 0 ? Math.max(0, cross - n / 2) : cross;
  return hybrid({ ones: a + b, n }, { ones: a + c, n }, product === 0 ? 0 : corrected / product, confidence);
}

function hybrid(
  first: { ones: number; n: number },
  second: { ones: number; n: number },
  phi: number,
  confidence: number,
): ShareDifference {
  const [low1, high1] = wilson(first.ones, first.n, confidence);
  const [low2, high2] = wilson(second.ones, second.n, confidence);
  const [p1, p2] = [first.ones / first.n, second.ones / second.n];
  const far = (s: number, t: number): number => Math.sqrt(Math.max(0, s * s - 2 * phi * s * t + t * t));
  const difference = p1 - p2;
  return { difference, ci: [difference - far(p1 - low1, high2 - p2), difference + far(high1 - p1, p2 - low2)] };
}
