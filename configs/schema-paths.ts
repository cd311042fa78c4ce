import { resolve } from 'node:path';
import type { Gate } from './gate.ts';
import type { Recipe } from './recipe.ts';

/** A metric as it is written, with the path of its schema made absolute; one that names none, or badly, stays. */
export function absoluteSchema(spec: string, folder: string): string {
  if (!spec.startsWith('jsonSchema:')) return spec;
  return spec.replace(/(:|,)file=([^,]+)/, (all, before: string, file: string) => {
    let path: string;
    try {
      path = decodeURIComponent(file);
    } catch {
      // Reading the metric says what is wrong with it, and where.
      return all;
    }
    return `${before}file=${resolve(folder, path).replaceAll('%', '%25').replaceAll(',', '%2C')}`;
  });
}

/** The metrics of a recipe, and its gate, which names them; a name is kept as it was written wherever it can be. */
export function absoluteSchemas(
  { evaluate, gate }: Pick<Recipe, 'evaluate' | 'gate'>,
  folder: string,
): { metrics: string[]; gate: Gate } {
  const named = <T extends { metric: string }>(one: T): T => ({ ...one, metric: absoluteSchema(one.metric, folder) });
  return {
    metrics: evaluate.metrics.map((spec) => absoluteSchema(spec, folder)),
    gate: {
      ...named(gate),
      ...(gate.primaries ? { primaries: gate.primaries.map(named) } : {}),
      guards: gate.guards.map(named),
      floors: gate.floors.map(named),
    },
  };
}
