import type { Metric } from './metric.ts';
import { FORMS, type Resources } from './specs/forms.ts';
import { LABELS } from './specs/labels.ts';
import { MetricSpecError, splitSpec } from './specs/options.ts';
import { TEXT } from './specs/text.ts';

export { MetricSpecError } from './specs/options.ts';
export type { Resources } from './specs/forms.ts';

type Make = (spec: string, written: ReadonlyMap<string, string>, resources: Resources) => Metric;

/** Every metric by its name; a new one is a function and a line here. */
const METRICS: Readonly<Record<string, Make>> = { ...TEXT, ...LABELS, ...FORMS };

/** Names of all metrics. */
export const metricNames = (): string[] => Object.keys(METRICS);

/**
 * The metric that a spec such as `bleu:tokenize=intl` stands for.
 * @throws MetricSpecError for a name, an option or a value that there is not.
 */
export function parseMetric(spec: string, resources: Resources = {}): Metric {
  const { name, options } = splitSpec(spec);
  const make = Object.hasOwn(METRICS, name) ? METRICS[name] : undefined;
  if (!make) throw new MetricSpecError(`there is no metric "${name}": there are ${metricNames().join(', ')}`);
  return make(spec, options, resources);
}
