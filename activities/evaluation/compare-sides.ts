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
  const { range, better, isBinary } = metric;
  const of = (side: Side): Total & { signature: string } => {
    const { value, n, ci, unmeasured, signature } = metric.summary(items[side], scores[side]);
    return { value, n, ci, unmeasured, signature };
  };
  const { signature, ...candidate } = of('candidate');
  const { signature: _same, ...champion } = of('champion');
  return { range, better, isBinary, signature, candidate, champion, gain: gainOf(metric, scores) };
}

/** Mean paired difference, turned so that more is better; what is not measured counts as the worst, for both alike. */
function gainOf(
  { range: [low, high], better }: Metric,
  { candidate, champion }: Record<Side, readonly Score[]>,
): Measure {
  const worst = better === 'higher' ? low : high;
  const sign = better === 'higher' ? 1 : -1;
  const differences = candidate.map(({ value }, i) => sign * ((value ?? worst) - (champion[i]?.value ?? worst)));
  return mean(differences, [low - high, high - low]);
}
