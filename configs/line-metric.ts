import type { Recipe } from './recipe.ts';

/**
 * The metric by which a line's earlier periods are kept: the one that the gate decides on, where every answer can be
 * scored by itself; a judge compares two models, so there it is the first of evaluate.metrics.
 */
export function lineMetric({ gate, evaluate }: Pick<Recipe, 'gate' | 'evaluate'>): string {
  const measured = [...evaluate.metrics, ...Object.keys(evaluate.custom ?? {})];
  const wanted = gate.primaries?.map(({ metric }) => metric) ?? [gate.metric];
  return wanted.find((metric) => measured.includes(metric)) ?? (measured[0] as string);
}
