import type { Measure } from '../../configs/refs.ts';
import { mean } from '../../metrics/intervals.ts';
import type { Metric, MetricItem, Score } from '../../metrics/metric.ts';
import type { Side } from './answers.ts';
import type { Compared, Total } from './report.ts';

/** One metric of both models over the same items. */
export function compareSides(
  metric: Metric,
  items: Record<Side, readonly MetricItem[]>,
  scores: Record<Side, readonly Score[]>,
): Compared {
  const { better, isBinary } = metric;
  const range = rangeOf(metric, scores);
  const of = (side: Side): Total & { signature: string } => {
    const { value, n, ci, unmeasured, signature } = metric.summary(items[side], scores[side]);
    return { value, n, ci, unmeasured, signature };
  };
  const { signature, ...candidate } = of('candidate');
  const { signature: _same, ...champion } = of('champion');
  return { range, better, isBinary, signature, candidate, champion, gain: gainOf({ range, better }, scores) };
}

/** The range of a metric; what has no upper end, such as TER, has the largest score that was seen. */
function rangeOf({ range }: Metric, scores: Record<Side, readonly Score[]>): Metric['range'] {
  let [low, high] = range;
  for (const { value } of [...scores.candidate, ...scores.champion]) {
    if (value === null) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Mean paired difference, turned so that more is better; what is not measured counts as the worst, for both alike. */
function gainOf(
  { range: [low, high], better }: Pick<Metric, 'range' | 'better'>,
  { candidate, champion }: Record<Side, readonly Score[]>,
): Measure {
  const worst = better === 'higher' ? low : high;
  const sign = better === 'higher' ? 1 : -1;
  const differences = candidate.map(({ value }, i) => sign * ((value ?? worst) - (champion[i]?.value ?? worst)));
  return mean(differences, [low - high, high - low]);
}
