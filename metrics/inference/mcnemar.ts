import { checkCount } from './checks.ts';
import { binomialCdf, binomialPmf, normalCdf } from './special.ts';

export interface McNemar {
  /** Items on which only the first, and only the second, is right. */
  b: number;
  c: number;
  /** Two-sided binomial p: 2 P(X ≤ min(b, c)), X ~ Binomial(b + c, ½). 1 without any item that differs. */
  exact: number;
  /** The exact p less the probability of what was seen: 2 P(X ≤ min(b, c)) − P(X = min(b, c)). */
  midP: number;
  /** (b − c)² / (b + c) with its p at 1 degree of freedom; null without any item that differs. */
  chiSquare: { statistic: number; p: number } | null;
  /** (|b − c| − 1)² / (b + c) with its p; null without any item that differs. */
  corrected: { statistic: number; p: number } | null;
}

/**
 * McNemar's test of two paired shares, out of the items on which they differ (statsmodels mcnemar; mid-p: Fagerland,
 * Lydersen & Laake 2013, BMC Med Res Methodol 13:91).
 *
 * @throws RangeError when b or c is not a count.
 */
export function mcnemar(b: number, c: number): McNemar {
  checkCount('b of a McNemar test', b);
  checkCount('c of a McNemar test', c);
  const n = b + c;
  const fewer = Math.min(b, c);
  const both = 2 * binomialCdf(fewer, n, 0.5);
  return {
    b,
    c,
    exact: Math.min(1, both),
    // b = c: everything but half of the middle lies in the tails, on both sides.
    midP: n === 0 ? 1 : Math.min(1, both - binomialPmf(fewer, n, 0.5)),
    chiSquare: n === 0 ? null : chiSquare(Math.abs(b - c) ** 2 / n),
    corrected: n === 0 ? null : chiSquare((Math.abs(b - c) - 1) ** 2 / n),
  };
}

/** P(χ² > x) at 1 degree of freedom is that of |Z| > √x. */
const chiSquare = (statistic: number): { statistic: number; p: number } => ({
  statistic,
  p: 2 * normalCdf(-Math.sqrt(statistic)),
});
