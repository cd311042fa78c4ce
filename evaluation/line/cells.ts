import { mean, proportion, type Measured } from '../../metrics/intervals.ts';
import type { Metric } from '../../metrics/metric.ts';
import { parseMetric } from '../../metrics/registry.ts';

/** What is known of a metric's scores without the rows. */
export type Scale = Pick<Metric, 'range' | 'better'>;

/** Judges and metrics of one's own score from 0 to 1, more is better. */
const USUAL: Scale = { range: [0, 1], better: 'higher' };

export function scaleOf(metric: string | null): Scale {
  if (metric === null) return USUAL;
  try {
    const { range, better } = parseMetric(metric);
    return { range, better };
  } catch {
    return USUAL;
  }
}

/**
 * Mean and 95 % interval of scores as the ledger keeps them: float64, little endian; NaN was not measured and counts
 * as the worst, an infinite one was never asked and does not count. Undefined: none was asked.
 */
export function cellOf(bytes: Uint8Array, { range, better }: Scale): Measured | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const worst = better === 'higher' ? range[0] : range[1];
  const scores: number[] = [];
  let ones = 0;
  let isBinary = true;
  let [low, high] = range;
  for (let at = 0; at + 8 <= bytes.byteLength; at += 8) {
    const raw = view.getFloat64(at, true);
    if (raw === Infinity || raw === -Infinity) continue;
    const score = Number.isNaN(raw) ? worst : raw;
    scores.push(score);
    if (score === 1) ones += 1;
    else if (score !== 0) isBinary = false;
    if (score < low) low = score;
    if (score > high) high = score;
  }
  if (scores.length === 0) return undefined;
  return isBinary && low === 0 && high === 1 ? proportion(ones, scores.length) : mean(scores, [low, high]);
}
