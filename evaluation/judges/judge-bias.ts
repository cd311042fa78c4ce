import { spearman } from '../../metrics/agreement/correlation.ts';
import { tQuantile } from '../../metrics/inference/special.ts';
import { mean, moments, type Measured } from '../../metrics/intervals.ts';
import type { CalibrationItem } from './calibration.ts';

/** Judge − people on one item. */
export interface Residual {
  item: CalibrationItem;
  value: number;
}

/** How much a judge's kindness goes with length. */
export interface LengthBias {
  n: number;
  /** Spearman's rank correlation of residual and length; null where one of them does not vary. */
  correlation: number | null;
  /** Mean residual of the shorter and of the longer half (by the median; equal lengths stay together). */
  shorter: Measured | null;
  longer: Measured | null;
}

const meanOf = (residuals: readonly Residual[]): Measured | null =>
  residuals.length === 0
    ? null
    : mean(
        residuals.map(({ value }) => value),
        [-1, 1],
      );

/** Mean residual by slice, in order of their names. */
export function sliceBias(residuals: readonly Residual[]): Record<string, Measured> {
  const names = [...new Set(residuals.flatMap(({ item }) => item.slices ?? []))].toSorted();
  const found: [string, Measured][] = [];
  for (const name of names) {
    const bias = meanOf(residuals.filter(({ item }) => item.slices?.includes(name)));
    if (bias) found.push([name, bias]);
  }
  return Object.fromEntries(found);
}

/** Residuals by length; null when no item has one. */
export function lengthBias(residuals: readonly Residual[]): LengthBias | null {
  const known = residuals.flatMap((residual) =>
    residual.item.length === undefined ? [] : [{ ...residual, length: residual.item.length }],
  );
  if (known.length === 0) return null;
  const lengths = known.map(({ length }) => length);
  const values = known.map(({ value }) => value);
  const median = lengths.toSorted((x, y) => x - y)[(known.length - 1) >> 1]!;
  const varies = (list: readonly number[]): boolean => list.some((one) => one !== list[0]);
  return {
    n: known.length,
    correlation: varies(lengths) && varies(values) ? spearman(lengths, values) : null,
    shorter: meanOf(known.filter(({ length }) => length <= median)),
    longer: meanOf(known.filter(({ length }) => length > median)),
  };
}

/**
 * How much kinder the judge is to answers of its own family, beyond what people find in them. Of single answers: mean
 * residual of its own less that of others, with Welch's interval. Of pairs: mean residual towards the side that is its
 * own, where only one is. Null with fewer than two items on a side.
 */
export function selfPreference(residuals: readonly Residual[], family: string): Measured | null {
  const pairs = residuals.filter(({ item }) => item.opponent !== undefined && item.family !== undefined);
  if (pairs.length > 0) {
    const towards = pairs
      .filter(({ item }) => (item.family === family) !== (item.opponent === family))
      .map(({ item, value }) => (item.family === family ? value : -value));
    return towards.length < 2 ? null : mean(towards, [-1, 1]);
  }
  const known = residuals.filter(({ item }) => item.family !== undefined);
  const part = (isOwn: boolean): number[] =>
    known.filter(({ item }) => (item.family === family) === isOwn).map(({ value }) => value);
  const [own, others] = [part(true), part(false)];
  return own.length < 2 || others.length < 2 ? null : welch(own, others);
}

/** Difference of two means with Welch's t interval (degrees of freedom by Satterthwaite). */
function welch(x: readonly number[], y: readonly number[]): Measured {
  const [one, two] = [moments(x), moments(y)];
  const [left, right] = [one.deviation ** 2 / x.length, two.deviation ** 2 / y.length];
  const value = one.average - two.average;
  const n = x.length + y.length;
  // Without any spread nothing tells how far other items may lie.
  if (left + right < 1e-24) return { value, n, ci: [-2, 2] };
  const df = (left + right) ** 2 / (left ** 2 / (x.length - 1) + right ** 2 / (y.length - 1));
  const half = tQuantile(0.975, df) * Math.sqrt(left + right);
  return { value, n, ci: [Math.max(-2, value - half), Math.min(2, value + half)] };
}
